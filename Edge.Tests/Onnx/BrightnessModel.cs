using System.Security.Cryptography;
using Edge.Tests.Support;
using Edge.Vision.Onnx;
using Edge.Vision.Recognition;

namespace Edge.Tests.Onnx;

/// <summary>A recogniser that reads nothing and takes a plate for hidden in part as its crop is bright: ReduceMean of its input, u8 [n,64,128,3], as the
/// second of f32 [n,2], and the same probability for each class of f32 [n,10,37].</summary>
internal static class BrightnessModel
{
    private const string File = "brightness.onnx";

    private static readonly byte[] Graph = Convert.FromBase64String(
        "CAg66wMKGwoFaW5wdXQSAWYiBENhc3QqCQoCdG8YAaABAgo0CgFmEgFtIgpSZWR1Y2VNZWFuKg8KBGF4ZXNAAUACQAOgAQcqDwoIa2VlcGRpbXMYAKABAgoOCgFtCgFz" +
        "EgFwIgNNdWwKEAoDb25lCgFwEgFxIgNTdWIKFgoBcAoCYXgSAnAyIglVbnNxdWVlemUKFgoBcQoCYXgSAnEyIglVbnNxdWVlemUKJQoCcTIKAnAyEgZoaWRkZW4iBkNv" +
        "bmNhdCoLCgRheGlzGAGgAQIKFgoBcAoDYXgyEgF6IglVbnNxdWVlemUKEgoBegoEemVybxICejAiA011bAoWCgJ6MAoFc2hhcGUSAWUiBkV4cGFuZAogCgFlEgVwbGF0" +
        "ZSIHU29mdG1heCoLCgRheGlzGAKgAQISAWcqCxABIgSBgIA7QgFzKg0QASIEAACAP0IDb25lKg4QASIEAAAAAEIEemVybyoLCAEQBzoBAUICYXgqDQgCEAc6AgECQgNh" +
        "eDIqEAgDEAc6AwEKJUIFc2hhcGVaIQoFaW5wdXQSGAoWCAISEgoDEgFuCgIIQAoDCIABCgIIA2IcCgVwbGF0ZRITChEIARINCgMSAW4KAggKCgIIJWIZCgZoaWRkZW4S" +
        "DwoNCAESCQoDEgFuCgIIAkIECgAQDQ==");

    /// <summary>Writes it there.</summary>
    /// <param name="grow">See <see cref="HiddenHead.Grow"/>.</param>
    public static RecogniserManifest In(TemporaryFolder folder, float? grow)
    {
        System.IO.File.WriteAllBytes(folder.File(File), Graph);
        return new RecogniserManifest
        {
            Name = "a test's", File = File, Sha256 = Convert.ToHexStringLower(SHA256.HashData(Graph)), Licence = "none", Source = "none",
            Input = new TensorInput("input", TensorType.Uint8, TensorLayout.Nhwc, ChannelOrder.Rgb, 128, 64),
            Grow = [0, 0.1f], Alphabet = Reading.Alphabet, Heads = [new RecogniserHead("plate", HeadKind.Slots, 10, 36)],
            Hidden = new HiddenHead { Output = "hidden", Threshold = 0.5f, Grow = grow },
        };
    }
}
