using System.Security.Cryptography;
using Edge.Tests.Support;
using Edge.Vision.Onnx;
using Edge.Vision.Recognition;

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
    public static RecogniserManifest In(TemporaryFolder folder)
    {
        System.IO.File.WriteAllBytes(folder.File(File), Graph);
        return new RecogniserManifest
        {
            Name = "a test's", File = File, Sha256 = Convert.ToHexStringLower(SHA256.HashData(Graph)), Licence = "none", Source = "none",
            Input = new TensorInput("input", TensorType.Uint8, TensorLayout.Nhwc, ChannelOrder.Rgb, 128, 64),
            Grow = [0], Alphabet = Reading.Alphabet, Heads = [new RecogniserHead("plate", HeadKind.Slots, 10, 36)],
        };
    }
}
