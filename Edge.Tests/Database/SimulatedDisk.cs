using Edge.Storage.Database;

namespace Edge.Tests.Database;

/// <summary>A disk with a volatile cache: what was not synced may be lost, kept, or torn between sectors when the power
/// goes. It can also run full, or fail, at a chosen operation.</summary>
internal sealed class SimulatedDisk
{
    private const int Sector = 512;

    private readonly Dictionary<string, Content> _files = [];

    /// <summary>Writes, syncs and changes of length so far.</summary>
    public int Operations { get; private set; }

    /// <summary>From this operation on everything fails.</summary>
    public int? DiesAt { get; set; }

    /// <summary>From this operation on whatever needs more room fails, as on a full disk.</summary>
    public int? FullAt { get; set; }

    public StateFiles Files(string directory) => new SimulatedFiles(directory, this);

    /// <summary>The disk as the next start finds it. Each operation that was not synced survives with the given chance,
    /// each sector of a write on its own.</summary>
    public SimulatedDisk AfterPowerCut(double chance, int seed)
    {
        var random = new Random(seed);
        var next = new SimulatedDisk();
        foreach (var (name, content) in _files) next._files[name] = content.Survive(() => random.NextDouble() < chance);
        return next;
    }

    private SimulatedFile Open(string path)
    {
        if (!_files.TryGetValue(path, out var content)) _files[path] = content = new Content();
        return new SimulatedFile(this, content);
    }

    private void Count(bool grows = false)
    {
        var operation = Operations++;
        if (operation >= DiesAt) throw new IOException("input/output error");
        if (grows && operation >= FullAt) throw new IOException("no space left on device");
    }

    private sealed class SimulatedFiles(string directory, SimulatedDisk disk) : StateFiles(directory)
    {
        public override int JournalReserve => 128 * 1024; // smaller than some steps, larger than most

        protected override Stream Open(string path) => disk.Open(path);
    }

    private sealed class Content
    {
        private readonly List<Action<Content, Func<bool>>> _unsynced = [];

        public byte[] Durable { get; private set; } = [];

        public byte[] Now { get; private set; } = [];

        public void Write(long position, byte[] bytes)
        {
            Now = Written(Now, position, bytes, () => true);
            _unsynced.Add((content, survives) => content.Durable = Written(content.Durable, position, bytes, survives));
        }

        public void SetLength(long length)
        {
            Now = Resized(Now, length);
            _unsynced.Add((content, survives) =>
            {
                if (survives()) content.Durable = Resized(content.Durable, length);
            });
        }

        public void Sync()
        {
            Durable = Now;
            _unsynced.Clear();
        }

        public Content Survive(Func<bool> survives)
        {
            var next = new Content { Durable = Durable };
            foreach (var operation in _unsynced) operation(next, survives);
            next.Now = next.Durable;
            return next;
        }

        private static byte[] Resized(byte[] old, long length)
        {
            var resized = new byte[length];
            old.AsSpan(0, (int)Math.Min(length, old.Length)).CopyTo(resized);
            return resized;
        }

        private static byte[] Written(byte[] old, long position, byte[] bytes, Func<bool> survives)
        {
            var result = (byte[])old.Clone();
            for (var at = 0; at < bytes.Length; at += Sector)
            {
                if (!survives()) continue;
                var part = bytes.AsSpan(at, Math.Min(Sector, bytes.Length - at));
                if (position + at + part.Length > result.Length) result = Resized(result, position + at + part.Length);
                part.CopyTo(result.AsSpan((int)position + at));
            }
            return result;
        }
    }

    private sealed class SimulatedFile(SimulatedDisk disk, Content content) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => true;

        public override bool CanWrite => true;

        public override long Length => content.Now.Length;

        public override long Position { get; set; }

        public override int Read(byte[] buffer, int offset, int count)
        {
            var read = (int)Math.Clamp(content.Now.Length - Position, 0, count);
            content.Now.AsSpan((int)Position, read).CopyTo(buffer.AsSpan(offset));
            Position += read;
            return read;
        }

        public override void Write(byte[] buffer, int offset, int count)
        {
            disk.Count(grows: Position + count > content.Now.Length);
            content.Write(Position, buffer.AsSpan(offset, count).ToArray());
            Position += count;
        }

        public override void Flush()
        {
            disk.Count();
            content.Sync();
        }

        public override void SetLength(long value)
        {
            disk.Count(grows: value > content.Now.Length);
            content.SetLength(value);
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    }
}
