using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using Edge.Agent.Matching;
using Edge.Storage.Json;
using Edge.Storage.Trust;

namespace Edge.Agent.Governance;

/// <summary>What a plate may be looked for, and why that is lawful.</summary>
/// <param name="Name">For example <c>stolen-vehicle</c>: lower-case words, no digits.</param>
/// <param name="Basis">The law, regulation or council decision, in words.</param>
public sealed record Purpose(string Name, string Basis);

/// <summary>What the agency has bound its boxes to, signed as <c>policy.json</c>. An allow-list: what it does not name
/// is refused. Every absent key has its most private value.</summary>
public sealed record Policy
{
    /// <summary>Longest life of a hotlist entry that a policy may allow, in days.</summary>
    public const int MaxEntryDays = 30;

    /// <summary>Longest retention of a hit that a policy may allow, in hours: 21 days.</summary>
    public const int MaxRetentionHours = 21 * 24;

    public const int DefaultHitRetentionHours = 24;
    public const int DefaultSummaryMinutes = 15;
    public const int DefaultLargestHotlist = 10_000;

    /// <summary>Most entries that a policy may allow a hotlist: docs/hotlists.md has what that costs a box.</summary>
    public const int MaxHotlist = 50_000;

    /// <summary>The agency whose policy it is.</summary>
    public required string Agency { get; init; }

    /// <summary>1, 2, 3 …; every hit names the version it was found under.</summary>
    public required int Version { get; init; }

    /// <summary>The only purposes a hotlist entry may have.</summary>
    public required IReadOnlyList<Purpose> Purposes { get; init; }

    /// <summary>The weakest form an entry may have: exact unless said otherwise.</summary>
    public MatchForm Matching { get; init; } = MatchForm.Exact;

    /// <summary>Longest time from an entry's start to its expiry, 1 to 30 days.</summary>
    public int LongestEntryDays { get; init; } = MaxEntryDays;

    /// <summary>How long a hit is kept, 1 to 504 hours, unless a case-bound hold extends it.</summary>
    public int HitRetentionHours { get; init; } = DefaultHitRetentionHours;

    /// <summary>Time between summaries, 1 to 1440 minutes.</summary>
    public int SummaryMinutes { get; init; } = DefaultSummaryMinutes;

    /// <summary>Most entries a hotlist may have, 1 to 50,000.</summary>
    public int LargestHotlist { get; init; } = DefaultLargestHotlist;

    public TimeSpan LongestEntry => TimeSpan.FromDays(LongestEntryDays);

    public TimeSpan HitRetention => TimeSpan.FromHours(HitRetentionHours);

    public TimeSpan SummaryInterval => TimeSpan.FromMinutes(SummaryMinutes);

    /// <summary>True if <paramref name="purpose"/> is one of <see cref="Purposes"/>.</summary>
    public bool Allows(string purpose) => Purposes.Any(allowed => allowed.Name == purpose);

    /// <summary>Reads <c>policy.json</c>.</summary>
    /// <returns>False, and every problem with its path, if anything in it is unknown, missing or out of range.</returns>
    public static bool TryParse(ReadOnlyMemory<byte> utf8, [NotNullWhen(true)] out Policy? policy,
        out IReadOnlyList<JsonProblem> problems) =>
        StrictJson.TryRead(utf8, TrustPath.MaxBytes(TrustPath.Policy), Read, out policy, out problems);

    /// <summary>Writes what <see cref="TryParse"/> reads.</summary>
    public byte[] Write() => CanonicalJson.Write(new JsonObject
    {
        ["agency"] = Agency,
        ["version"] = Version,
        ["purposes"] = new JsonArray([.. Purposes.Select(purpose => (JsonNode)new JsonObject
        {
            ["name"] = purpose.Name, ["basis"] = purpose.Basis,
        })]),
        ["matching"] = MatchForms.Write(Matching),
        ["longestEntryDays"] = LongestEntryDays,
        ["hitRetentionHours"] = HitRetentionHours,
        ["summaryMinutes"] = SummaryMinutes,
        ["largestHotlist"] = LargestHotlist,
    });

    private static Policy Read(JsonFields fields)
    {
        var policy = new Policy
        {
            Agency = fields.Text("agency", PartyName.IsValid, PartyName.Rule),
            Version = fields.Whole("version", 1, int.MaxValue),
            Purposes = fields.Objects("purposes", 1, 64, purpose => new Purpose(
                CaseRecord.Purpose(purpose, "name"), CaseRecord.Text(purpose, "basis", 500))),
            Matching = fields.Choice("matching", MatchForms.Spellings, MatchForm.Exact),
            LongestEntryDays = fields.Whole("longestEntryDays", 1, MaxEntryDays, MaxEntryDays),
            HitRetentionHours = fields.Whole("hitRetentionHours", 1, MaxRetentionHours, DefaultHitRetentionHours),
            SummaryMinutes = fields.Whole("summaryMinutes", 1, 24 * 60, DefaultSummaryMinutes),
            LargestHotlist = fields.Whole("largestHotlist", 1, MaxHotlist, DefaultLargestHotlist),
        };
        foreach (var (i, purpose) in policy.Purposes.Index())
            if (policy.Purposes.Take(i).Any(earlier => earlier.Name == purpose.Name))
                fields.Fail($"purposes[{i}]", "names a purpose a second time");
        return policy;
    }
}
