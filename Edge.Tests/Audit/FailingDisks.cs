namespace Edge.Tests.Audit;

/// <summary>How a step of the disk fails.</summary>
public enum Fault
{
    /// <summary>The step is refused: a full disk.</summary>
    Refused,
    /// <summary>Half of the bytes are written first.</summary>
    Torn,
    /// <summary>The step is done and then reported as failed: an fsync that errs.</summary>
    DoneButFailed,
}

/// <summary>Fails one step, and if told to, every step after it.</summary>
internal sealed class FaultySteps(Fault fault) : UnsyncedSteps
{
    private int _left = int.MaxValue;
    private bool _thenDead;

    public bool Failed { get; private set; }

    public string LastRename { get; private set; } = "";

    /// <summary>Every checkpoint that was renamed into place.</summary>
    public List<string> Published { get; } = [];

    /// <summary>Told of each, at that moment.</summary>
    public Action<string>? Publishing { get; init; }

    public void FailAt(int step, bool thenDead) => (_left, _thenDead) = (step, thenDead);

    public override void Write(string path, ReadOnlySpan<byte> bytes, UnixFileMode mode)
    {
        var copy = bytes.ToArray();
        Step(() => base.Write(path, copy, mode), () => base.Write(path, copy.AsSpan(0, copy.Length / 2), mode));
    }

    public override void WritePieces(string path, Action<Stream> write, UnixFileMode mode) => Step(() => base.WritePieces(path, write, mode), () =>
    {
        using var pieces = new MemoryStream();
        write(pieces);
        base.Write(path, pieces.ToArray().AsSpan(0, (int)pieces.Length / 2), UnixFileMode.UserRead | UnixFileMode.UserWrite);
    });

    public override void Overwrite(string path) => Step(() => base.Overwrite(path));

    public override void Rename(string from, string onto) => Step(() =>
    {
        base.Rename(from, onto);
        LastRename = onto;
        if (!onto.EndsWith("checkpoint", StringComparison.Ordinal)) return;
        Published.Add(File.ReadAllText(onto));
        Publishing?.Invoke(Published[^1]);
    });

    public override void CreateFolder(string folder) => Step(() => base.CreateFolder(folder));

    public override void SyncFolder(string folder) => Step(() => { });

    public override void Delete(string path) => Step(() => base.Delete(path));

    public override void DeleteFolder(string folder) => Step(() => base.DeleteFolder(folder));

    private void Step(Action step, Action? half = null)
    {
        if (_thenDead && Failed) throw new IOException("the process is gone");
        if (_left-- != 0)
        {
            step();
            return;
        }
        Failed = true;
        if (fault == Fault.DoneButFailed) step();
        if (fault == Fault.Torn) half?.Invoke();
        throw new IOException("No space left on device");
    }
}

/// <summary>Remembers what a folder has not been synced for, and forgets a part of it when the power goes.</summary>
internal sealed class PowerCutSteps(int seed) : UnsyncedSteps
{
    private readonly Random _random = new(seed);
    private readonly List<(string Folder, string Path, Action Undo)> _unsynced = [];
    private int _left = int.MaxValue;

    public bool IsCut { get; private set; }

    public void CutAt(int step) => _left = step;

    public void LoseWhatWasNotSynced()
    {
        var kept = new HashSet<string>();
        foreach (var (_, path, undo) in Enumerable.Reverse(_unsynced))
        {
            if (kept.Contains(path)) continue;
            if (_random.Next(2) == 0) undo();
            else kept.Add(path);
        }
    }

    public override void Write(string path, ReadOnlySpan<byte> bytes, UnixFileMode mode)
    {
        Count();
        Remember(path);
        base.Write(path, bytes, mode);
    }

    public override void Overwrite(string path)
    {
        Count();
        base.Overwrite(path); // in place, and synced: nothing to lose
    }

    public override void Rename(string from, string onto)
    {
        Count();
        Remember(onto);
        base.Rename(from, onto);
    }

    public override void CreateFolder(string folder)
    {
        Count();
        base.CreateFolder(folder);
        Remember(folder, () => Directory.Delete(folder, recursive: true));
    }

    public override void Delete(string path)
    {
        Count();
        Remember(path);
        base.Delete(path);
    }

    public override void DeleteFolder(string folder)
    {
        Count();
        base.DeleteFolder(folder);
        Remember(folder, () => Directory.CreateDirectory(folder));
    }

    public override void SyncFolder(string folder)
    {
        Count();
        _unsynced.RemoveAll(change => change.Folder == Path.GetFullPath(folder));
    }

    private void Count()
    {
        if (_left-- <= 0) IsCut = true;
        if (IsCut) throw new IOException("the power is gone");
    }

    private void Remember(string path)
    {
        var before = File.Exists(path) ? File.ReadAllBytes(path) : null;
        Remember(path, () =>
        {
            if (before is null) File.Delete(path);
            else if (Directory.Exists(Path.GetDirectoryName(path))) File.WriteAllBytes(path, before);
        });
    }

    private void Remember(string path, Action undo) =>
        _unsynced.Add((Path.GetDirectoryName(Path.GetFullPath(path))!, path, undo));
}
