using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Nodes;
using Edge.Agent.Governance;
using Edge.Agent.Publishing;
using Edge.Storage.Json;
using Edge.Storage.Sealing;
using Edge.Storage.Trust;

namespace Edge.Agent.Matching;

/// <summary>Why an entry, or the whole list, is not in use.</summary>
/// <param name="Index">Place in the list, from 0; null if it is about the list itself.</param>
/// <param name="Id">The entry's id, if it has a well-formed one.</param>
/// <param name="Reason">Names the field; never a plate, case or tag.</param>
public sealed record RefusedEntry(int? Index, string? Id, string Reason)
{
    public override string ToString() => Index is null ? $"hotlist: {Reason}" : $"entry {Index} ({Id ?? "no id"}): {Reason}";
}

/// <summary>The plates a box looks for, blinded: an immutable snapshot of <c>hotlists/{agency}.json</c>. Format in
/// this folder's README.</summary>
public sealed record Hotlist
{
    public required string Agency { get; init; }

    public required int Version { get; init; }

    /// <summary>16 bytes that every tag was derived with.</summary>
    public required ReadOnlyMemory<byte> Salt { get; init; }

    public required BlindCost Cost { get; init; }

    /// <summary>From this instant the whole list matches nothing.</summary>
    public required DateTimeOffset Expires { get; init; }

    /// <summary>The entries that were accepted.</summary>
    public required IReadOnlyList<HotlistEntry> Entries { get; init; }

    /// <summary>Reads a list under a policy. A bad entry is refused by itself and the others stay.</summary>
    /// <param name="now">An entry already expired then is refused as well.</param>
    /// <param name="refused">Every refusal, also when this returns true.</param>
    /// <returns>False if the list as a whole cannot be used.</returns>
    public static bool TryParse(ReadOnlyMemory<byte> utf8, Policy policy, DateTimeOffset now,
        [NotNullWhen(true)] out Hotlist? hotlist, out IReadOnlyList<RefusedEntry> refused) =>
        TryParse(utf8, policy.Agency, policy, now, out hotlist, out refused);

    /// <summary>Reads a list of <paramref name="agency"/>, which may be another one than the policy's: the policy of whose boxes
    /// they are binds its entries all the same.</summary>
    /// <inheritdoc cref="TryParse(ReadOnlyMemory{byte}, Policy, DateTimeOffset, out Hotlist?, out IReadOnlyList{RefusedEntry})"/>
    public static bool TryParse(ReadOnlyMemory<byte> utf8, string agency, Policy policy, DateTimeOffset now,
        [NotNullWhen(true)] out Hotlist? hotlist, out IReadOnlyList<RefusedEntry> refused)
    {
        ArgumentNullException.ThrowIfNull(policy);
        var isOwn = agency == policy.Agency;
        var maxBytes = isOwn ? TrustPath.MaxBytes(TrustPath.Hotlist(agency)) : TrustPath.MaxOtherHotlist;
        // The head by itself and the entries one at a time: as one tree, 50,000 entries would take more memory than the file.
        var entries = new List<Range>();
        var list = utf8.Length <= maxBytes ? FindEntries(utf8.Span, entries) : null;
        ReadOnlyMemory<byte> head = list is { } place ? (byte[])[.. utf8[..place.Start].Span, .. "[]"u8, .. utf8[place.End..].Span] : utf8;
        if (!StrictJson.TryRead(head, maxBytes, fields => Read(fields, agency, isOwn), out hotlist, out var problems))
        {
            refused = [.. problems.Select(problem => new RefusedEntry(null, null, problem.ToString()))];
            return false;
        }
        var entryRefusals = new List<RefusedEntry>();
        hotlist = hotlist with { Entries = ReadEntries(utf8, entries, policy, now, entryRefusals) };
        refused = entryRefusals;
        return true;
    }

    /// <summary>Where the list of entries stands, and each of them; null if there is no such list, or anything is wrong that the reader
    /// of the whole will name.</summary>
    private static Range? FindEntries(ReadOnlySpan<byte> utf8, List<Range> entries)
    {
        Range? list = null;
        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = 32 });
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return null;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isList = reader.ValueTextEquals("entries"u8);
                reader.Read();
                var start = (int)reader.TokenStartIndex;
                if (!isList || reader.TokenType != JsonTokenType.StartArray)
                {
                    reader.Skip();
                    continue;
                }
                if (list is not null) return null; // named twice
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    var entry = (int)reader.TokenStartIndex;
                    reader.Skip();
                    entries.Add(entry..(int)reader.BytesConsumed);
                    if (entries.Count > Policy.MaxHotlist) return null;
                }
                list = start..(int)reader.BytesConsumed;
            }
            return reader.Read() ? null : list;
        }
        catch (Exception none) when (none is JsonException or InvalidOperationException)
        {
            return null; // the second for a name that holds half of a surrogate pair
        }
    }

    /// <summary>Writes what <see cref="TryParse"/> reads.</summary>
    public byte[] Write() => CanonicalJson.Write(new JsonObject
    {
        ["agency"] = Agency,
        ["version"] = Version,
        ["salt"] = Base64Url.EncodeToString(Salt.Span),
        ["argon2id"] = new JsonObject { ["memoryKiB"] = Cost.MemoryKiB, ["passes"] = Cost.Passes },
        ["expires"] = JsonTime.Write(Expires),
        ["entries"] = new JsonArray([.. Entries.Select(entry => (JsonNode)entry.Write())]),
    });

    /// <summary>No list at all: it matches nothing, and has no version.</summary>
    public static Hotlist None(string agency) => new()
    {
        Agency = agency, Version = 0, Salt = new byte[BlindTag.SaltSize], Cost = BlindCost.Default, Expires = DateTimeOffset.MinValue, Entries = [],
    };

    public override string ToString() => $"Hotlist({Agency} {Version}, {Entries.Count} entries)";

    private static Hotlist Read(JsonFields fields, string agency, bool isOwn) => new()
    {
        Agency = fields.Text("agency", text => text == agency, isOwn ? $"must be {agency}, the policy's agency" : $"must be {agency}, which signed it"),
        Version = fields.Whole("version", 1, int.MaxValue),
        Salt = fields.Bytes("salt", BlindTag.SaltSize),
        Cost = fields.Child("argon2id", cost => ReadCost(cost, isOwn)),
        Expires = fields.Instant("expires"),
        Entries = NoneIn(fields),
    };

    // Where they could not be told apart something is wrong with the document; it is reported, and this is never used.
    private static HotlistEntry[] NoneIn(JsonFields fields)
    {
        if (fields.Elements("entries", 0, Policy.MaxHotlist).Count > 0) fields.Fail("entries", "could not be told apart");
        return [];
    }

    private static BlindCost ReadCost(JsonFields fields, bool isOwn)
    {
        var cost = new BlindCost(fields.Whole("memoryKiB", 1, int.MaxValue), fields.Whole("passes", 1, int.MaxValue));
        if (!cost.IsSane) fields.Fail("memoryKiB", "and passes together are outside what a box accepts");
        // Another agency must not be able to slow every read of this one's boxes down.
        else if (!isOwn && (cost.MemoryKiB > BlindCost.Default.MemoryKiB
            || (long)cost.MemoryKiB * cost.Passes > (long)BlindCost.Default.MemoryKiB * BlindCost.Default.Passes))
            fields.Fail("memoryKiB", "and passes together cost more than another agency's list may");
        return cost;
    }

    private static List<HotlistEntry> ReadEntries(ReadOnlyMemory<byte> utf8, List<Range> entries, Policy policy, DateTimeOffset now,
        List<RefusedEntry> refused)
    {
        var accepted = new List<HotlistEntry>();
        var ids = new HashSet<string>(StringComparer.Ordinal);
        var wanted = new HashSet<(UInt128, MatchForm, string)>();
        var words = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (i, place) in entries.Index())
        {
            if (!StrictJson.TryRead(utf8[place], utf8.Length, HotlistEntry.Read, out var entry, out var problems))
                refused.Add(new RefusedEntry(i, null, string.Join("; ", problems)));
            else if (!ids.Add(entry.Id))
                refused.Add(new RefusedEntry(i, entry.Id, "id: stands in the list before"));
            else if (Objection(entry, policy, now) is { } reason)
                refused.Add(new RefusedEntry(i, entry.Id, reason));
            else if (!wanted.Add(entry.Identity))
                refused.Add(new RefusedEntry(i, entry.Id, "duplicate: the plate stands in the list before, for the same case"));
            else if (accepted.Count == policy.LargestHotlist)
                refused.Add(new RefusedEntry(i, entry.Id, TooMany(policy)));
            else
                accepted.Add(entry.Sharing(words));
        }
        return accepted;
    }

    /// <summary>Why an entry beyond the policy's bound is refused.</summary>
    internal static string TooMany(Policy policy) => $"too-many: the policy allows a hotlist of {policy.LargestHotlist} entries";

    /// <summary>What a box has against an entry that is well formed; null if nothing.</summary>
    internal static string? Objection(HotlistEntry entry, Policy policy, DateTimeOffset now)
    {
        if (!policy.Allows(entry.Purpose)) return "purpose: is not one the policy allows";
        if (policy.Forbids(entry.Source)) return "source: is a file that the policy forbids";
        if (entry.Form == MatchForm.Folded && policy.Matching != MatchForm.Folded)
            return "form: folded is not allowed by the policy";
        if (entry.Expires <= entry.NotBefore) return "expires: must be after notBefore";
        if (entry.Expires - entry.NotBefore > policy.LongestEntry)
            return $"expires: more than {policy.LongestEntryDays} days after notBefore";
        return entry.Expires <= now ? "expires: has passed" : null;
    }
}
