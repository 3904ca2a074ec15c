namespace Edge.Agent.Hub;

/// <summary>An agency's folder cannot be made, opened or used; the message names the file and what to do.</summary>
public sealed class AgencyException(string message, Exception? inner = null) : Exception(message, inner);
