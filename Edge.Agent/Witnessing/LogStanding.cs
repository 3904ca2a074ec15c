using Edge.Agent.Governance;
using Edge.Storage.Audit;

namespace Edge.Agent.Witnessing;

/// <summary>How far a log stands under the witnesses that a policy needs.</summary>
/// <param name="Size">Entries that all of the needed ones have cosigned; 0 if they have not.</param>
/// <param name="Time">When the last that is needed did; null if fewer have than are needed.</param>
public sealed record LogStanding(long Size, DateTimeOffset? Time)
{
    /// <summary>Of a log under a policy's witnesses. A witness who cosigned more vouches for less too: the log that verifies is one.</summary>
    public static LogStanding Of(AuditLog log, Witnesses witnesses)
    {
        ArgumentNullException.ThrowIfNull(log);
        ArgumentNullException.ThrowIfNull(witnesses);
        var cosigned = witnesses.Keys.Select(log.LastCosigned).OfType<CosignedCheckpoint>().ToList();
        var needed = Math.Max(1, witnesses.Needed);
        return cosigned.Count < needed ? new LogStanding(0, null)
            : new LogStanding(cosigned.Select(one => one.Checkpoint.Size).OrderDescending().ElementAt(needed - 1),
                cosigned.Select(one => one.Time).OrderDescending().ElementAt(needed - 1));
    }
}
