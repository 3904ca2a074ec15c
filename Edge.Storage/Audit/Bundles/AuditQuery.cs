using System.Runtime.CompilerServices;
using System.Text;
using Edge.Storage.Json;

namespace Edge.Storage.Audit.Bundles;

/// <summary>What is looked for in a log. Null and empty match everything.</summary>
public sealed record AuditQuery
{
    /// <summary>Not before.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Before.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>Any of these.</summary>
    public IReadOnlyList<AuditAction> Actions { get; init; } = [];

    /// <summary>True: done; false: refused, for whatever reason.</summary>
    public bool? Done { get; init; }

    /// <summary>Refused for this reason.</summary>
    public string? Reason { get; init; }

    public AuditRole? Role { get; init; }

    /// <summary>An account: as the entry says it, or as its disclosure does.</summary>
    public string? Actor { get; init; }

    /// <summary>A case id: only where it is disclosed.</summary>
    public string? Case { get; init; }

    public string? Purpose { get; init; }

    public string? Agency { get; init; }

    public string? Kind { get; init; }

    /// <summary>True if it can be answered only with disclosures.</summary>
    public bool NeedsDisclosures => Case is not null || Actor is not null;
}

/// <summary>An entry that was looked for.</summary>
/// <param name="Entry">Null if this version cannot read it: then nobody knows whether it was looked for.</param>
/// <param name="Disclosed">What is disclosed of it.</param>
public sealed record AuditMatch(AuditRecord Record, AuditEntry? Entry, IReadOnlyList<Disclosure> Disclosed);

/// <summary>Reads a log from its first entry to its last and hands on what a query asks for, one by one. What is in the files is believed:
/// verify first.</summary>
public static class AuditSearch
{
    // Every entry begins {"time":"2026-03-01T12:00:00.250Z","boot":…: one spelling, so the time stands at one place and sorts as text.
    private const int TimeAt = 9;
    private const int TimeLength = 24;

    /// <exception cref="AuditDamagedException">There is no checkpoint, or the log's last bundle is missing or torn; while it is enumerated, another one
    /// is.</exception>
    public static IEnumerable<AuditMatch> In(Bundle bundle, AuditQuery query)
    {
        ArgumentNullException.ThrowIfNull(bundle);
        ArgumentNullException.ThrowIfNull(query);
        return In(bundle.Log, query);
    }

    internal static IEnumerable<AuditMatch> In(LogFolder log, AuditQuery query)
    {
        var snapshot = log.ReadCheckpoint();
        if (snapshot is null || !SignedNote.TryParse(snapshot, out var note) || !Checkpoint.TryParse(note!.Text, out var checkpoint))
            throw new AuditDamagedException(log.Root, "there is no checkpoint: is this the folder of a log?");
        // The end first, and at once: a log that is being written replaces it with the next entry.
        var end = TilePath.RightEdgeEntries(checkpoint!.Size) is { } edge ? Entries(log, edge) : [];
        return Scan(log, query, checkpoint.Size / TilePath.FullWidth, end);
    }

    private static IEnumerable<AuditMatch> Scan(LogFolder log, AuditQuery query, long full, ReadOnlyMemory<byte>[] end)
    {
        var filter = new RawFilter(query);
        for (long bundle = 0; bundle <= full; bundle++)
        {
            var entries = bundle == full ? end : Entries(log, TilePath.Entries(bundle, TilePath.FullWidth));
            for (var i = 0; i < entries.Length; i++)
                if (filter.MayMatch(entries[i].Span) && Match(log, query, new AuditRecord(bundle * TilePath.FullWidth + i, entries[i])) is { } match)
                    yield return match;
        }
    }

    private static ReadOnlyMemory<byte>[] Entries(LogFolder log, TilePath bundle) =>
        log.ReadEntries(bundle) ?? throw new AuditDamagedException(log.Root, $"{bundle} is missing or torn");

    private static AuditMatch? Match(LogFolder log, AuditQuery query, AuditRecord record)
    {
        if (record.Entry is not { } entry) return new AuditMatch(record, null, []);
        if (entry.Time < query.From || entry.Time >= query.To) return null;
        if (query.Actions.Count > 0 && !query.Actions.Contains(entry.Action)) return null;
        if (query.Done is { } done && done != entry.Outcome.Reason is null) return null;
        if (query.Reason is not null && query.Reason != entry.Outcome.Reason) return null;
        if (query.Role is not null && query.Role != entry.Role) return null;
        if (query.Purpose is not null && query.Purpose != entry.Purpose) return null;
        if (query.Agency is not null && query.Agency != entry.Agency) return null;
        if (query.Kind is not null && query.Kind != entry.Kind) return null;
        if (query.Case is not null && entry.Case is null) return null;
        if (query.Actor is not null && entry.Person is null && query.Actor != entry.Actor) return null;
        var disclosed = log.Disclosed(record.Index, entry).ToList();
        if (query.Case is not null && disclosed.All(one => (one.Name, one.Value) != ("case", query.Case))) return null;
        if (query.Actor is not null && entry.Person is not null && disclosed.All(one => (one.Name, one.Value) != ("person", query.Actor))) return null;
        return new AuditMatch(record, entry, disclosed);
    }

    /// <summary>What can be told from the bytes, without reading the entry: most entries are not looked for.</summary>
    private sealed class RawFilter(AuditQuery query)
    {
        private readonly byte[]? _from = query.From is { } from ? Encoding.ASCII.GetBytes(JsonTime.WriteMilliseconds(from)) : null;
        private readonly byte[]? _to = query.To is
            { } to ? Encoding.ASCII.GetBytes(JsonTime.WriteMilliseconds(to.AddTicks(TimeSpan.TicksPerMillisecond - 1))) : null;
        private readonly byte[][] _actions = [.. query.Actions.Select(action => Member("action", AuditCode.Of(action)))];

        private readonly byte[]? _actor = query.Actor is { } actor ? Member("actor", actor) : null;

        private readonly byte[][] _all =
        [
            .. new[]
            {
                query.Done is true ? "\"outcome\":\"done\"" : query.Done is false ? "\"outcome\":\"refused:" : null,
                query.Reason is { } reason ? $"\"outcome\":\"refused:{reason}\"" : null,
                query.Role is { } role ? $"\"role\":\"{AuditCode.Of(role)}\"" : null, query.Case is null ? null : "\"case\":\"",
                query.Purpose is { } purpose ? $"\"purpose\":\"{purpose}\"" : null, query.Agency is { } agency ? $"\"agency\":\"{agency}\"" : null,
                query.Kind is { } kind ? $"\"kind\":\"{kind}\"" : null,
            }.OfType<string>().Select(Encoding.UTF8.GetBytes),
        ];

        public bool MayMatch(ReadOnlySpan<byte> json)
        {
            // What does not look like an entry is read properly, which says so.
            if (!json.StartsWith("{\"time\":\""u8) || json.Length < TimeAt + TimeLength) return true;
            var time = json.Slice(TimeAt, TimeLength);
            if (_from is not null && time.SequenceCompareTo(_from) < 0) return false;
            if (_to is not null && time.SequenceCompareTo(_to) >= 0) return false;
            if (_actions.Length > 0 && !Any(json)) return false;
            if (_actor is not null && json.IndexOf(_actor) < 0 && json.IndexOf("\"person\":\""u8) < 0) return false;
            foreach (var part in _all)
                if (json.IndexOf(part) < 0) return false;
            return true;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private bool Any(ReadOnlySpan<byte> json)
        {
            foreach (var action in _actions)
                if (json.IndexOf(action) >= 0) return true;
            return false;
        }

        private static byte[] Member(string name, string value) => Encoding.UTF8.GetBytes($"\"{name}\":\"{value}\"");
    }
}
