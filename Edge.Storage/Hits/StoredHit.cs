namespace Edge.Storage.Hits;

/// <summary>A hit read back from the disk, still sealed to its agency.</summary>
/// <param name="Heading">What stays clear.</param>
/// <param name="Record">The sealed record, exactly as it was committed.</param>
public sealed record StoredHit(HitHeading Heading, ReadOnlyMemory<byte> Record)
{
    public override string ToString() => $"StoredHit({Heading.Sequence})";
}
