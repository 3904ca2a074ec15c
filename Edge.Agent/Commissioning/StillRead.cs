using System.Text;
using Edge.Vision.Calibrating;
using Edge.Vision.Detection;
using Edge.Vision.Recognition;
using Edge.Vision.Tracking;

namespace Edge.Agent.Commissioning;

/// <summary>A read as the commissioning tools show and score it. Here, and only here and at the hub, a plate is a string: the tools
/// are refused on an enrolled box.</summary>
/// <param name="Text">What was read.</param>
/// <param name="Confidence">Probability that it is right; where the model has no calibration, the evidence, 0 to 1.</param>
/// <param name="Evidence">Evidence for the whole text, 0 to 1.</param>
/// <param name="Weakest">Evidence for its least certain character, 0 to 1.</param>
/// <param name="Refusal">Why it is no read, if it is none.</param>
/// <param name="Region">Where the plate seems to be from.</param>
/// <param name="RuleChanged">Positions that a region rule changed, from 0.</param>
/// <param name="Box">Where it is, pixels.</param>
internal sealed record StillRead(string Text, double Confidence, float Evidence, float Weakest, Refusal Refusal, PlateRegion Region,
    IReadOnlyList<int> RuleChanged, PixelBox Box)
{
    public static StillRead Of(Passage passage) => new(Encoding.ASCII.GetString(passage.Plate.Ascii),
        passage.Right ?? passage.Evidence, passage.Evidence, passage.Weakest, passage.Refusal, passage.Region, passage.RuleChanged,
        passage.Box);

    public bool Accepted => Refusal == Refusal.None;

    /// <summary>The read that overlaps the labelled plate most, or null where none does.</summary>
    public static StillRead? At(LabelledPlate label, IEnumerable<StillRead> reads) =>
        label.Box is not { } box ? reads.FirstOrDefault()
            : reads.Where(read => read.Box.Overlap(box) >= KnownPlate.LeastOverlap).MaxBy(read => read.Box.Overlap(box));

    public override string ToString() => "StillRead(redacted)";
}
