namespace Edge.Agent.Commissioning;

/// <summary>How well labelled plates were read: for each, the read that overlaps it most.</summary>
internal sealed class ReadingScore
{
    public int Plates { get; private set; }
    public int Found { get; private set; }
    public int Exact { get; private set; }
    public int Accepted { get; private set; }
    public int AcceptedWrong { get; private set; }

    /// <summary>Accepted reads where the table has no text: of a plate that nobody labelled, or of what is none.</summary>
    public int Elsewhere { get; private set; }

    /// <summary>Share of labelled plates whose whole text was read.</summary>
    public double ExactShare => Share(Exact, Plates);

    /// <summary>Share of labelled plates whose read passed the gate.</summary>
    public double Coverage => Share(Accepted, Plates);

    /// <summary>Share of the accepted reads that are wrong: the number that sends people to the wrong door.</summary>
    public double WrongShare => Share(AcceptedWrong, Accepted);

    /// <summary>Counts one picture.</summary>
    /// <param name="reads">None where it could not be read: its plates count all the same.</param>
    public void Add(IEnumerable<LabelledPlate> labels, IReadOnlyCollection<StillRead> reads)
    {
        var labelled = new HashSet<StillRead>(ReferenceEqualityComparer.Instance);
        foreach (var label in labels)
        {
            Plates++;
            if (StillRead.At(label, reads) is not { } read) continue;
            labelled.Add(read);
            var exact = read.Text == label.Text;
            Found++;
            Exact += exact ? 1 : 0;
            Accepted += read.Accepted ? 1 : 0;
            AcceptedWrong += read.Accepted && !exact ? 1 : 0;
        }
        Elsewhere += reads.Count(read => read.Accepted && !labelled.Contains(read));
    }

    private static double Share(int part, int whole) => whole == 0 ? 0 : (double)part / whole;
}
