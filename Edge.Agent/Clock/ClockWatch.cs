using Edge.Agent.Governance;
using Edge.Agent.Incidents;
using Microsoft.Extensions.Logging;

namespace Edge.Agent.Clock;

/// <summary>Has somebody told of a clock that jumped, once, and keeps the time that was reached.</summary>
public sealed class ClockWatch(EffectiveTime time, IncidentReporter incidents, ILogger log)
{
    private TimeSpan? _reported;

    /// <summary>For every turn of the housekeeping, and the start.</summary>
    /// <exception cref="IOException">The disk refused; what was told may be told again after a crash, rather than not.</exception>
    public void Look()
    {
        if (time.UntoldJump is { } jump)
        {
            if (_reported != jump)
            {
                log.LogWarning("the machine's clock is off by {Off}: it is not followed, time goes on by what the machine counts", jump);
                _reported = jump;
                incidents.Report(IncidentKind.ClockJump, jump > TimeSpan.Zero ? "ahead" : "behind");
            }
            // Not on the disk yet: a crash now must leave it to be told.
            if (incidents.Waits(IncidentKind.ClockJump)) return;
            time.JumpTold();
            _reported = null;
        }
        time.Save();
    }
}
