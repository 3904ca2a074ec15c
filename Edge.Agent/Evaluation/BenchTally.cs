using System.Text;
using Edge.Agent.Commissioning;
using Edge.Agent.Matching;

namespace Edge.Agent.Evaluation;

/// <summary>How one reader did on one set of pictures, counted by labelled plate.</summary>
internal sealed class BenchTally
{
    // A detection benchmark's bound: the box must hold most of the plate and little else.
    private const float FoundOverlap = 0.5f;

    private readonly List<double> _milliseconds = [];
    private readonly List<(float Evidence, bool Exact)> _reads = [];

    /// <summary>Labelled plates.</summary>
    public int Plates { get; private set; }

    /// <summary>Plates that a box of the detector covers (intersection over union at least 0.5).</summary>
    public int Found { get; private set; }

    /// <summary>Plates whose whole text was read, accepted or not.</summary>
    public int Exact { get; private set; }

    /// <summary>Plates whose text was read but for look-alikes (<see cref="PlateFolding"/>): what an entry in the folded form
    /// matches. Labels of one American set write the O of every word as 0, whatever its state registers.</summary>
    public int Folded { get; private set; }

    /// <summary>Plates with a read that passed the gate.</summary>
    public int Accepted { get; private set; }

    /// <summary>Accepted reads that differ from the label.</summary>
    public int Wrong { get; private set; }

    /// <summary>Of these, those that differ by more than look-alikes.</summary>
    public int WrongFolded { get; private set; }

    /// <summary>Read plates whose label says where they are from.</summary>
    public int Placed { get; private set; }

    /// <summary>Of these, those of which the reader named a region.</summary>
    public int Named { get; private set; }

    /// <summary>Of these, those it named rightly: the label's region, or its country where the label knows no more, or the reader
    /// says no more.</summary>
    public int NamedRight { get; private set; }

    /// <summary>What each picture took, in the order they were read.</summary>
    public IReadOnlyList<double> Milliseconds => _milliseconds;

    /// <summary>Takes in one picture. Returns what was read of each label, null where nothing.</summary>
    public IReadOnlyList<StillRead?> Add(IReadOnlyList<LabelledPlate> labels, Attempt attempt)
    {
        _milliseconds.Add(attempt.Milliseconds);
        return [.. labels.Select(label => Add(label, attempt))];
    }

    /// <summary>Takes in one plate of a picture, without its time.</summary>
    public StillRead? Add(LabelledPlate label, Attempt attempt)
    {
        Plates++;
        if (label.Box is not { } box || attempt.Found.Any(found => found.Overlap(box) >= FoundOverlap)) Found++;
        if (StillRead.At(label, attempt.Reads) is not { } read) return null;
        Place(label.Region, read.Region.Code);
        var exact = read.Text == label.Text;
        var folded = Fold(read.Text).AsSpan().SequenceEqual(Fold(label.Text));
        _reads.Add((read.Evidence, exact));
        if (exact) Exact++;
        if (folded) Folded++;
        if (!read.Accepted) return read;
        Accepted++;
        if (!exact) Wrong++;
        if (!folded) WrongFolded++;
        return read;
    }

    private static byte[] Fold(string text)
    {
        var folded = Encoding.ASCII.GetBytes(text);
        PlateFolding.Fold(folded, folded);
        return folded;
    }

    private void Place(string? region, string? named)
    {
        if (region is null) return;
        Placed++;
        if (named is null) return;
        Named++;
        if (region.StartsWith(named, StringComparison.Ordinal) || named.StartsWith(region, StringComparison.Ordinal)) NamedRight++;
    }

    /// <summary>The largest share of the plates that a gate on this reader's own evidence could let through with at most so many of
    /// the reads wrong: what its doubt is worth, whatever the gate is set to now.</summary>
    public double CoverageAt(double wrongShare)
    {
        var (wrong, best) = (0, 0);
        var count = 0;
        foreach (var alike in _reads.GroupBy(read => read.Evidence).OrderByDescending(alike => alike.Key)) // a gate lets all of them through or none
        {
            count += alike.Count();
            wrong += alike.Count(read => !read.Exact);
            if (wrong <= wrongShare * count) best = count;
        }
        return Plates == 0 ? 0 : (double)best / Plates;
    }

    /// <summary>The middle picture's time, milliseconds; 0 where there is none.</summary>
    public double Median => Middle(_milliseconds);

    /// <summary>The middle of the ratios picture by picture, so that a machine that slows down half-way slows both; null where the
    /// two did not read the same pictures.</summary>
    public double? TimesOf(BenchTally other) =>
        _milliseconds.Count == 0 || _milliseconds.Count != other._milliseconds.Count ? null
            : Middle([.. _milliseconds.Zip(other._milliseconds, (mine, its) => mine / its)]);

    private static double Middle(List<double> values)
    {
        if (values.Count == 0) return 0;
        var ordered = values.Order().ToList();
        return (ordered[(ordered.Count - 1) / 2] + ordered[ordered.Count / 2]) / 2;
    }
}
