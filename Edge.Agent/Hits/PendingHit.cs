using Edge.Agent.Governance;
using Edge.Agent.Matching;
using Edge.Agent.Publishing;
using Edge.Storage.Audit;
using Edge.Storage.Sealing;
using Edge.Vision.Tracking;

namespace Edge.Agent.Hits;

/// <summary>A hit on its way to the disk: what will be sealed, in a buffer that is wiped when it is.</summary>
internal sealed class PendingHit : IDisposable
{
    private PendingHit(WipedBuffer body, RecipientPublicKey recipient, HotlistMatch match, ActiveTrust trust, DateTimeOffset found) =>
        (Body, Recipient, Match, Trust, Found) = (body, recipient, match, trust, found);

    public WipedBuffer Body { get; }

    /// <summary>Whom it is sealed to.</summary>
    public RecipientPublicKey Recipient { get; }

    public HotlistMatch Match { get; }

    public ActiveTrust Trust { get; }

    /// <summary>When it matched.</summary>
    public DateTimeOffset Found { get; }

    public TimeSpan Retention => Trust.Policy.HitRetention;

    /// <summary>The number it was last given; null before the first attempt.</summary>
    public long? Attempt { get; set; }

    /// <summary>SHA-256 of the sealed record of that attempt.</summary>
    public Sha256Hash Digest { get; set; }

    /// <remarks>Borrows <paramref name="passage"/>.</remarks>
    /// <exception cref="InvalidOperationException">No recipient's key is in force; then nothing matches either.</exception>
    public static PendingHit From(Passage passage, HotlistMatch match, ActiveTrust trust, DateTimeOffset now)
    {
        var recipient = trust.Recipients.At(now) ?? throw new InvalidOperationException("no recipient's key is in force");
        var facts = new HitFacts(passage.Confidences, passage.Right, passage.Region, passage.RegionVerified, passage.RuleChanged,
            passage.Camera, passage.SeenAt, passage.FramesAgreed, match.Entry.Id, match.Form, trust.Policy.Version, passage.Crop.ToJpeg());
        return new PendingHit(HitBody.Write(passage.Plate.Ascii, facts), recipient, match, trust, now);
    }

    public void Dispose() => Body.Dispose();

    public override string ToString() => "PendingHit(redacted)";
}
