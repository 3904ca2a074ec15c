namespace Edge.Storage.Audit;

/// <summary>One line of the log: who did what in which part, and what came of it. It can hold no plate and no case id:
/// counts, digests of sealed records, names of accounts and fixed words are all there is room for.</summary>
/// <remarks><see cref="AuditEntryJson"/> reads and writes it.</remarks>
public sealed record AuditEntry
{
    /// <summary>UTC, to the millisecond. Set by the log; what a caller puts here is replaced.</summary>
    public DateTimeOffset Time { get; init; }

    /// <summary>16 random bytes in base64url, new each time the log is opened. Set by the log.</summary>
    public string Boot { get; init; } = "";

    /// <summary>How far <see cref="Time"/> can be trusted. Set by the log.</summary>
    public ClockState Clock { get; init; } = ClockState.Held;

    public required AuditAction Action { get; init; }

    public AuditOutcome Outcome { get; init; } = AuditOutcome.Done;

    /// <summary>Account or key id: letters, digits and <c>._:@/=-</c>, 128 at most.</summary>
    public string Actor { get; init; } = "agent";

    public AuditRole Role { get; init; } = AuditRole.Agent;

    /// <summary>The account of the person who acted, as a salted digest; <see cref="Actor"/> is then <see cref="APerson"/>.</summary>
    public ConcealedValue? Person { get; init; }

    /// <summary>The case that this was done for, as a salted digest.</summary>
    public ConcealedValue? Case { get; init; }

    /// <summary>The documented purpose: lower-case words.</summary>
    public string? Purpose { get; init; }

    /// <summary>The words that were given as a purpose and are none, as a salted digest: whoever typed them may have typed a name.</summary>
    public ConcealedValue? Claim { get; init; }

    /// <summary>The agency concerned; same letters as <see cref="Actor"/>.</summary>
    public string? Agency { get; init; }

    /// <summary>Which incident: lower-case words.</summary>
    public string? Kind { get; init; }

    /// <summary>What there is to say of an incident: lower-case words.</summary>
    public string? Detail { get; init; }

    /// <summary>Version of the policy, hotlist or metadata concerned.</summary>
    public long? Version { get; init; }

    /// <summary>The box's number of the message or hit.</summary>
    public long? Sequence { get; init; }

    /// <summary>SHA-256 of the sealed record, file or target concerned.</summary>
    public Sha256Hash? Digest { get; init; }

    /// <summary>How many things were concerned: entries of a hotlist, records swept.</summary>
    public long? Count { get; init; }

    /// <summary>Frames looked at in the interval.</summary>
    public long? Frames { get; init; }

    /// <summary>Plates read in the interval; each was discarded or is a hit.</summary>
    public long? Reads { get; init; }

    /// <summary>Reads that matched nothing and were wiped.</summary>
    public long? Discarded { get; init; }

    /// <summary>Reads that matched.</summary>
    public long? Hits { get; init; }

    /// <summary>What stands for an account in <see cref="Actor"/>, where <see cref="Person"/> conceals whose.</summary>
    public const string APerson = "person";

    /// <summary>The fields whose values are kept beside the log, by the names that their disclosures bear.</summary>
    internal IEnumerable<(string Name, ConcealedValue Value)> Concealed
    {
        get
        {
            if (Person is not null) yield return ("person", Person);
            if (Case is not null) yield return ("case", Case);
            if (Claim is not null) yield return ("claim", Claim);
        }
    }

    /// <summary>The text of the disclosures, a line each; null if there are none.</summary>
    internal string? DisclosureLines => Concealed.Select(one => one.Value.Disclosure).OfType<Disclosure>().ToList() is { Count: > 0 } all
        ? string.Concat(all.Select(one => $"{one.Text}\n")) : null;

    /// <summary>What is wrong with the fields, or null: the rule that writer and reader share.</summary>
    internal string? Problem()
    {
        if (!AuditWords.IsName(Actor)) return "actor";
        if (Agency is not null && !AuditWords.IsName(Agency)) return "agency";
        if (Purpose is not null && !AuditWords.IsWords(Purpose)) return "purpose";
        if (Kind is not null && !AuditWords.IsWords(Kind)) return "kind";
        if (Detail is not null && !AuditWords.IsWords(Detail)) return "detail";
        foreach (var (name, value) in Concealed)
            if (!AuditWords.IsDisclosureDigest(value.Digest)
                || (value.Disclosure is { } disclosure && (disclosure.Name != name || disclosure.Digest != value.Digest))) return name;
        if (Person is not null && Actor != APerson) return "actor";
        if (Counts.Any(count => count is < 0 or > MaxCount)) return "a count is not 0 … 2^53 − 1";
        return Missing is { } missing ? $"{AuditCode.Of(Action)} needs {missing}" : null;
    }

    /// <summary>The largest integer that every JSON reader keeps exactly (RFC 8259 §6).</summary>
    private const long MaxCount = (1L << 53) - 1;

    private long?[] Counts => [Version, Sequence, Count, Frames, Reads, Discarded, Hits];

    private string? Missing => Action switch
    {
        AuditAction.IntervalSummary when Frames is null || Reads is null || Discarded is null || Hits is null =>
            "frames, reads, discarded and hits",
        AuditAction.HitStored when Sequence is null || Digest is null => "sequence and digest",
        AuditAction.HitShared when Sequence is null || Digest is null || Agency is null || Kind is null => "sequence, digest, agency and kind",
        AuditAction.MessageAcknowledged when Sequence is null => "sequence",
        AuditAction.SweepDone when Count is null => "count",
        AuditAction.PolicyActivated when Version is null || Digest is null || Count is null => "version, digest and count",
        AuditAction.OrderSearch or AuditAction.OrderHold or AuditAction.OrderRelease or AuditAction.OrderDisposition
            when Case is null || Purpose is null => "case and purpose",
        AuditAction.OrderDisposition when Sequence is null || Kind is null => "sequence and kind",
        AuditAction.Incident when Kind is null => "kind",
        AuditAction.IncidentReported when Kind is null || Sequence is null || Digest is null || Count is null =>
            "kind, sequence, digest and count",
        _ => null,
    };
}
