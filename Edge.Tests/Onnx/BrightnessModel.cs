using Edge.Tests.Support;
using Edge.Vision.Onnx;

namespace Edge.Tests.Onnx;

/// <summary>A recogniser that reads nothing and takes a plate for hidden in part as its crop is bright: ReduceMean of its input, u8 [n,64,128,3], as the
/// second of f32 [n,2], and the same probability for each class of f32 [n,10,37].</summary>
internal static class BrightnessModel
{
    private static readonly byte[] Graph = Convert.FromBase64String(
        "CAg66wMKGwoFaW5wdXQSAWYiBENhc3QqCQoCdG8YAaABAgo0CgFmEgFtIgpSZWR1Y2VNZWFuKg8KBGF4ZXNAAUACQAOgAQcqDwoIa2VlcGRpbXMYAKABAgoOCgFtCgFz" +
        "EgFwIgNNdWwKEAoDb25lCgFwEgFxIgNTdWIKFgoBcAoCYXgSAnAyIglVbnNxdWVlemUKFgoBcQoCYXgSAnEyIglVbnNxdWVlemUKJQoCcTIKAnAyEgZoaWRkZW4iBkNv" +
        "bmNhdCoLCgRheGlzGAGgAQIKFgoBcAoDYXgyEgF6IglVbnNxdWVlemUKEgoBegoEemVybxICejAiA011bAoWCgJ6MAoFc2hhcGUSAWUiBkV4cGFuZAogCgFlEgVwbGF0" +
        "ZSIHU29mdG1heCoLCgRheGlzGAKgAQISAWcqCxABIgSBgIA7QgFzKg0QASIEAACAP0IDb25lKg4QASIEAAAAAEIEemVybyoLCAEQBzoBAUICYXgqDQgCEAc6AgECQgNh" +
        "eDIqEAgDEAc6AwEKJUIFc2hhcGVaIQoFaW5wdXQSGAoWCAISEgoDEgFuCgIIQAoDCIABCgIIA2IcCgVwbGF0ZRITChEIARINCgMSAW4KAggKCgIIJWIZCgZoaWRkZW4S" +
        "DwoNCAESCQoDEgFuCgIIAkIECgAQDQ==");

    /// <summary>Writes it there.</summary>
    /// <param name="grow">See <see cref="HiddenHead.Grow"/>.</param>
    public static RecogniserManifest In(TemporaryFolder folder, float? grow) => HandmadeModel.In(folder, "brightness.onnx", Graph) with
    {
        Grow = [0, 0.1f], Hidden = new HiddenHead { Output = "hidden", Threshold = 0.5f, Grow = grow },
    };
}
