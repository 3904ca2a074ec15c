using Edge.Agent.Matching;
using Edge.Storage.Json;
using Edge.Storage.Trust;
using Edge.Vision.Recognition;

namespace Edge.Agent.Governance;

/// <summary>What the agency has signed, in the form the box acts on. One immutable snapshot: policy, recipients and hotlist
/// came into use together.</summary>
public sealed record ActiveTrust
{
    public required TrustedTargets Targets { get; init; }
    public required Policy Policy { get; init; }
    public required Recipients Recipients { get; init; }
    public required Operators Operators { get; init; }
    public required HotlistMatcher Matcher { get; init; }

    /// <summary>Hotlist entries that are not in use, and why.</summary>
    public required IReadOnlyList<RefusedEntry> Refused { get; init; }

    /// <summary>Asks the hotlist about a plate. Past the expiry of the hotlist's own metadata nothing matches, and nothing
    /// does while there is no key to seal a hit to: nobody could open it.</summary>
    public HotlistMatch? Match(PlateText plate, DateTimeOffset now) =>
        now < HotlistExpires && Recipients.At(now) is not null ? Matcher.Match(plate, now) : null;

    /// <summary>When matching ends unless the agency signs a newer list.</summary>
    public DateTimeOffset HotlistExpires =>
        Targets.Expiries[TrustPath.HotlistMetadata(Targets.Agency)] is var metadata && metadata < Matcher.Hotlist.Expires
            ? metadata : Matcher.Hotlist.Expires;

    /// <summary>When orders end unless the agency signs a newer policy: at the policy's own expiry, or at that of the
    /// signature on it if that is earlier.</summary>
    public DateTimeOffset PolicyExpires =>
        Targets.Expiries[TrustPath.Targets] is var signed && Policy.Expires is { } own && own < signed ? own : signed;

    /// <summary>True while somebody may be obeyed. What already matches goes on until <see cref="HotlistExpires"/>: an agency
    /// that let its policy run out still looks for the stolen car, and can ask for nothing about it.</summary>
    public bool TakesOrders(DateTimeOffset now) => now < PolicyExpires;

    /// <summary>Reads the verified files as the box will act on them.</summary>
    /// <exception cref="TrustException">A file is signed but says something this box cannot act on.</exception>
    public static ActiveTrust From(TrustedTargets targets, DateTimeOffset now)
    {
        if (!Policy.TryParse(targets.Policy, out var policy, out var problems)) throw Refuse(TrustPath.Policy, problems);
        if (policy.Agency != targets.Agency) throw new TrustException(TrustPath.Policy, "is of another agency");
        if (!Recipients.TryParse(targets.Recipients, out var recipients, out problems)) throw Refuse(TrustPath.Recipients, problems);
        if (recipients.Agency != targets.Agency) throw new TrustException(TrustPath.Recipients, "is of another agency");
        if (!Operators.TryParse(targets.Operators, out var operators, out problems)) throw Refuse(TrustPath.Operators, problems);
        if (operators.Agency != targets.Agency) throw new TrustException(TrustPath.Operators, "is of another agency");
        if (!Hotlist.TryParse(targets.Hotlist, policy, now, out var hotlist, out var refused))
            throw new TrustException(TrustPath.Hotlist(targets.Agency), string.Join("; ", refused));
        return new ActiveTrust
        {
            Targets = targets, Policy = policy, Recipients = recipients, Operators = operators,
            Matcher = new HotlistMatcher(hotlist), Refused = refused,
        };
    }

    private static TrustException Refuse(string file, IReadOnlyList<JsonProblem> problems) =>
        new(file, string.Join("; ", problems));
}
