using Edge.Agent.Governance;
using Edge.Agent.Publishing;
using Edge.Storage.Audit;
using Edge.Vision.Tracking;

namespace Edge.Agent.Hits;

/// <summary>A hit on its way to the disk, for one case: what will be sealed, in a buffer that is wiped when it is.</summary>
internal sealed class PendingHit : IDisposable
{
    private PendingHit(WipedBuffer body, AddressedMatch match, ActiveTrust trust, DateTimeOffset found) =>
        (Body, Match, Trust, Found) = (body, match, trust, found);

    public WipedBuffer Body { get; }

    /// <summary>The case, and whom the hit is for.</summary>
    public AddressedMatch Match { get; }

    public ActiveTrust Trust { get; }

    /// <summary>When it matched.</summary>
    public DateTimeOffset Found { get; }

    public TimeSpan Retention => Trust.Policy.HitRetention;

    /// <summary>The number it was last given; null before the first attempt.</summary>
    public long? Attempt { get; set; }

    /// <summary>SHA-256 of the sealed record of that attempt.</summary>
    public Sha256Hash Digest { get; set; }

    /// <remarks>Borrows <paramref name="passage"/>.</remarks>
    public static PendingHit From(Passage passage, AddressedMatch match, ActiveTrust trust, DateTimeOffset now)
    {
        var facts = new HitFacts(passage.Confidences, passage.Right, passage.Region, passage.RegionVerified, passage.RuleChanged,
            passage.Camera, passage.SeenAt, passage.FramesAgreed, match.Entry.Id, match.Match.Form, trust.Policy.Version, passage.Crop.ToJpeg());
        return new PendingHit(HitBody.Write(passage.Plate.Ascii, facts), match, trust, now);
    }

    public void Dispose() => Body.Dispose();

    public override string ToString() => "PendingHit(redacted)";
}

/// <summary>One read that somebody looks for: a hit for each case, which leave memory together.</summary>
internal sealed class PendingRead : IDisposable
{
    private PendingRead(IReadOnlyList<PendingHit> hits) => Hits = hits;

    public IReadOnlyList<PendingHit> Hits { get; }

    /// <remarks>Borrows <paramref name="passage"/>.</remarks>
    public static PendingRead From(Passage passage, IReadOnlyList<AddressedMatch> matches, ActiveTrust trust, DateTimeOffset now) =>
        new([.. matches.Select(match => PendingHit.From(passage, match, trust, now))]);

    public void Dispose()
    {
        foreach (var hit in Hits) hit.Dispose();
    }
}
