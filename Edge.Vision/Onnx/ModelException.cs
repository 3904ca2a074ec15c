namespace Edge.Vision.Onnx;

/// <summary>A model or its manifest is missing, is not the file that was named, or has other shapes. The message names
/// the file and the field, and says what to do.</summary>
public sealed class ModelException(string message, Exception? inner = null) : Exception(message, inner);
