using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using Edge.Agent.Matching;
using Edge.Storage.Audit;
using Edge.Storage.Json;
using Edge.Storage.Trust;

namespace Edge.Agent.Governance;

/// <summary>What a plate may be looked for, and why that is lawful.</summary>
/// <param name="Name">For example <c>stolen-vehicle</c>: lower-case words, no digits.</param>
/// <param name="Basis">The law, regulation or council decision, in words.</param>
public sealed record Purpose(string Name, string Basis);

/// <summary>What the agency has bound its boxes to, signed as <c>policy.json</c>. An allow-list: what it does not name
/// is refused. An absent key has its private value. The page for people is <c>docs/policy.md</c>, the published schema
/// <c>docs/policy.schema.json</c>.</summary>
public sealed record Policy
{
    /// <summary>Longest life of a hotlist entry that a policy may allow, in days.</summary>
    public const int MaxEntryDays = 30;

    /// <summary>Longest retention of a hit that a policy may allow, in hours: 21 days.</summary>
    public const int MaxRetentionHours = 21 * 24;

    public const int DefaultHitRetentionHours = 24;
    public const int DefaultSummaryMinutes = 15;
    public const int DefaultLargestHotlist = 10_000;

    /// <summary>The latest that a policy may let somebody tell of an incident, in hours.</summary>
    public const int MaxNotifyHours = 72;

    public const int DefaultNotifyHours = 24;

    /// <summary>Two years, as audit trails are kept.</summary>
    public const int DefaultDisclosureDays = 2 * 365;

    public const int MaxDisclosureDays = 10 * 365;

    /// <summary>Files that states forbid to use. A policy that wants them must say so.</summary>
    public static IReadOnlyList<string> DefaultForbiddenSources { get; } = ["Gang File", "Immigration Violator File"];

    /// <summary>Stands in a policy that <c>hub init</c> made, where the agency has to name its law.</summary>
    public const string LawToCome = "Name your law here.";

    private static readonly FrozenSet<string> DefaultForbiddenNames = DefaultForbiddenSources.Select(SourceName.Canonical).ToFrozenSet();

    private readonly FrozenSet<string> _forbidden = DefaultForbiddenNames;

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

    /// <summary>How long the cases and accounts that entries of the log conceal are kept beside it, 1 to 3650 days.</summary>
    public int DisclosureDays { get; init; } = DefaultDisclosureDays;

    /// <summary>Time between summaries, 1 to 1440 minutes.</summary>
    public int SummaryMinutes { get; init; } = DefaultSummaryMinutes;

    /// <summary>Most entries a hotlist may have, 1 to 50,000.</summary>
    public int LargestHotlist { get; init; } = DefaultLargestHotlist;

    /// <summary>Files whose entries are refused, whatever their case: names as in an entry's source, in whichever spelling
    /// (<see cref="SourceName"/>).</summary>
    public IReadOnlyList<string> ForbiddenSources
    {
        get;
        init => (field, _forbidden) = (value, value.Select(SourceName.Canonical).ToFrozenSet());
    } = DefaultForbiddenSources;

    /// <summary>The longest that a hold may keep a hit, counted from when it was found: 0 for no holds, else
    /// <see cref="HitRetentionHours"/> to 504 hours.</summary>
    public int LongestHoldHours { get; init; }

    /// <summary>What each role may do; <see cref="Duties"/> has the bounds and the defaults.</summary>
    public IReadOnlyDictionary<AuditRole, IReadOnlyList<Verb>> Roles { get; init; } =
        Duties.Roles.Values.ToDictionary(role => role, Duties.Least);

    /// <summary>Which agencies a grant may name. None unless said: then no grant can allow anything.</summary>
    public IReadOnlyList<Jurisdiction> Sharing { get; init; } = [];

    /// <summary>Hours within which each kind of incident is told to <see cref="Notify"/>, 1 to 72.</summary>
    public IReadOnlyDictionary<IncidentKind, int> NotifyWithinHours { get; init; } =
        IncidentKinds.Spellings.Values.ToDictionary(kind => kind, _ => DefaultNotifyHours);

    /// <summary>Who is told of incidents; null is the agency itself.</summary>
    public Office? Notify { get; init; }

    /// <summary>Where a resident can complain; null is the agency itself.</summary>
    public Office? Complaints { get; init; }

    /// <summary>Who cosigns the boxes' audit logs. None unless said.</summary>
    public Witnesses Witnesses { get; init; } = Witnesses.None;

    /// <summary>The log in which each hotlist must have been published before boxes use it, with as many of <see cref="Witnesses"/> under it as those need;
    /// null, or none needed, and boxes use what the hub has signed.</summary>
    public NoteKey? PublicationLog { get; init; }

    /// <summary>From this instant no order is taken under this policy; null is when the agency's signature on it ends. The
    /// hotlist has its own expiry, so that matching does not hang on this one.</summary>
    public DateTimeOffset? Expires { get; init; }

    /// <summary>True if a hotlist comes into use only with a <see cref="PublicationProof"/>.</summary>
    public bool NeedsProof => PublicationLog is not null && Witnesses.Needed > 0;

    /// <summary>What nobody has filled in, though residents read it; a sentence's words each.</summary>
    public IReadOnlyList<string> Unfinished =>
    [
        .. Purposes.Where(purpose => purpose.Basis.Contains(LawToCome, StringComparison.OrdinalIgnoreCase))
            .Select(purpose => $"the basis of {purpose.Name} still says \"{LawToCome}\""),
        .. Complaints is null ? ["it names no office for complaints"] : Array.Empty<string>(),
    ];

    public TimeSpan LongestHold => TimeSpan.FromHours(LongestHoldHours);

    public TimeSpan LongestEntry => TimeSpan.FromDays(LongestEntryDays);

    public TimeSpan HitRetention => TimeSpan.FromHours(HitRetentionHours);

    public TimeSpan SummaryInterval => TimeSpan.FromMinutes(SummaryMinutes);

    /// <summary>True if <paramref name="purpose"/> is one of <see cref="Purposes"/>.</summary>
    public bool Allows(string purpose) => Purposes.Any(allowed => allowed.Name == purpose);

    /// <summary>True if no entry may come from the file <paramref name="source"/>.</summary>
    public bool Forbids(string source) => _forbidden.Contains(SourceName.Canonical(source));

    /// <summary>True if <paramref name="role"/> may do <paramref name="verb"/>. A verb that is never the role's stays refused,
    /// wherever this policy came from.</summary>
    public bool Allows(AuditRole role, Verb verb) =>
        Duties.Widest(role).Contains(verb) && Roles.TryGetValue(role, out var verbs) && verbs.Contains(verb);

    /// <summary>Reads <c>policy.json</c>.</summary>
    /// <returns>False, and every problem with its path, if anything in it is unknown, missing or out of range.</returns>
    public static bool TryParse(ReadOnlyMemory<byte> utf8, [NotNullWhen(true)] out Policy? policy,
        out IReadOnlyList<JsonProblem> problems) =>
        StrictJson.TryRead(utf8, TrustPath.MaxBytes(TrustPath.Policy), Read, out policy, out problems);

    /// <summary>Writes what <see cref="TryParse"/> reads.</summary>
    public byte[] Write()
    {
        var json = WriteAlways();
        if (Notify is not null) json["notify"] = Notify.Write();
        if (Complaints is not null) json["complaints"] = Complaints.Write();
        if (PublicationLog is not null) json["publicationLog"] = PublicationLog.ToString();
        if (Expires is { } expires) json["expires"] = JsonTime.Write(expires);
        return CanonicalJson.Write(json);
    }

    private JsonObject WriteAlways() => new()
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
        ["disclosureDays"] = DisclosureDays,
        ["summaryMinutes"] = SummaryMinutes,
        ["largestHotlist"] = LargestHotlist,
        ["forbiddenSources"] = new JsonArray([.. ForbiddenSources.Select(source => (JsonNode)source)]),
        ["longestHoldHours"] = LongestHoldHours,
        ["roles"] = new JsonObject(Roles.Select(role => KeyValuePair.Create(Duties.Write(role.Key),
            (JsonNode?)new JsonArray([.. role.Value.Select(verb => (JsonNode)Duties.Write(verb))])))),
        ["sharing"] = new JsonArray([.. Jurisdictions.Spellings.Where(known => Sharing.Contains(known.Value)).Select(known => (JsonNode)known.Key)]),
        ["notifyWithinHours"] = new JsonObject(IncidentKinds.Spellings.Where(kind => NotifyWithinHours.ContainsKey(kind.Value))
            .Select(kind => KeyValuePair.Create(kind.Key, (JsonNode?)NotifyWithinHours[kind.Value]))),
        ["witnesses"] = Witnesses.Write(),
    };

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
            DisclosureDays = fields.Whole("disclosureDays", 1, MaxDisclosureDays, DefaultDisclosureDays),
            SummaryMinutes = fields.Whole("summaryMinutes", 1, 24 * 60, DefaultSummaryMinutes),
            LargestHotlist = fields.Whole("largestHotlist", 1, MaxHotlist, DefaultLargestHotlist),
            ForbiddenSources = fields.Has("forbiddenSources") ? ReadForbidden(fields) : DefaultForbiddenSources,
            LongestHoldHours = fields.Whole("longestHoldHours", 0, MaxRetentionHours, 0),
            Roles = fields.Section("roles", ReadRoles),
            Sharing = [.. fields.Texts("sharing", 0, Jurisdictions.Spellings.Count, Jurisdictions.Spellings.ContainsKey,
                $"must be one of {string.Join(", ", Jurisdictions.Spellings.Keys)}").Select(name => Jurisdictions.Spellings[name])],
            NotifyWithinHours = fields.Section("notifyWithinHours", ReadDeadlines),
            Notify = fields.Has("notify") ? fields.Child("notify", Office.Read) : null,
            Complaints = fields.Has("complaints") ? fields.Child("complaints", Office.Read) : null,
            Witnesses = fields.Section("witnesses", Witnesses.Read),
            PublicationLog = fields.Has("publicationLog") ? ReadLog(fields) : null,
            Expires = fields.Has("expires") ? fields.Instant("expires") : null,
        };
        if (policy.LongestHoldHours > 0 && policy.LongestHoldHours < policy.HitRetentionHours)
            fields.Fail("longestHoldHours", "must be 0 for no holds, or at least hitRetentionHours");
        if (policy.PublicationLog is { } log && policy.Witnesses.Keys.Any(witness => witness.Key.Equals(log.Key)))
            fields.Fail("publicationLog", "is the key of a witness too: whoever has it would be its own witness");
        foreach (var (i, purpose) in policy.Purposes.Index())
            if (policy.Purposes.Take(i).Any(earlier => earlier.Name == purpose.Name))
                fields.Fail($"purposes[{i}]", "names a purpose a second time");
        return policy;
    }

    private static NoteKey? ReadLog(JsonFields fields)
    {
        NoteKey? log = null;
        fields.Text("publicationLog", text => text.Length <= 400 && NoteKey.TryParse(text, out log) && log!.Type == NoteKeyType.Ed25519,
            "must be a log's vkey as hub publications key prints it: name+8 hex digits+base64, of type Ed25519");
        return log;
    }

    private static IReadOnlyList<string> ReadForbidden(JsonFields fields)
    {
        var sources = fields.Texts("forbiddenSources", 0, 64, text => CaseRecord.IsText(text, 64),
            "must be the name of a file: text of 1 to 64 characters with a letter or digit in it");
        if (sources.Distinct(StringComparer.OrdinalIgnoreCase).Count() < sources.Count)
            fields.Fail("forbiddenSources", "names a file a second time; letter case does not matter");
        return sources;
    }

    private static Dictionary<AuditRole, IReadOnlyList<Verb>> ReadRoles(JsonFields fields) =>
        Duties.Roles.ToDictionary(role => role.Value, role => ReadVerbs(fields, role.Key, role.Value));

    private static IReadOnlyList<Verb> ReadVerbs(JsonFields fields, string key, AuditRole role)
    {
        if (!fields.Has(key)) return Duties.Least(role);
        var widest = Duties.Widest(role);
        return [.. fields.Texts(key, 0, Duties.Verbs.Count, text => Duties.Verbs.TryGetValue(text, out var verb) && widest.Contains(verb),
            $"must be one of {string.Join(", ", widest.Select(Duties.Write))}; no other verb is ever this role's").Select(text => Duties.Verbs[text])];
    }

    private static Dictionary<IncidentKind, int> ReadDeadlines(JsonFields fields) => IncidentKinds.Spellings.ToDictionary(
        kind => kind.Value, kind => fields.Whole(kind.Key, 1, MaxNotifyHours, DefaultNotifyHours));
}
