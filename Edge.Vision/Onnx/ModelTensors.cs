using Microsoft.ML.OnnxRuntime;

namespace Edge.Vision.Onnx;

/// <summary>What an ONNX file really has: its inputs and outputs.</summary>
public sealed record ModelTensors(IReadOnlyList<ModelTensor> Inputs, IReadOnlyList<ModelTensor> Outputs)
{
    /// <summary>Looks into a file.</summary>
    /// <exception cref="ModelException">It cannot be read, or is no model.</exception>
    public static ModelTensors Of(string path)
    {
        try
        {
            using var session = OnnxModel.OpenSession(path, OnnxModel.ReadBytes(path), threads: 1);
            return Of(session);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ModelException($"{path}: cannot be read ({exception.Message})", exception);
        }
    }

    internal static ModelTensors Of(InferenceSession session) =>
        new([.. session.InputMetadata.Select(Tensor)], [.. session.OutputMetadata.Select(Tensor)]);

    private static ModelTensor Tensor(KeyValuePair<string, NodeMetadata> node) =>
        new(node.Key, $"{node.Value.ElementDataType}".ToLowerInvariant(), node.Value.Dimensions);

    public override string ToString() => $"{string.Join(", ", Inputs)} → {string.Join(", ", Outputs)}";
}

/// <summary>One tensor of a graph.</summary>
/// <param name="Name">Its name in the graph.</param>
/// <param name="Type">What it holds, in the runtime's words: <c>float</c>, <c>uint8</c> …</param>
/// <param name="Shape">Its sides; -1 where any is right.</param>
public sealed record ModelTensor(string Name, string Type, IReadOnlyList<int> Shape)
{
    public override string ToString() => $"{Name} {Type} {OnnxModel.Show(Shape)}";
}
