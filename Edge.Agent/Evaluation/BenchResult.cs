namespace Edge.Agent.Evaluation;

/// <summary>One row of the recognition table.</summary>
internal sealed record BenchRow(BenchSets Kind, string Set, string Reader, BenchTally Tally)
{
    /// <summary>Its time over the peer's on the same pictures; null without a peer, and for rows that share pictures with others.</summary>
    public double? TimesOfPeer { get; init; }
}

/// <summary>One reader on pictures that show no plate.</summary>
internal sealed record PlateFreeRow(string Set, string Reader, int Pictures, int Accepted);

/// <summary>One reader on one recording.</summary>
/// <param name="Known">Plates that go by in it.</param>
/// <param name="Right">Known plates that were accepted.</param>
/// <param name="Repeated">Accepted passages that say a known plate again.</param>
/// <param name="Wrong">Accepted passages that say something else.</param>
/// <param name="Milliseconds">A frame, on average, decoding included.</param>
internal sealed record FootageRow(string Recording, string Reader, int Known, int Right, int Repeated, int Wrong, double Milliseconds);

/// <summary>All that a run of the bench measured.</summary>
internal sealed record BenchResult(
    IReadOnlyList<BenchPictures> Pictures, IReadOnlyList<BenchRow> Rows, IReadOnlyList<PlateFreeRow> PlateFree,
    IReadOnlyList<FootageRow> Footage, IReadOnlyList<string> Broken)
{
    /// <summary>Film by film, reader by reader.</summary>
    public IReadOnlyList<FilmRow> Films { get; init; } = [];
}
