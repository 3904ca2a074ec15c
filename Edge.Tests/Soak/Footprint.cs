using System.Globalization;

namespace Edge.Tests.Soak;

/// <summary>What a process holds right now, from /proc (proc(5)); memory in KiB.</summary>
/// <param name="Resident">Memory that is there, shared with others or not.</param>
/// <param name="Anonymous">Of it, what is of no file: heaps and stacks.</param>
/// <param name="Descriptors">Open files, sockets and pipes; but for the program's own libraries, of which each stays open from when it is first needed.</param>
/// <param name="Children">Processes that it started and that are there, ended or not.</param>
internal sealed record Footprint(long Resident, long Anonymous, int Descriptors, int Threads, int Children)
{
    public static Footprint Of(int process)
    {
        var rollup = File.ReadLines($"/proc/{process}/smaps_rollup").Skip(1).Select(line => line.Split(':'))
            .ToDictionary(cells => cells[0], cells => long.Parse(cells[1].Trim().Split(' ')[0], CultureInfo.InvariantCulture));
        var tasks = Directory.GetDirectories($"/proc/{process}/task");
        return new Footprint(rollup["Rss"], rollup["Anonymous"], Directory.GetFiles($"/proc/{process}/fd").Count(IsNoLibrary), tasks.Length,
            tasks.Sum(ChildrenOf));
    }

    private static bool IsNoLibrary(string descriptor) => new FileInfo(descriptor).LinkTarget?.EndsWith(".dll", StringComparison.Ordinal) != true;

    private static int ChildrenOf(string task)
    {
        try
        {
            return File.ReadAllText(Path.Combine(task, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries).Length;
        }
        catch (IOException)
        {
            return 0; // the thread has ended meanwhile
        }
    }
}
