namespace Edge.Agent.Enrolment;

/// <summary>A request, an answer or an enrolment folder cannot be used; the message names the file or field and what to do.
/// </summary>
public sealed class EnrolmentException(string message, Exception? inner = null) : Exception(message, inner);
