using Edge.Storage.Files;

namespace Edge.Storage.Database;

/// <summary>
/// The database file as LiteDB sees it: writes wait in memory, and <see cref="Flush"/> makes all of them durable, or
/// none. LiteDB's own write-ahead log stays in memory: on disk it has neither checksums nor an order of syncs, and it
/// costs a sync a page.
/// </summary>
/// <remarks>Not thread-safe, as every Stream. Disposes both files.</remarks>
internal sealed class JournaledFile : Stream
{
    /// <summary>LiteDB reads and writes whole pages of this many bytes.</summary>
    public const int PageSize = 8192;

    private readonly Stream _data;
    private readonly PageJournal _journal;
    private readonly SortedDictionary<long, byte[]> _pending = [];
    private long _pendingEnd;
    private long _position;
    private bool _broken;

    /// <summary>Finishes what a crash interrupted, then opens.</summary>
    /// <exception cref="IOException">The disk refused.</exception>
    /// <exception cref="InvalidDataException">The file is shorter than a page and not one of ours.</exception>
    public JournaledFile(Stream data, Stream journal, int journalReserve = PageJournal.DefaultReserve)
    {
        _data = data;
        _journal = new PageJournal(journal, journalReserve);
        if (_journal.TryRead(out var pages)) Apply(pages);
        _journal.Clear();
        // Room that was reserved for a first flush which never came.
        if (_data.Length > 0 && BeginsWithZeros()) _data.SetLength(0);
        if (_data.Length is > 0 and < PageSize) throw new InvalidDataException("not a single page");
    }

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => true;

    public override long Length => Math.Max(_data.Length / PageSize * PageSize, _pendingEnd);

    public override long Position
    {
        get => _position;
        set => _position = value;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        var page = _position / PageSize * PageSize;
        var within = checked((int)(_position - page));
        int read;
        if (_pending.TryGetValue(page, out var waiting))
        {
            read = Math.Min(buffer.Length, PageSize - within);
            waiting.AsSpan(within, read).CopyTo(buffer);
        }
        else
        {
            _data.Position = _position;
            read = _data.Read(buffer[..Math.Min(buffer.Length, PageSize - within)]);
        }
        _position += read;
        return read;
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (_position % PageSize != 0 || buffer.Length != PageSize)
            throw new NotSupportedException("the database writes whole pages");
        _pending[_position] = buffer.ToArray();
        _position += PageSize;
        _pendingEnd = Math.Max(_pendingEnd, _position);
    }

    /// <summary>All waiting pages, durable when this returns. After an exception the file takes no more writes; opened
    /// again, it holds either all of them or none.</summary>
    public override void Flush()
    {
        if (_pending.Count == 0) return;
        if (_broken) throw new IOException("the database file failed before; it must be opened again");
        try
        {
            // A full disk must show before the journal commits us: growing is the only step that needs room.
            Reserve();
            _journal.Write(_pending);
            Apply(_pending);
            _journal.Clear();
            _pending.Clear();
            _pendingEnd = 0;
        }
        catch
        {
            _broken = true;
            throw;
        }
    }

    public override long Seek(long offset, SeekOrigin origin) => _position = origin switch
    {
        SeekOrigin.Begin => offset,
        SeekOrigin.Current => _position + offset,
        _ => Length + offset,
    };

    public override void SetLength(long value)
    {
        if (value != Length) throw new NotSupportedException("the database file grows by its pages");
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _data.Dispose();
            _journal.Dispose();
        }
        base.Dispose(disposing);
    }

    // Zeros: a crash before the journal is whole must not leave the beginnings of a database.
    private void Reserve()
    {
        var length = _data.Length;
        var zeros = new byte[PageSize];
        try
        {
            foreach (var position in _pending.Keys)
                if (position + PageSize > length) WriteAt(position, zeros);
        }
        catch
        {
            _data.SetLength(length);
            throw;
        }
    }

    private void Apply(IEnumerable<KeyValuePair<long, byte[]>> pages)
    {
        foreach (var (position, page) in pages) WriteAt(position, page);
        DurableFile.Sync(_data);
    }

    private bool BeginsWithZeros()
    {
        var page = new byte[PageSize];
        _data.Position = 0;
        _data.ReadAtLeast(page, page.Length, throwOnEndOfStream: false);
        return !page.AsSpan().ContainsAnyExcept((byte)0);
    }

    private void WriteAt(long position, byte[] page)
    {
        _data.Position = position;
        _data.Write(page);
    }
}
