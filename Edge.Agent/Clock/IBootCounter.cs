using System.Globalization;

namespace Edge.Agent.Clock;

/// <summary>What counts while the machine runs, whatever its clock is set to.</summary>
public interface IBootCounter
{
    /// <summary>Names this boot of the machine; another one has another name. 1 to 64 characters.</summary>
    string Boot { get; }

    /// <summary>Time since that boot, time asleep included; never goes back.</summary>
    TimeSpan Elapsed { get; }
}

/// <summary>The kernel's own: <c>boot_id</c>, and CLOCK_BOOTTIME as <c>/proc/uptime</c> shows it, in hundredths of a second
/// (proc_uptime(5)). Setting the clock changes neither.</summary>
internal sealed class KernelBootCounter : IBootCounter
{
    public string Boot { get; } = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();

    public TimeSpan Elapsed => TimeSpan.FromSeconds(
        double.Parse(File.ReadAllText("/proc/uptime").Split(' ')[0], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture));
}
