using System.Diagnostics.CodeAnalysis;
using Edge.Storage.Outbox;

namespace Edge.Agent.Publishing;

/// <summary>What an event says, and so the last level of its topic and its CloudEvents <c>type</c>.</summary>
public sealed class EventType
{
    /// <summary>A plate that a documented case looks for, sealed to the agency.</summary>
    public static readonly EventType Hit = new("hit");
    /// <summary>The counters of one interval.</summary>
    public static readonly EventType Summary = new("summary");
    /// <summary>Something that must be notified by a deadline.</summary>
    public static readonly EventType Incident = new("incident");
    /// <summary>The audit log's signed size and root.</summary>
    public static readonly EventType Checkpoint = new("checkpoint");
    /// <summary>Online or offline: the only retained event.</summary>
    public static readonly EventType Status = new("status");
    /// <summary>The outcome of a signed order.</summary>
    public static readonly EventType Answer = new("answer");

    /// <summary>Every event that a box sends.</summary>
    public static readonly IReadOnlyList<EventType> All = [Hit, Summary, Incident, Checkpoint, Status, Answer];

    private EventType(string level) => Level = level;

    /// <summary>The last level of the topic, as "hit".</summary>
    public string Level { get; }

    /// <summary>The CloudEvents type, as "edge.hit.v1".</summary>
    public string Name => $"edge.{Level}.v1";

    /// <summary>The event that carries an outbox message of this kind.</summary>
    public static EventType Of(MessageKind kind) => kind switch
    {
        MessageKind.Incident => Incident,
        MessageKind.Hit => Hit,
        MessageKind.Answer => Answer,
        MessageKind.Checkpoint => Checkpoint,
        MessageKind.Summary => Summary,
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    /// <summary>Finds the event type with this <see cref="Name"/>.</summary>
    public static bool TryParse(string name, [NotNullWhen(true)] out EventType? type)
    {
        type = All.FirstOrDefault(candidate => candidate.Name == name);
        return type is not null;
    }

    public override string ToString() => Name;
}
