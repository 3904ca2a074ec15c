using System.Diagnostics.CodeAnalysis;
using Edge.Agent.Governance;
using Edge.Storage.Audit;

namespace Edge.Agent.Publishing;

/// <summary>Hits that were sealed to another agency under a grant, in one interval.</summary>
/// <param name="Agency">Who can open them.</param>
/// <param name="Jurisdiction">Its class.</param>
/// <param name="Hits">How many, 1 or more.</param>
public sealed record SharedHits(string Agency, Jurisdiction Jurisdiction, long Hits);

/// <summary>What a box did in one interval. The counters prove the promise: every read was discarded or is a hit. A read that
/// several cases look for is one hit here, and a stored hit with a message of its own for each of them.</summary>
/// <param name="From">Start of the interval.</param>
/// <param name="To">Its end; not before <paramref name="From"/>.</param>
/// <param name="Frames">Frames examined.</param>
/// <param name="Reads">Passages read; always <paramref name="Discarded"/> + <paramref name="Hits"/>.</param>
/// <param name="Discarded">Reads that matched nothing, counted and wiped.</param>
/// <param name="Hits">Reads that matched a hotlist entry.</param>
/// <param name="Cameras">Every camera, at most 64.</param>
/// <param name="HotlistVersion">The hotlist in force, 0 for none.</param>
/// <param name="PolicyVersion">The policy in force, 0 for none.</param>
/// <param name="Clock">Trust in the times above.</param>
/// <param name="RetentionHours">How long a hit is kept, in hours, 1 to 504 (21 days).</param>
/// <param name="LogSize">Entries in the audit log.</param>
/// <param name="LogRoot">Its Merkle root, 32 bytes.</param>
/// <param name="Dropped">Sequence numbers that the outbox gave up since the last summary, at most 1,000.</param>
public sealed record IntervalSummary(DateTimeOffset From, DateTimeOffset To, long Frames, long Reads, long Discarded,
    long Hits, IReadOnlyList<CameraReport> Cameras, long HotlistVersion, long PolicyVersion, ClockState Clock,
    int RetentionHours, long LogSize, byte[] LogRoot, IReadOnlyList<long> Dropped)
{
    private const int MaxBytes = 64 * 1024;

    /// <summary>What was shared, a line for each other agency, by name. Absent in summaries from before there were grants.</summary>
    public IReadOnlyList<SharedHits> Shared { get; init; } = [];

    /// <summary>Orders carried out. Absent in summaries from before there were orders.</summary>
    public long OrdersDone { get; init; }

    /// <summary>Orders refused, and what was no operator's order.</summary>
    public long OrdersRefused { get; init; }

    /// <summary>The summary as the JSON of an event's data.</summary>
    /// <exception cref="InvalidOperationException">A value is outside its range, or the counters do not add up.</exception>
    public byte[] ToJson() =>
        Fault() is { } fault ? throw new InvalidOperationException(fault) : MessageJson.Write(this);

    /// <summary>Reads what <see cref="ToJson"/> writes; <paramref name="reason"/> names members.</summary>
    public static bool TryParse(ReadOnlySpan<byte> json, [NotNullWhen(true)] out IntervalSummary? summary,
        out string reason)
    {
        reason = MessageJson.Read(json, MaxBytes, out summary) ?? summary!.Fault() ?? "";
        if (reason.Length > 0) summary = null;
        return summary is not null;
    }

    private string? Fault()
    {
        if (To < From) return "to is before from";
        if (long.Min(long.Min(Frames, Discarded), long.Min(Hits, LogSize)) < 0) return "a counter is below 0";
        if ((Int128)Discarded + Hits != Reads) return "reads is not discarded + hits";
        if (Cameras.Count > 64 || Cameras.Any(camera => camera is null || !BoxName.IsValid(camera.Name)
            || long.Min(camera.Frames, long.Min(camera.Dropped, camera.Reconnects)) < 0)) return "cameras are not well-formed";
        if (long.Min(HotlistVersion, PolicyVersion) < 0) return "a version is below 0";
        if (long.Min(OrdersDone, OrdersRefused) < 0) return "a count of orders is below 0";
        if (RetentionHours is < 1 or > 504) return "retentionHours is not 1 to 504";
        if (LogRoot.Length != 32) return "logRoot is not 32 bytes";
        if (Shared.Count > 64 || Shared.Any(line => line is null || !BoxName.IsValid(line.Agency) || line.Hits < 1)
            || Shared.Zip(Shared.Skip(1)).Any(two => string.CompareOrdinal(two.First.Agency, two.Second.Agency) >= 0)) return "shared is not well-formed";
        return Dropped.Count > 1000 || Dropped.Any(sequence => sequence < 1) ? "dropped is not well-formed" : null;
    }
}
