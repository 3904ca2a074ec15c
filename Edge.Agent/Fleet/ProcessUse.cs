using System.Globalization;

namespace Edge.Agent.Fleet;

/// <summary>What a process has used, from /proc (proc(5)).</summary>
/// <param name="Processor">Time on processors, in the program and in the kernel for it.</param>
/// <param name="Memory">The most that was ever resident, in bytes.</param>
internal readonly record struct ProcessUse(TimeSpan Processor, long Memory)
{
    // USER_HZ is 100 on every Linux that .NET runs on.
    private const double TicksPerSecond = 100;

    /// <summary>What this process and its children, buried or not, have used so far.</summary>
    public static TimeSpan OfSelfAndChildren()
    {
        var own = Fields(Environment.ProcessId);
        var ticks = Number(own[11]) + Number(own[12]) + Number(own[13]) + Number(own[14]);
        foreach (var folder in Directory.EnumerateDirectories("/proc").Where(folder => char.IsAsciiDigit(Path.GetFileName(folder)[0])))
            try
            {
                var fields = Fields(int.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture));
                if (fields[1] == $"{Environment.ProcessId}") ticks += Number(fields[11]) + Number(fields[12]);
            }
            catch (IOException)
            {
                // Gone meanwhile: what it used counts among the buried.
            }
        return TimeSpan.FromSeconds(ticks / TicksPerSecond);
    }

    /// <summary>Null if it has ended.</summary>
    public static ProcessUse? Of(int processId)
    {
        try
        {
            var fields = Fields(processId);
            var ticks = Number(fields[11]) + Number(fields[12]);
            var most = File.ReadLines($"/proc/{processId}/status").FirstOrDefault(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
            return new ProcessUse(TimeSpan.FromSeconds(ticks / TicksPerSecond), most is null ? 0 : Number(most.Split(' ',
                StringSplitOptions.RemoveEmptyEntries)[1]) * 1024);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    // The name in parentheses may hold anything; utime, stime, cutime and cstime are the 12th to 15th after it.
    private static string[] Fields(int processId)
    {
        var stat = File.ReadAllText($"/proc/{processId}/stat");
        return stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
    }

    private static long Number(string field) => long.Parse(field, CultureInfo.InvariantCulture);
}

/// <summary>What a process uses from now on, as it was when last looked at: one that has ended can be asked no more.</summary>
internal sealed class ProcessMeter(int processId)
{
    private readonly ProcessUse _before = ProcessUse.Of(processId) ?? default;

    public ProcessUse Used { get; private set; }

    public void Look()
    {
        if (ProcessUse.Of(processId) is { Memory: > 0 } now) Used = now with { Processor = now.Processor - _before.Processor };
    }
}
