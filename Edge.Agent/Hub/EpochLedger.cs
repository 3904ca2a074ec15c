using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using Edge.Agent.Governance;
using Edge.Storage.Json;
using Edge.Storage.Trust;

namespace Edge.Agent.Hub;

/// <summary>A time in which boxes seal hits to one key.</summary>
/// <param name="KeyId">The RFC 7638 thumbprint, as in <c>recipients.json</c>.</param>
/// <param name="NotBefore">From then on.</param>
/// <param name="Expires">Until just before.</param>
public sealed record Epoch(string KeyId, DateTimeOffset NotBefore, DateTimeOffset Expires);

/// <summary>The longest that a policy let hits be kept, holds included, from an instant until the next term begins.</summary>
/// <param name="From">When it was published.</param>
/// <param name="Hours">The larger of the policy's retention and its longest hold.</param>
public sealed record RetentionTerm(DateTimeOffset From, int Hours)
{
    internal static RetentionTerm Of(Policy policy, DateTimeOffset from) => new(from, Math.Max(policy.HitRetentionHours, policy.LongestHoldHours));
}

/// <summary>Every epoch an agency has ever made, its key destroyed or not, and how long its policies kept hits:
/// <c>{"epochs":[{"kid","notBefore","expires"}],"retention":[{"from","hours"}]}</c>. From these two follows when a key must go. Pure.</summary>
/// <param name="Terms">In the order of their start. What was allowed before the first is unknown.</param>
public sealed record EpochLedger(IReadOnlyList<Epoch> Epochs, IReadOnlyList<RetentionTerm> Terms)
{
    internal const int MaxBytes = 1024 * 1024;

    /// <summary>How long a box out of reach may go on under a policy after the agency has replaced it: then the hotlist it
    /// has ends, and with it the finding.</summary>
    internal static readonly TimeSpan Lingering = TrustLifetimes.Default.Hotlists;

    /// <summary>When nothing sealed in <paramref name="epoch"/> may be opened any more, so that its key is to be destroyed: its end plus
    /// the longest that any policy kept hits which could be in force then, at a box out of reach too, or later, as long as a
    /// hold could still be put on such a hit.</summary>
    public DateTimeOffset LastNeeded(Epoch epoch)
    {
        var last = epoch.Expires;
        foreach (var (i, term) in Known().Index())
        {
            var until = Terms.ElementAtOrDefault(i)?.From; // Known() has one more term, before the first
            if (until + Lingering <= epoch.NotBefore || term.From >= last) continue;
            if (epoch.Expires + TimeSpan.FromHours(term.Hours) is var end && end > last) last = end;
        }
        return last;
    }

    public Epoch? WithKey(string keyId) => Epochs.FirstOrDefault(epoch => epoch.KeyId == keyId);

    /// <summary>The ledger once <paramref name="policy"/> is published.</summary>
    internal EpochLedger After(Policy policy, DateTimeOffset now) =>
        RetentionTerm.Of(policy, now) is var next && Terms is [.., { Hours: var hours }] && hours == next.Hours ? this : this with { Terms = [.. Terms, next] };

    internal static bool TryParse(ReadOnlyMemory<byte> utf8, [NotNullWhen(true)] out EpochLedger? ledger, out IReadOnlyList<JsonProblem> problems) =>
        StrictJson.TryRead(utf8, MaxBytes, fields => new EpochLedger(
            fields.Objects("epochs", 0, 8192, epoch => new Epoch(epoch.Text("kid", 43), epoch.Instant("notBefore"), epoch.Instant("expires"))),
            fields.Objects("retention", 0, 8192, term => new RetentionTerm(term.Instant("from"), term.Whole("hours", 1, Policy.MaxRetentionHours)))),
            out ledger, out problems);

    internal byte[] Write() => CanonicalJson.Write(new JsonObject
    {
        ["epochs"] = new JsonArray([.. Epochs.Select(epoch => (JsonNode)new JsonObject
        {
            ["kid"] = epoch.KeyId, ["notBefore"] = JsonTime.Write(epoch.NotBefore), ["expires"] = JsonTime.Write(epoch.Expires),
        })]),
        ["retention"] = new JsonArray([.. Terms.Select(term => (JsonNode)new JsonObject { ["from"] = JsonTime.Write(term.From), ["hours"] = term.Hours })]),
    });

    // Before the first term anything a policy can allow may have been allowed.
    private IEnumerable<RetentionTerm> Known() => Terms.Prepend(new RetentionTerm(DateTimeOffset.MinValue, Policy.MaxRetentionHours));
}
