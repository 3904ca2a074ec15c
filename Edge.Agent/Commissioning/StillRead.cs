using System.Text;
using Edge.Vision.Detection;
using Edge.Vision.Tracking;

namespace Edge.Agent.Commissioning;

/// <summary>A read as the commissioning tools show and score it. Here, and only here and at the hub, a plate is a string: the tools
/// are refused on an enrolled box.</summary>
internal sealed record StillRead(string Text, float Confidence, float Weakest, bool Accepted, PixelBox Box)
{
    // Looser than a detection benchmark's 0.5: the question is what was read there, not how tight the box is.
    private const float LeastOverlap = 0.1f;

    public static StillRead Of(Passage passage) => new(Encoding.ASCII.GetString(passage.Plate.Ascii),
        passage.Confidence, passage.Weakest, passage.Accepted, passage.Box);

    /// <summary>The read that overlaps the labelled plate most, or null where none does.</summary>
    public static StillRead? At(LabelledPlate label, IEnumerable<StillRead> reads) =>
        label.Box is not { } box ? reads.FirstOrDefault()
            : reads.Where(read => read.Box.Overlap(box) >= LeastOverlap).MaxBy(read => read.Box.Overlap(box));

    public override string ToString() => "StillRead(redacted)";
}
