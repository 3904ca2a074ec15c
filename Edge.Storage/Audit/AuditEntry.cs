using Edge.Storage.Keys;

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

    /// <summary>The public half of the key that signs from the next entry on; of <c>log.epoch</c> alone.</summary>
    public VerifyingKey? Key { get; init; }

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
        if (IsNoCount(Version) || IsNoCount(Sequence) || IsNoCount(Count) || IsNoCount(Frames) || IsNoCount(Reads) || IsNoCount(Discarded)
            || IsNoCount(Hits)) return "a count is not 0 … 2^53 − 1";
        if (Key is not null && Action != AuditAction.LogEpoch) return "key";
        var (needed, words) = EntryMembersNeeded.Of(Action);
        return (needed & ~Members) == 0 ? null : $"{AuditCode.Of(Action)} needs {words}";
    }

    /// <summary>The largest integer that every JSON reader keeps exactly (RFC 8259 §6).</summary>
    internal const long MaxCount = (1L << 53) - 1;

    private static bool IsNoCount(long? count) => count is < 0 or > MaxCount;

    private EntryMembers Members =>
        (Person is null ? 0 : EntryMembers.Person) | (Case is null ? 0 : EntryMembers.Case) | (Purpose is null ? 0 : EntryMembers.Purpose)
        | (Claim is null ? 0 : EntryMembers.Claim) | (Agency is null ? 0 : EntryMembers.Agency) | (Kind is null ? 0 : EntryMembers.Kind)
        | (Detail is null ? 0 : EntryMembers.Detail) | (Version is null ? 0 : EntryMembers.Version) | (Sequence is null ? 0 : EntryMembers.Sequence)
        | (Digest is null ? 0 : EntryMembers.Digest) | (Key is null ? 0 : EntryMembers.Key) | (Count is null ? 0 : EntryMembers.Count)
        | (Frames is null ? 0 : EntryMembers.Frames) | (Reads is null ? 0 : EntryMembers.Reads) | (Discarded is null ? 0 : EntryMembers.Discarded)
        | (Hits is null ? 0 : EntryMembers.Hits);
}
