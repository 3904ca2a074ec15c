using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace Edge.Storage.Audit;

/// <summary>An entry read without a copy: for whoever looks at a million of them. It takes less than
/// <see cref="AuditEntryJson.TryRead"/>, never more: what it refuses, that one must judge.</summary>
/// <remarks>An entry has one spelling, so its members are looked for in their order and each in its alphabet; no value of any alphabet
/// needs an escape. Spans point into the bytes that were given.</remarks>
internal readonly ref struct AuditEntryScan
{
    private static readonly SearchValues<byte> NameBytes =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:@/=-"u8);
    private static readonly SearchValues<byte> WordBytes = SearchValues.Create("abcdefghijklmnopqrstuvwxyz"u8);
    private static readonly SearchValues<byte> Base64UrlBytes =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"u8);
    private static readonly SearchValues<byte> HexBytes = SearchValues.Create("0123456789abcdef"u8);

    private static readonly byte[] APerson = Encoding.ASCII.GetBytes(AuditEntry.APerson);

    private static readonly byte[][] Actions = Codes<AuditAction>();
    private static readonly byte[][] Roles = Codes<AuditRole>();
    private static readonly byte[][] Clocks = Codes<ClockState>();

    /// <summary>As it is written: <c>2026-03-01T12:00:00.250Z</c>, which sorts as it passes.</summary>
    public ReadOnlySpan<byte> Time { get; private init; }

    public ReadOnlySpan<byte> Boot { get; private init; }

    public AuditAction Action { get; private init; }

    /// <summary><c>done</c> or <c>refused:</c> and the reason.</summary>
    public ReadOnlySpan<byte> Outcome { get; private init; }

    public ReadOnlySpan<byte> Actor { get; private init; }

    public AuditRole Role { get; private init; }

    /// <summary>The digest of what is concealed; empty if nothing is, as the next ones.</summary>
    public ReadOnlySpan<byte> Person { get; private init; }

    public ReadOnlySpan<byte> Case { get; private init; }

    public ReadOnlySpan<byte> Purpose { get; private init; }

    public ReadOnlySpan<byte> Claim { get; private init; }

    public ReadOnlySpan<byte> Agency { get; private init; }

    public ReadOnlySpan<byte> Kind { get; private init; }

    public ReadOnlySpan<byte> Detail { get; private init; }

    /// <summary>−1 if absent, as the next ones.</summary>
    public long Version { get; private init; }

    public long Sequence { get; private init; }

    public long Count { get; private init; }

    public long Frames { get; private init; }

    public long Reads { get; private init; }

    public long Discarded { get; private init; }

    public long Hits { get; private init; }

    /// <summary><see cref="Time"/> as an instant.</summary>
    public DateTimeOffset Instant => new(Digits(Time[..4]), Digits(Time[5..7]), Digits(Time[8..10]), Digits(Time[11..13]), Digits(Time[14..16]),
        Digits(Time[17..19]), Digits(Time[20..23]), TimeSpan.Zero);

    /// <summary>True only for what <see cref="AuditEntryJson.TryRead"/> reads too. Entries that name a key are left to that one.</summary>
    public static bool TryRead(ReadOnlySpan<byte> json, out AuditEntryScan scan)
    {
        scan = default;
        if (json.Length > AuditEntryJson.MaxBytes) return false;
        var rest = json;
        if (!Text(ref rest, "{\"time\":\""u8, out var time) || !IsTime(time)
            || !Text(ref rest, ",\"boot\":\""u8, out var boot) || !IsBase64Url(boot, 22, "AQgw"u8)
            || !Text(ref rest, ",\"clock\":\""u8, out var clock) || IndexOf(Clocks, clock) < 0
            || !Text(ref rest, ",\"action\":\""u8, out var action) || IndexOf(Actions, action) is var verb && verb < 0
            || !Text(ref rest, ",\"outcome\":\""u8, out var outcome) || !IsOutcome(outcome)
            || !Text(ref rest, ",\"actor\":\""u8, out var actor) || !IsName(actor)
            || !Text(ref rest, ",\"role\":\""u8, out var role) || IndexOf(Roles, role) is var part && part < 0) return false;

        var members = EntryMembers.None;
        var person = Optional(ref rest, ",\"person\":\""u8, EntryMembers.Person, ref members);
        var concealed = Optional(ref rest, ",\"case\":\""u8, EntryMembers.Case, ref members);
        var purpose = Optional(ref rest, ",\"purpose\":\""u8, EntryMembers.Purpose, ref members);
        var claim = Optional(ref rest, ",\"claim\":\""u8, EntryMembers.Claim, ref members);
        var agency = Optional(ref rest, ",\"agency\":\""u8, EntryMembers.Agency, ref members);
        var kind = Optional(ref rest, ",\"kind\":\""u8, EntryMembers.Kind, ref members);
        var detail = Optional(ref rest, ",\"detail\":\""u8, EntryMembers.Detail, ref members);
        if (Has(EntryMembers.Person) && (!IsDisclosureDigest(person) || !actor.SequenceEqual(APerson))) return false;
        if (Has(EntryMembers.Case) && !IsDisclosureDigest(concealed)) return false;
        if (Has(EntryMembers.Purpose) && !IsWords(purpose)) return false;
        if (Has(EntryMembers.Claim) && !IsDisclosureDigest(claim)) return false;
        if (Has(EntryMembers.Agency) && !IsName(agency)) return false;
        if (Has(EntryMembers.Kind) && !IsWords(kind)) return false;
        if (Has(EntryMembers.Detail) && !IsWords(detail)) return false;

        if (!Number(ref rest, ",\"version\":"u8, EntryMembers.Version, ref members, out var version)) return false;
        if (!Number(ref rest, ",\"sequence\":"u8, EntryMembers.Sequence, ref members, out var sequence)) return false;
        var digest = Optional(ref rest, ",\"digest\":\""u8, EntryMembers.Digest, ref members);
        if (Has(EntryMembers.Digest) && (digest.Length != 64 || digest.ContainsAnyExcept(HexBytes))) return false;
        if (!Number(ref rest, ",\"count\":"u8, EntryMembers.Count, ref members, out var count)
            || !Number(ref rest, ",\"frames\":"u8, EntryMembers.Frames, ref members, out var frames)
            || !Number(ref rest, ",\"reads\":"u8, EntryMembers.Reads, ref members, out var reads)
            || !Number(ref rest, ",\"discarded\":"u8, EntryMembers.Discarded, ref members, out var discarded)
            || !Number(ref rest, ",\"hits\":"u8, EntryMembers.Hits, ref members, out var hits)) return false;
        if (!rest.SequenceEqual("}"u8) || (EntryMembersNeeded.Of((AuditAction)verb).Members & ~members) != 0) return false;

        scan = new AuditEntryScan
        {
            Time = time, Boot = boot, Action = (AuditAction)verb, Outcome = outcome, Actor = actor, Role = (AuditRole)part, Person = person,
            Case = concealed, Purpose = purpose, Claim = claim, Agency = agency, Kind = kind, Detail = detail, Version = version, Sequence = sequence,
            Count = count, Frames = frames, Reads = reads, Discarded = discarded, Hits = hits,
        };
        return true;

        bool Has(EntryMembers member) => (members & member) != 0;
    }

    private static bool Text(scoped ref ReadOnlySpan<byte> rest, scoped ReadOnlySpan<byte> before, out ReadOnlySpan<byte> text)
    {
        text = default;
        if (!rest.StartsWith(before)) return false;
        var after = rest[before.Length..];
        var end = after.IndexOf((byte)'"');
        if (end < 0) return false;
        text = after[..end];
        rest = after[(end + 1)..];
        return true;
    }

    private static ReadOnlySpan<byte> Optional(scoped ref ReadOnlySpan<byte> rest, scoped ReadOnlySpan<byte> before, EntryMembers member,
        scoped ref EntryMembers members)
    {
        if (Text(ref rest, before, out var text)) members |= member;
        return text;
    }

    // False for one that is there and not 0 … 2^53 − 1 in its one spelling.
    private static bool Number(scoped ref ReadOnlySpan<byte> rest, scoped ReadOnlySpan<byte> before, EntryMembers member,
        scoped ref EntryMembers members, out long number)
    {
        number = -1;
        if (!rest.StartsWith(before)) return true;
        var after = rest[before.Length..];
        if (after.IsEmpty || !char.IsAsciiDigit((char)after[0])) return false;
        if (!Utf8Parser.TryParse(after, out number, out var length) || number > AuditEntry.MaxCount || (after[0] == '0' && length > 1)) return false;
        rest = after[length..];
        members |= member;
        return true;
    }

    private static bool IsTime(ReadOnlySpan<byte> time)
    {
        // 2026-03-01T12:00:00.250Z
        if (time.Length != 24 || time[4] != '-' || time[7] != '-' || time[10] != 'T' || time[13] != ':' || time[16] != ':' || time[19] != '.'
            || time[23] != 'Z') return false;
        var (year, month, day) = (Digits(time[..4]), Digits(time[5..7]), Digits(time[8..10]));
        return year is >= 1 and <= 9999 && month is >= 1 and <= 12 && day >= 1 && day <= DateTime.DaysInMonth(year, month)
            && Digits(time[11..13]) is >= 0 and < 24 && Digits(time[14..16]) is >= 0 and < 60 && Digits(time[17..19]) is >= 0 and < 60
            && Digits(time[20..23]) >= 0;
    }

    private static int Digits(ReadOnlySpan<byte> digits)
    {
        var number = 0;
        foreach (var digit in digits)
        {
            if (digit is < (byte)'0' or > (byte)'9') return -1;
            number = number * 10 + digit - '0';
        }
        return number;
    }

    private static bool IsOutcome(ReadOnlySpan<byte> outcome) =>
        outcome.SequenceEqual("done"u8) || (outcome.StartsWith("refused:"u8) && IsWords(outcome["refused:"u8.Length..]));

    private static bool IsName(ReadOnlySpan<byte> name) =>
        name.Length is > 0 and <= 128 && char.IsAsciiLetterOrDigit((char)name[0]) && !name.ContainsAnyExcept(NameBytes);

    private static bool IsWords(ReadOnlySpan<byte> words)
    {
        if (words.Length is 0 or > 64) return false;
        while (true)
        {
            var end = words.IndexOfAnyExcept(WordBytes);
            if (end < 0) return !words.IsEmpty;
            if (end == 0 || words[end] is not ((byte)'.' or (byte)'-')) return false;
            words = words[(end + 1)..];
        }
    }

    private static bool IsDisclosureDigest(ReadOnlySpan<byte> digest) => IsBase64Url(digest, 43, "AEIMQUYcgkosw048"u8);

    private static bool IsBase64Url(ReadOnlySpan<byte> text, int length, ReadOnlySpan<byte> last) =>
        text.Length == length && !text[..^1].ContainsAnyExcept(Base64UrlBytes) && last.Contains(text[^1]);

    private static int IndexOf(byte[][] codes, ReadOnlySpan<byte> code)
    {
        for (var i = 0; i < codes.Length; i++)
            if (code.SequenceEqual(codes[i])) return i;
        return -1;
    }

    private static byte[][] Codes<T>() where T : struct, Enum => [.. Enum.GetValues<T>().Select(member => Encoding.ASCII.GetBytes(AuditCode.Of(member)))];
}
