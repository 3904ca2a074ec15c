using Edge.Vision.Detection;
using Edge.Vision.Recognition;
using Edge.Vision.Tracking;

namespace Edge.Agent.Commissioning;

/// <summary>How well labelled plates were read: for each, the read that overlaps it most.</summary>
internal sealed class ReadingScore
{
    // Looser than a detection benchmark's 0.5: the question is what was read there, not how tight the box is.
    private const float LeastOverlap = 0.1f;

    public int Plates { get; private set; }
    public int Found { get; private set; }
    public int Exact { get; private set; }
    public int Accepted { get; private set; }
    public int AcceptedWrong { get; private set; }

    /// <summary>Share of labelled plates whose whole text was read.</summary>
    public double ExactShare => Share(Exact, Plates);

    /// <summary>Share of labelled plates whose read passed the gate.</summary>
    public double Coverage => Share(Accepted, Plates);

    /// <summary>Share of the accepted reads that are wrong: the number that sends people to the wrong door.</summary>
    public double WrongShare => Share(AcceptedWrong, Accepted);

    public void Add(IEnumerable<LabelledPlate> labels, IReadOnlyCollection<StillRead> reads)
    {
        foreach (var label in labels)
        {
            Plates++;
            if (reads.Where(read => read.Box.Overlap(label.Box) >= LeastOverlap)
                    .MaxBy(read => read.Box.Overlap(label.Box)) is not { } read) continue;
            var exact = read.Text == label.Text;
            Found++;
            Exact += exact ? 1 : 0;
            Accepted += read.Accepted ? 1 : 0;
            AcceptedWrong += read.Accepted && !exact ? 1 : 0;
        }
    }

    private static double Share(int part, int whole) => whole == 0 ? 0 : (double)part / whole;
}

/// <summary>A read as the commissioning tool shows it. Here, and only here and at the hub, a plate is a string: the tool is
/// refused on an enrolled box.</summary>
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
    public bool Accepted => Refusal == Refusal.None;

    public override string ToString() => "StillRead(redacted)";
}
