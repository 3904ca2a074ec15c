namespace Edge.Tests.Support;

/// <summary>What runs under this test process, read from /proc.</summary>
internal static class Children
{
    /// <summary>Ids of direct children whose command line names <paramref name="program"/>, zombies not counted.</summary>
    public static IReadOnlyList<int> OfThisProcess(string program) =>
        [.. All().Where(child => child.CommandLine.Contains(program, StringComparison.Ordinal)).Select(child => child.Id)];

    /// <summary>Number of direct children, zombies included.</summary>
    public static int Count() => All().Count();

    public static IReadOnlyList<string> CommandLines() => [.. All().Select(child => child.CommandLine)];

    private static IEnumerable<(int Id, string CommandLine)> All()
    {
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), out var id)) continue;
            string stat, commandLine;
            try
            {
                stat = File.ReadAllText(Path.Combine(folder, "stat"));
                commandLine = File.ReadAllText(Path.Combine(folder, "cmdline")).Replace('\0', ' ');
            }
            catch (IOException)
            {
                continue; // it has ended meanwhile
            }
            // proc(5): the parent is the second field after the name in parentheses.
            var parent = int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1]);
            if (parent == Environment.ProcessId) yield return (id, commandLine);
        }
    }
}
