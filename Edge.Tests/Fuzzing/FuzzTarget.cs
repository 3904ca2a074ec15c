namespace Edge.Tests.Fuzzing;

/// <summary>A parser of what somebody else wrote.</summary>
/// <param name="Name">What it parses.</param>
/// <param name="Seeds">What it accepts, as its own writer writes it; small.</param>
/// <param name="Accepts">Parses; says whether it was accepted. It throws nothing, whatever the input.</param>
internal sealed record FuzzTarget(string Name, IReadOnlyList<byte[]> Seeds, Func<byte[], bool> Accepts)
{
    /// <summary>Longest input tried, in bytes: beyond the largest seed, so that growing is tried too.</summary>
    public int Longest => Math.Max(4096, 2 * Seeds.Max(seed => seed.Length));
}
