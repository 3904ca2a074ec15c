using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text.Json;
using Edge.Agent.Governance;
using Edge.Storage.Audit;

namespace Edge.Agent.Publishing;

/// <summary>A hit in an answer, sealed to its agency as it was when it was found.</summary>
/// <param name="KeptUntil">When the box destroys it: the end of its retention, or of the hold that keeps it longer. From then on
/// nobody may open it.</param>
/// <param name="Record">As <see cref="SealedHit"/> writes it.</param>
public sealed record AnsweredHit(DateTimeOffset KeptUntil, ReadOnlyMemory<byte> Record)
{
    public override string ToString() => "AnsweredHit(redacted)";
}

/// <summary>What became of an order, said by the box. It names neither case nor purpose; the hits in it are sealed as they were
/// when they were found.</summary>
/// <param name="Order">The order's id.</param>
/// <param name="Verb">What was ordered; null where the box could not read that far.</param>
/// <param name="Outcome">Done, or refused and why.</param>
/// <param name="Count">Hits found, held or given back to their retention; 0 where none are concerned.</param>
/// <param name="Until">When the hold ends; null where there is none.</param>
/// <param name="Missing">Hits found that could not be read from the box's disk any more.</param>
/// <param name="More">Where to go on searching: the number of the last hit here, if there are more; else null.</param>
/// <param name="Hits">What a search found, at most <see cref="MaxHits"/>.</param>
public sealed record OrderAnswer(string Order, string? Verb, AuditOutcome Outcome, int Count, DateTimeOffset? Until, int Missing, long? More,
    IReadOnlyList<AnsweredHit> Hits)
{
    /// <summary>Most hits in one answer; the rest is asked for with <see cref="More"/>.</summary>
    public const int MaxHits = 256;

    /// <summary>Most bytes of hits in one answer, so that it fits a message.</summary>
    public const int MaxHitBytes = 160 * 1024;

    /// <summary>An answer without hits.</summary>
    public OrderAnswer(string order, string? verb, AuditOutcome outcome, int count = 0, DateTimeOffset? until = null)
        : this(order, verb, outcome, count, until, 0, null, []) { }

    /// <summary>The answer as the JSON of an event's data.</summary>
    public byte[] ToJson() => MessageJson.Write(members =>
    {
        members.WriteString("order", Order);
        if (Verb is null) members.WriteNull("verb");
        else members.WriteString("verb", Verb);
        members.WriteString("outcome", Outcome.ToString());
        members.WriteNumber("count", Count);
        if (Until is { } until) members.WriteString("until", MessageJson.Time(until));
        else members.WriteNull("until");
        members.WriteNumber("missing", Missing);
        if (More is { } more) members.WriteNumber("more", more);
        else members.WriteNull("more");
        members.WriteStartArray("hits");
        foreach (var hit in Hits)
        {
            members.WriteStartObject();
            members.WriteString("until", MessageJson.Time(hit.KeptUntil));
            members.WritePropertyName("record");
            members.WriteRawValue(hit.Record.Span);
            members.WriteEndObject();
        }
        members.WriteEndArray();
    });

    /// <summary>Reads what <see cref="ToJson"/> writes; <paramref name="reason"/> names members, never values.</summary>
    public static bool TryParse(ReadOnlySpan<byte> json, [NotNullWhen(true)] out OrderAnswer? answer, out string reason)
    {
        answer = null;
        reason = MessageJson.Read<Wire>(json, CloudEvent.MaxBytes, out var wire) ?? "";
        if (wire is null) return false;
        if (!OrderMessage.IsId(wire.Order)) reason = "order is not an order's id";
        else if (wire.Verb is { } verb && !Duties.Verbs.ContainsKey(verb)) reason = "verb is not one of those that a box knows";
        else if (!AuditOutcome.TryParse(wire.Outcome, out var outcome)) reason = "outcome is not done or refused:reason";
        else if (int.Min(wire.Count, wire.Missing) < 0 || wire.More < 1) reason = "count, missing or more is below the first";
        else if (wire.Hits.Length > MaxHits || wire.Hits.Any(hit => hit is null || hit.Record.ValueKind != JsonValueKind.Object))
            reason = "hits are not well-formed";
        else
            answer = new OrderAnswer(wire.Order, wire.Verb, outcome, wire.Count, wire.Until, wire.Missing, wire.More,
                [.. wire.Hits.Select(hit => new AnsweredHit(hit.Until, JsonMarshal.GetRawUtf8Value(hit.Record).ToArray()))]);
        return answer is not null;
    }

    private sealed record Wire(string Order, string? Verb, string Outcome, int Count, DateTimeOffset? Until, int Missing, long? More, Found[] Hits);

    private sealed record Found(DateTimeOffset Until, JsonElement Record);
}
