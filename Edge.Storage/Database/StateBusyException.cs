namespace Edge.Storage.Database;

/// <summary>Another process, or another opener in this one, has the state directory.</summary>
public sealed class StateBusyException(string message) : IOException(message);
