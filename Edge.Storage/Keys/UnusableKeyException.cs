namespace Edge.Storage.Keys;

/// <summary>A key file is missing, damaged, too open, or not wrapped by this box's wrapping key. The message names the
/// file and what to do; it never holds key bytes.</summary>
public sealed class UnusableKeyException(string message) : IOException(message);
