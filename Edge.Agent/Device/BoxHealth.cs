using Edge.Agent.Hits;
using Edge.Agent.Publishing;
using Edge.Agent.Witnessing;
using Edge.Storage.Outbox;
using Edge.Vision.Capture;

namespace Edge.Agent.Device;

/// <summary>One look at the running box, for whoever asks how it is: <c>status</c>, <c>doctor</c>, the console's pages and its metrics. It holds
/// no plate, no case and no key, and must never: what is here is shown to everybody who may look at the box.</summary>
internal sealed record BoxHealth
{
    /// <summary>When this was so.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>When the agent started.</summary>
    public required DateTimeOffset Since { get; init; }

    public required IReadOnlyList<CameraLook> Cameras { get; init; }

    /// <summary>The door to the service that sees.</summary>
    public DoorLook? Door { get; init; }

    /// <summary>What became of every read since start.</summary>
    public required ReadCounts Counts { get; init; }

    public required OutboxCounts Outbox { get; init; }

    public required LinkLook Link { get; init; }

    public required LogLook Log { get; init; }

    /// <summary>What is in force of what the agency signed; null until something verified.</summary>
    public TrustLook? Trust { get; init; }

    /// <summary>What was begun and is not done in time; empty while all goes well.</summary>
    public IReadOnlyList<string> Stuck { get; init; } = [];
}

/// <summary>One camera.</summary>
/// <param name="Name">1 to 40 characters of a–z, 0–9 and '-'.</param>
/// <param name="Health">State and counters; <see cref="CameraHealth.LastError"/> names no password.</param>
internal sealed record CameraLook(string Name, CameraHealth Health);

/// <summary>The door between the room that sees and the one that writes.</summary>
/// <param name="Open">Whether somebody is there.</param>
/// <param name="Refused">Times that what came in was refused; each was an incident.</param>
/// <param name="GivenUp">Hits that could not be handed over in time.</param>
internal sealed record DoorLook(bool Open, long Refused, long GivenUp);

/// <summary>The audit log.</summary>
/// <param name="Size">Its entries.</param>
/// <param name="Witnessed">How far it stands under the witnesses that the policy needs; null where the policy names none.</param>
internal sealed record LogLook(long Size, LogStanding? Witnessed);

/// <summary>The signed set in force.</summary>
/// <param name="PolicyVersion">The number that the agency gave its policy.</param>
/// <param name="OrdersUntil">When orders end unless the agency signs anew.</param>
/// <param name="HotlistUntil">When matching ends unless the agency signs anew.</param>
/// <param name="Entries">Hotlist entries in use, other agencies' not counted.</param>
/// <param name="Refused">Entries that are not in use.</param>
internal sealed record TrustLook(long PolicyVersion, DateTimeOffset OrdersUntil, DateTimeOffset HotlistUntil, int Entries, int Refused);
