namespace Edge.Agent.LanConsole;

/// <summary>The console cannot be opened; the message says what to do. The box goes on without it.</summary>
public sealed class ConsoleException(string message, Exception? inner = null) : Exception(message, inner);
