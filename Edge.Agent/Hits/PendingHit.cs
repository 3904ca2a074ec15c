using System.Text;
using Edge.Agent.Governance;
using Edge.Agent.Publishing;
using Edge.Storage.Audit;

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

    /// <summary>What tells it from every other; see <see cref="HitRecorder.Record"/>.</summary>
    public string? Origin { get; private init; }

    /// <summary>The number it was last given, stored or not; 0 before the first attempt.</summary>
    public long Sequence { get; set; }

    /// <summary>Where the log says that it was stored; null as long as it does not.</summary>
    public long? Leaf { get; set; }

    /// <summary>SHA-256 of the sealed record of that attempt.</summary>
    public Sha256Hash Digest { get; set; }

    /// <remarks>Borrows <paramref name="seen"/>.</remarks>
    public static PendingHit From(Sighting seen, string camera, DateTimeOffset at, AddressedMatch match, ActiveTrust trust, DateTimeOffset now,
        Sha256Hash? origin)
    {
        var facts = new HitFacts(seen.Confidences, seen.Right, seen.Region, seen.RegionVerified, seen.RuleChanged,
            camera, at, seen.Frames, match.Entry.Id, match.Match.Form, trust.Policy.Version, seen.Crop);
        return new PendingHit(HitBody.Write(seen.Plate.Ascii, facts), match, trust, now)
        {
            Origin = origin is { } read ? Sha256Hash.Of(Encoding.UTF8.GetBytes($"{read}\n{match.For}\n{match.Entry.Id}")).ToString() : null,
        };
    }

    public void Dispose() => Body.Dispose();

    public override string ToString() => "PendingHit(redacted)";
}

/// <summary>One read that somebody looks for: a hit for each case, which leave memory together.</summary>
internal sealed class PendingRead : IDisposable
{
    private PendingRead(IReadOnlyList<PendingHit> hits, Action? stored) => (Hits, Stored) = (hits, stored);

    public IReadOnlyList<PendingHit> Hits { get; }

    /// <summary>Told once all of them are durable and logged.</summary>
    public Action? Stored { get; }

    /// <remarks>Borrows <paramref name="seen"/>.</remarks>
    public static PendingRead From(Sighting seen, string camera, DateTimeOffset at, IReadOnlyList<AddressedMatch> matches, ActiveTrust trust,
        DateTimeOffset now, Sha256Hash? origin, Action? stored) =>
            new([.. matches.Select(match => PendingHit.From(seen, camera, at, match, trust, now, origin))], stored);

    public void Dispose()
    {
        foreach (var hit in Hits) hit.Dispose();
    }
}
