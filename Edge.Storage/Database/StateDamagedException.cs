namespace Edge.Storage.Database;

/// <summary>The database file is damaged, or was never one of ours. The message names it and what to do.</summary>
public sealed class StateDamagedException(string message, Exception? cause = null) : IOException(message, cause);
