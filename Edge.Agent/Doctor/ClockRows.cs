using System.Globalization;
using Edge.Agent.Clock;
using Edge.Storage.Audit;
using Edge.Storage.Json;

namespace Edge.Agent.Doctor;

/// <summary>The clock: whether something sets it, and whether the box believes it.</summary>
internal static class ClockRows
{
    private const string Set = "timedatectl set-ntp true, or apt-get install chrony; without a network: timedatectl set-time 'YYYY-MM-DD HH:MM:SS'";

    public static IEnumerable<Finding> Look(Patient patient)
    {
        var (now, machine) = (patient.Time.GetUtcNow(), patient.Machine);
        if (patient.Configuration is { } configuration && Reached(configuration.StateFolder) is { } floor && floor - now > EffectiveTime.Tolerance)
            yield return Finding.Bad("time", $"the machine's clock says {JsonTime.Write(now)}, and {JsonTime.Write(floor)} has passed already", Set);
        else if (patient.Health is not { } health) yield return Finding.Good("time", JsonTime.Write(now));
        else yield return health.Clock switch
        {
            ClockState.Synced => Finding.Good("time", $"{JsonTime.Write(health.At)}, confirmed by what the agency signed"),
            ClockState.Floor => Finding.Bad("time",
                $"the machine's clock is behind a time that has passed; the box goes on from {JsonTime.Write(health.At)}", Set),
            _ => Finding.Warning("time", $"{JsonTime.Write(health.At)}, not confirmed since the machine started",
                "wait for the broker to bring a new timestamp, or look at the clock"),
        };
        var synchronized = machine.HasSystemd ? machine.Run("timedatectl", ["show", "--property=NTPSynchronized", "--value"])?.Text : null;
        yield return synchronized switch
        {
            "yes" => Finding.Good("set by", "a time server"),
            "no" => Finding.Warning("set by", "nothing: it will drift by minutes a month", Set),
            _ => Finding.Skipped("set by", "systemd does not say"),
        };
    }

    private static DateTimeOffset? Reached(string stateFolder)
    {
        try
        {
            return KeptTime.Load(Path.Combine(stateFolder, "clock.json"))?.Floor;
        }
        catch (UnauthorizedAccessException)
        {
            return null;
        }
    }
}
