namespace Edge.Storage.Database;

/// <summary>The disk is full, read-only or failing. What was being written is on the disk whole or not at all; the
/// database opens itself again at the next call.</summary>
public sealed class StateStorageException(string message, Exception? cause = null) : IOException(message, cause);
