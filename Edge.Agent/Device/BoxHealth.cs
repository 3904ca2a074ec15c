using Edge.Agent.Hits;
using Edge.Agent.Publishing;
using Edge.Agent.Witnessing;
using Edge.Storage.Audit;
using Edge.Storage.Keys;
using Edge.Storage.Outbox;
using Edge.Vision.Capture;

namespace Edge.Agent.Device;

/// <summary>One look at the running box, for whoever asks how it is: <c>status</c>, <c>doctor</c>, the console's pages and its metrics. It holds
/// no plate, no case and no key, and must never: what is here is shown to everybody who may look at the box.</summary>
internal sealed record BoxHealth
{
    /// <summary>Which box, as <c>agency/box</c>.</summary>
    public string Box { get; init; } = "";

    /// <summary>The version of the agent that runs.</summary>
    public string Software { get; init; } = "";

    /// <summary>How far the box's time can be trusted.</summary>
    public ClockState Clock { get; init; } = ClockState.Held;

    /// <summary>Where the key came from under which the others lie on the disk.</summary>
    public WrappingKeySource WrappedBy { get; init; }

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

    /// <summary>The configuration in force; null of an agent that was started without a file.</summary>
    public ConfigurationLook? Configuration { get; init; }

    /// <summary>What was begun and is not done in time; empty while all goes well.</summary>
    public IReadOnlyList<string> Stuck { get; init; } = [];

    /// <summary>The same, with what each camera brought a second since an earlier look.</summary>
    public BoxHealth WithRates(BoxHealth? earlier) => earlier is null || At <= earlier.At ? this : this with
    {
        Cameras = [.. Cameras.Select(camera => earlier.Cameras.FirstOrDefault(before => before.Name == camera.Name) is { } before
            && before.Health.Frames <= camera.Health.Frames // else the room that sees was started anew, and counts anew
            ? camera with { FramesPerSecond = Math.Round((camera.Health.Frames - before.Health.Frames) / (At - earlier.At).TotalSeconds, 1) } : camera)],
    };
}

/// <summary>One camera.</summary>
/// <param name="Name">1 to 40 characters of a–z, 0–9 and '-'.</param>
/// <param name="Health">State and counters; <see cref="CameraHealth.LastError"/> names no password.</param>
internal sealed record CameraLook(string Name, CameraHealth Health)
{
    /// <summary>What it brought in the last seconds; null until that is known.</summary>
    public double? FramesPerSecond { get; init; }

    /// <summary>Pixels: how high the plates stood that were seen of late, the middle value; null before the first.</summary>
    public int? PlateHeight { get; init; }

    /// <summary>How wide the sharpest edges on them were, in hundredths of their height; null before the first.</summary>
    public int? Blur { get; init; }
}

/// <summary>The door between the room that sees and the one that writes.</summary>
/// <param name="Open">Whether somebody is there.</param>
/// <param name="Refused">Times that what came in was refused; each was an incident.</param>
/// <param name="GivenUp">Hits that could not be handed over in time.</param>
internal sealed record DoorLook(bool Open, long Refused, long GivenUp);

/// <summary>The configuration in force.</summary>
/// <param name="Since">When it came into force.</param>
/// <param name="Keys">A digest of what each key says, passwords left out.</param>
internal sealed record ConfigurationLook(DateTimeOffset Since, IReadOnlyDictionary<string, string> Keys)
{
    /// <summary>The last file that was to replace it and did not; null once one did.</summary>
    public ReloadRefusal? Refused { get; init; }
}

/// <summary>A configuration that was not taken over.</summary>
/// <param name="Reason">What is wrong with it, and what to do; no password.</param>
internal sealed record ReloadRefusal(DateTimeOffset At, string Reason);

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
internal sealed record TrustLook(long PolicyVersion, DateTimeOffset OrdersUntil, DateTimeOffset HotlistUntil, int Entries, int Refused)
{
    /// <summary>Agencies whose newest hotlist is here and not in use, because its publication is not proven; what was in use before is until it
    /// expires.</summary>
    public IReadOnlyList<string> Waiting { get; init; } = [];
}
