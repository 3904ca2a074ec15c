using System.Diagnostics.CodeAnalysis;
using Edge.Agent.Governance;
using Edge.Storage.Audit;

namespace Edge.Agent.Publishing;

/// <summary>What a box tells of an incident: that it happened, and by when somebody must have been told. Fixed words and
/// numbers; it has no room for a plate or a case.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="When">When it first did, by the box's time.</param>
/// <param name="NotifyBy">By when the policy's office must be told: after <paramref name="When"/>, at most
/// <see cref="Policy.MaxNotifyHours"/> later.</param>
/// <param name="Detail">Lower-case words, as in <see cref="AuditWords.IsWords"/>: which file, which reason.</param>
/// <param name="Count">How often it happened, 1 or more; several where repeats were counted into one message.</param>
public sealed record IncidentNotice(IncidentKind Kind, DateTimeOffset When, DateTimeOffset NotifyBy, string Detail, long Count)
{
    private const int MaxBytes = 1024;

    /// <summary>The notice as the JSON of an event's data.</summary>
    /// <exception cref="InvalidOperationException">A value is outside its range.</exception>
    public byte[] ToJson() => Fault() is { } fault ? throw new InvalidOperationException(fault)
        : MessageJson.Write(new Wire(IncidentKinds.Write(Kind), When, NotifyBy, Detail, Count));

    /// <summary>Reads what <see cref="ToJson"/> writes; <paramref name="reason"/> names members, never values.</summary>
    public static bool TryParse(ReadOnlySpan<byte> json, [NotNullWhen(true)] out IncidentNotice? notice, out string reason)
    {
        notice = null;
        reason = MessageJson.Read<Wire>(json, MaxBytes, out var wire) ?? "";
        if (wire is null) return false;
        if (!IncidentKinds.Spellings.TryGetValue(wire.Kind, out var kind))
        {
            reason = "kind is not one that a box reports";
            return false;
        }
        var read = new IncidentNotice(kind, wire.When, wire.NotifyBy, wire.Detail, wire.Count);
        reason = read.Fault() ?? "";
        notice = reason.Length == 0 ? read : null;
        return notice is not null;
    }

    private string? Fault()
    {
        if (NotifyBy <= When || NotifyBy - When > TimeSpan.FromHours(Policy.MaxNotifyHours))
            return $"notifyBy is not within {Policy.MaxNotifyHours} hours after when";
        if (!AuditWords.IsWords(Detail)) return "detail is not lower-case words";
        return Count < 1 ? "count is below 1" : null;
    }

    private sealed record Wire(string Kind, DateTimeOffset When, DateTimeOffset NotifyBy, string Detail, long Count);
}
