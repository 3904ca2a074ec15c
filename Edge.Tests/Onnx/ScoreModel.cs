using Edge.Tests.Support;
using Edge.Vision.Onnx;

namespace Edge.Tests.Onnx;

/// <summary>A recogniser made for one crop at a time that gives scores in place of probabilities: Cast, Flatten, Slice and Reshape
/// of its input, u8 [1,64,128,3] to f32 [1,10,37].</summary>
internal static class ScoreModel
{
    public const string File = "scores.onnx";

    private static readonly byte[] Graph = Convert.FromBase64String(
        "CAgSADqOAgobCgVpbnB1dBIBZiIEQ2FzdCoJCgJ0bxgBoAECChwKAWYSAWciB0ZsYXR0ZW4qCwoEYXhpcxgBoAECChYKAWcKAXMKAWUKAWESAWMiBVNsaWNl" +
        "ChYKAWMKAXISBXBsYXRlIgdSZXNoYXBlEgZzY29yZXMqEQgBEAdCAXNKCAAAAAAAAAAAKhEIARAHQgFlSghyAQAAAAAAACoRCAEQB0IBYUoIAQAAAAAAAAAq" +
        "IQgDEAdCAXJKGAAAAAAAAAAACgAAAAAAAAAlAAAAAAAAAFogCgVpbnB1dBIXChUIAhIRCgIIAQoCCEAKAwiAAQoCCANiGwoFcGxhdGUSEgoQCAESDAoCCAEK" +
        "AggKCgIIJUIECgAQDQ==");

    /// <summary>Writes it there.</summary>
    public static RecogniserManifest In(TemporaryFolder folder) => HandmadeModel.In(folder, File, Graph);
}
