using System.Globalization;

namespace Edge.Agent.Fleet;

/// <summary>What a process has used, from /proc (proc(5)).</summary>
/// <param name="Processor">Time on processors, in the program and in the kernel for it.</param>
/// <param name="Memory">Resident, in bytes.</param>
internal readonly record struct ProcessUse(TimeSpan Processor, long Memory)
{
    // USER_HZ is 100 on every Linux that .NET runs on.
    private const double TicksPerSecond = 100;

    /// <summary>Null if it has ended.</summary>
    public static ProcessUse? Of(int processId)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{processId}/stat");
            // The name in parentheses may hold anything; utime and stime are the 12th and 13th after it, the resident pages the 22nd.
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            var ticks = Number(fields[11]) + Number(fields[12]);
            return new ProcessUse(TimeSpan.FromSeconds(ticks / TicksPerSecond), Number(fields[21]) * Environment.SystemPageSize);
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static long Number(string field) => long.Parse(field, CultureInfo.InvariantCulture);
}
