using System.Security.Cryptography;
using Edge.Tests.Support;
using Edge.Vision.Onnx;
using Edge.Vision.Recognition;

namespace Edge.Tests.Onnx;

/// <summary>Recognisers that were not trained: a few operations, of u8 [n,64,128,3] called "input", to f32 [n,10,37] called "plate".</summary>
internal static class HandmadeModel
{
    /// <summary>Writes the graph there, and says how it is fed.</summary>
    public static RecogniserManifest In(TemporaryFolder folder, string file, byte[] graph)
    {
        File.WriteAllBytes(folder.File(file), graph);
        return new RecogniserManifest
        {
            Name = "a test's", File = file, Sha256 = Convert.ToHexStringLower(SHA256.HashData(graph)), Licence = "none", Source = "none",
            Input = new TensorInput("input", TensorType.Uint8, TensorLayout.Nhwc, ChannelOrder.Rgb, 128, 64),
            Grow = [0], Alphabet = Reading.Alphabet, Heads = [new RecogniserHead("plate", HeadKind.Slots, 10, 36)],
        };
    }
}
