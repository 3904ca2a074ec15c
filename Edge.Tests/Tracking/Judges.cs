using Edge.Vision;
using Edge.Vision.Onnx;
using Edge.Vision.Recognition;
using Edge.Vision.Recognition.Regions;
using Edge.Vision.Tracking;

namespace Edge.Tests.Tracking;

/// <summary>Judges for tests: of a recogniser that has only what a judge asks for.</summary>
internal static class Judges
{
    public static ReadJudge Of(ReadGate gate, Calibration? calibration = null, RegionRules? rules = null, RegionHead? region = null) =>
        ReadJudge.For(Model(calibration, region), new PipelineOptions { Gate = gate, Rules = rules });

    private static RecogniserManifest Model(Calibration? calibration, RegionHead? region) => new()
    {
        Name = "a test's", File = "none.onnx", Sha256 = new string('0', 64), Licence = "none", Source = "none",
        Input = new TensorInput("input", TensorType.Uint8, TensorLayout.Nhwc, ChannelOrder.Rgb, 128, 64),
        Grow = [0], Alphabet = Reading.Alphabet, Heads = [new RecogniserHead("plate", HeadKind.Slots, 10, 36)],
        Calibration = calibration, Region = region,
    };
}
