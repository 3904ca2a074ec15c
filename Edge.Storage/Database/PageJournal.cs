using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Edge.Storage.Files;

namespace Edge.Storage.Database;

/// <summary>
/// The pages of one flush, whole or not there: <c>edge-journal/v1\n</c> ‖ number of pages (u32, big-endian) ‖ for each
/// its position (u64) and 8192 bytes ‖ SHA-256 of all that. Writing them again does no harm, so a journal that
/// outlived its flush is harmless too. Its room is reserved once and kept: on a full disk a message can still be
/// acknowledged and an expired hit deleted, which need no room of their own.
/// </summary>
internal sealed class PageJournal : IDisposable
{
    /// <summary>Room for the pages of an ordinary step several times over, in bytes.</summary>
    public const int DefaultReserve = 2 * 1024 * 1024;

    private const int PrefixSize = 20;
    private const int EntrySize = sizeof(ulong) + JournaledFile.PageSize;

    private static ReadOnlySpan<byte> Magic => "edge-journal/v1\n"u8;

    private readonly Stream _file;
    private readonly int _reserve;
    private int _used = int.MaxValue; // unknown until the first Clear

    /// <exception cref="IOException">There is no room for the reserve.</exception>
    public PageJournal(Stream file, int reserve)
    {
        _file = file;
        _reserve = reserve;
        if (file.Length >= reserve) return;
        Zero(checked((int)file.Length), reserve);
        DurableFile.Sync(file);
    }

    /// <summary>Durable when it returns.</summary>
    /// <exception cref="IOException">The disk refused; the journal is empty again, or unreadable.</exception>
    public void Write(SortedDictionary<long, byte[]> pages)
    {
        var bytes = new byte[PrefixSize + pages.Count * EntrySize + SHA256.HashSizeInBytes];
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(Magic.Length), pages.Count);
        var at = PrefixSize;
        foreach (var (position, page) in pages)
        {
            BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(at), position);
            page.CopyTo(bytes, at + sizeof(ulong));
            at += EntrySize;
        }
        SHA256.HashData(bytes.AsSpan(0, at), bytes.AsSpan(at));
        try
        {
            _used = Math.Max(_used, bytes.Length);
            _file.Position = 0;
            _file.Write(bytes);
            DurableFile.Sync(_file);
        }
        catch
        {
            // It may have reached the disk all the same; the caller is told that it failed, so take it back.
            Clear();
            throw;
        }
    }

    /// <summary>The pages of a flush that reached the journal. False = none did, or not whole.</summary>
    public bool TryRead([NotNullWhen(true)] out SortedDictionary<long, byte[]>? pages)
    {
        pages = null;
        var prefix = new byte[PrefixSize];
        _file.Position = 0;
        if (_file.ReadAtLeast(prefix, PrefixSize, throwOnEndOfStream: false) < PrefixSize) return false;
        if (!prefix.AsSpan().StartsWith(Magic)) return false;
        var count = BinaryPrimitives.ReadInt32BigEndian(prefix.AsSpan(Magic.Length));
        if (count <= 0 || count > (_file.Length - PrefixSize - SHA256.HashSizeInBytes) / EntrySize) return false;

        var body = new byte[PrefixSize + count * EntrySize];
        prefix.CopyTo(body, 0);
        _file.ReadExactly(body.AsSpan(PrefixSize));
        var sum = new byte[SHA256.HashSizeInBytes];
        _file.ReadExactly(sum);
        if (!SHA256.HashData(body).AsSpan().SequenceEqual(sum)) return false;

        pages = [];
        for (var at = PrefixSize; at < body.Length; at += EntrySize)
        {
            var position = BinaryPrimitives.ReadInt64BigEndian(body.AsSpan(at));
            pages[position] = body.AsSpan(at + sizeof(ulong), JournaledFile.PageSize).ToArray();
        }
        return true;
    }

    /// <summary>Empties the journal: what it held may be about to expire. Not synced: see the class.</summary>
    public void Clear()
    {
        if (_file.Length > _reserve) _file.SetLength(_reserve);
        Zero(0, Math.Min(_used, _reserve));
        _used = 0;
    }

    public void Dispose() => _file.Dispose();

    private void Zero(int from, int to)
    {
        if (from >= to) return;
        _file.Position = from;
        _file.Write(new byte[to - from]);
    }
}
