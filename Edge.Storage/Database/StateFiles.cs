using Edge.Storage.Files;

namespace Edge.Storage.Database;

/// <summary>The files of the state directory, and how they are opened. A test opens ones that fail.</summary>
internal class StateFiles(string directory)
{
    /// <summary>The database, for messages.</summary>
    public string DatabasePath { get; } = Path.Combine(directory, "state.db");

    /// <summary>Bytes kept for the journal.</summary>
    public virtual int JournalReserve => PageJournal.DefaultReserve;

    public Stream OpenDatabase() => Open(DatabasePath);

    public Stream OpenJournal() => Open(Path.Combine(directory, "state.journal"));

    /// <summary>Held as long as the database is open; the kernel drops it with the process.</summary>
    /// <exception cref="StateBusyException">Somebody else holds it.</exception>
    public IDisposable Lock() => FolderLock.TryTake(directory) ?? throw new StateBusyException(
        $"{directory} is in use by another edge-agent: stop that one first (systemctl stop edge-agent), or give this " +
        "one its own state directory");

    /// <summary>Makes the names of the files durable.</summary>
    public void SyncNames() => DurableFile.SyncFolder(directory);

    /// <summary>Opens one file for reading and writing, made with mode 0600 if absent, unbuffered.</summary>
    protected virtual Stream Open(string path) => new FileStream(path, new FileStreamOptions
    {
        Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.Read, BufferSize = 0,
        UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
    });
}
