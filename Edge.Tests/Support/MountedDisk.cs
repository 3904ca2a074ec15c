using System.Diagnostics;

namespace Edge.Tests.Support;

/// <summary>A disk with a volatile cache, and the kernel's ext4 on it, mounted as a box's would be. When its power goes, what was not flushed is lost, kept
/// or torn, each sector by itself; nobody who had it open sees an error before he is gone. In this process's memory: a flush takes no time.</summary>
internal sealed class MountedDisk : FuseFile.IFileContent, IDisposable
{
    private const int Sector = 512, SuperBlock = 4096;

    private readonly Lock _gate = new();
    private readonly string _folder;
    private readonly byte[] _now;
    private readonly Dictionary<long, List<byte[]>> _unsynced = []; // what stood where since the last flush, the oldest first
    private TaskCompletionSource _off = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ManualResetEventSlim _failing = new(initialState: false);
    private FuseFile? _file;
    private bool _on;
    private int? _left;

    /// <summary>Makes the file system; the power is off.</summary>
    public MountedDisk(string folder, int mebibytes)
    {
        _folder = folder;
        Directory.CreateDirectory(Root);
        Directory.CreateDirectory(Path.Combine(folder, "fuse"));
        var image = Path.Combine(folder, "image");
        using (var made = File.Create(image)) made.SetLength((long)mebibytes << 20);
        Run("mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0", image);
        _now = File.ReadAllBytes(image);
        File.Delete(image);
    }

    /// <summary>Where it is mounted.</summary>
    public string Root => Path.Combine(_folder, "disk");

    /// <summary>Writes and flushes that it has taken.</summary>
    public long Operations { get; private set; }

    /// <summary>Ends when the power has gone.</summary>
    public Task Off => _off.Task;

    /// <summary>Sees all that is ever written, and where.</summary>
    public WrittenTo? Written { get; set; }

    public delegate void WrittenTo(long at, ReadOnlySpan<byte> bytes);

    /// <summary>What is on it now, the free room too.</summary>
    public ReadOnlySpan<byte> Everything => _now;

    /// <summary>Skips the test where nothing can be mounted.</summary>
    public static void Need()
    {
        Assert.SkipUnless(Environment.UserName == "root", "only root may mount a file system");
        foreach (var file in new[] { "/dev/fuse", "/dev/loop-control", "/usr/sbin/mkfs.ext4" })
            Assert.SkipUnless(File.Exists(file), $"there is no {file} here");
    }

    /// <summary>Mounts it; ext4 takes up what its journal holds.</summary>
    public void PowerOn()
    {
        (_on, _left) = (true, null);
        _off = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _failing.Reset();
        _file = new FuseFile(Path.Combine(_folder, "fuse"), _now.Length, this);
        Run("mount", "-t", "ext4", "-o", "loop", _file.Path, Root);
    }

    /// <summary>The power goes with so many more operations, the last of them unanswered.</summary>
    public void CutAfter(int operations)
    {
        lock (_gate) _left = operations;
    }

    /// <summary>The power goes now: nothing more is written, and nothing answered.</summary>
    public void Cut()
    {
        lock (_gate) Stop();
    }

    /// <summary>Whoever had it open has been killed, and may now be told so: a process that waits for its disk is not gone before.</summary>
    public void Fail() => _failing.Set();

    /// <summary>Once nobody has it open any more: unmounts it as it lies.</summary>
    /// <param name="chance">That a write that was not flushed is there all the same: 1 for a disk without a cache, 0 for one that writes nothing by
    /// itself.</param>
    public void Lose(double chance, Random random)
    {
        Fail();
        Unmount();
        foreach (var (at, versions) in _unsynced)
        {
            var kept = versions.Count;
            while (kept > 0 && random.NextDouble() >= chance) kept--;
            if (kept < versions.Count) versions[kept].CopyTo(_now.AsSpan((int)at));
        }
        _unsynced.Clear();
    }

    /// <summary>Unmounts it in peace.</summary>
    public void PowerOff()
    {
        Unmount();
        _on = false;
        _unsynced.Clear();
    }

    /// <summary>What the file system's own check has to say of it while its power is off; empty where all is well.</summary>
    public string Check()
    {
        var image = Path.Combine(_folder, "image");
        File.WriteAllBytes(image, _now);
        using var check = Process.Start(new ProcessStartInfo("e2fsck", ["-fn", image]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var said = check.StandardOutput.ReadToEnd();
        check.WaitForExit();
        File.Delete(image);
        return check.ExitCode == 0 ? "" : said;
    }

    public void Read(long at, Span<byte> into)
    {
        lock (_gate)
            if (_on)
            {
                _now.AsSpan((int)at, into.Length).CopyTo(into);
                return;
            }
        Hang();
    }

    public void Write(long at, ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
            if (_on)
            {
                Written?.Invoke(at, bytes);
                // ext4 writes its superblock past its own journal; torn, it is a matter for the machine's fsck and not for the box.
                var (next, size) = at < SuperBlock ? (0, SuperBlock) : (at, Sector);
                for (; next < at + bytes.Length; (next, size) = (next + size, Sector))
                {
                    if (!_unsynced.TryGetValue(next, out var versions)) _unsynced[next] = versions = [];
                    versions.Add(_now.AsSpan((int)next, size).ToArray());
                }
                bytes.CopyTo(_now.AsSpan((int)at));
                Count();
                if (_on) return;
            }
        Hang();
    }

    public void Flush()
    {
        lock (_gate)
            if (_on)
            {
                Count();
                if (_on)
                {
                    _unsynced.Clear();
                    return;
                }
            }
        Hang();
    }

    public void Dispose()
    {
        Cut();
        _failing.Set();
        if (_file is not null) Unmount();
        _failing.Dispose();
    }

    private void Count()
    {
        Operations++;
        if (_left is { } left && (_left = left - 1) <= 0) Stop();
    }

    private void Stop()
    {
        _on = false;
        _off.TrySetResult();
    }

    /// <summary>Whoever waits for a disk without power waits until he is gone.</summary>
    private void Hang()
    {
        _failing.Wait();
        throw new IOException("the power is off");
    }

    private void Unmount()
    {
        try
        {
            Run("umount", Root);
        }
        finally
        {
            _file!.Dispose();
            _file = null;
        }
    }

    private static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        var complaint = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0) throw new IOException($"{program} {string.Join(' ', arguments)}: {complaint}");
    }
}
