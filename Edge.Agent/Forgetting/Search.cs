using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Edge.Agent.Forgetting;

/// <summary>The places outside a process's memory where something may be left.</summary>
internal static class Search
{
    private static readonly string[] CoreFolders = ["/var/lib/systemd/coredump", "/var/crash", "/var/lib/apport/coredump"];
    private static readonly EnumerationOptions Everything = new() { RecurseSubdirectories = true, AttributesToSkip = 0, IgnoreInaccessible = true };

    /// <summary>The name of a process's program.</summary>
    public static string NameOf(int id)
    {
        try
        {
            return File.ReadAllText($"/proc/{id}/comm").Trim();
        }
        catch (IOException)
        {
            return "gone";
        }
    }

    /// <summary>Every file under a folder, its name too.</summary>
    public static Traces.Look InFolder(Traces traces, string folder) => Directory.EnumerateFiles(folder, "*", Everything)
        .Aggregate(new Traces.Look(), (all, file) => all.And(traces.In(Encoding.UTF8.GetBytes(Path.GetRelativePath(folder, file)))).And(InFile(traces, file)));

    /// <summary>Files that a process of the box has open to write and that lie outside its folder: there should be none.</summary>
    public static Traces.Look FilesOpenElsewhere(Traces traces, IEnumerable<RoomProcess> rooms, string folder) => rooms
        .SelectMany(room => room.Ids()).SelectMany(OpenToWrite).Distinct()
        .Where(file => !file.StartsWith(folder + "/", StringComparison.Ordinal) && File.Exists(file))
        .Aggregate(new Traces.Look(), (all, file) => all.And(InFile(traces, file)));

    /// <summary>Bytes of the box's memory that are swapped out right now.</summary>
    public static long Swapped(IEnumerable<RoomProcess> rooms) =>
        rooms.SelectMany(room => room.Ids()).Sum(id => Line($"/proc/{id}/status", "VmSwap:") is { } line
        ? long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) << 10 : 0);

    /// <summary>What the journal has of the box since it was started; null on a machine without one.</summary>
    public static async Task<byte[]?> JournalAsync(DateTimeOffset since, CancellationToken cancel)
    {
        if (!File.Exists("/usr/bin/journalctl") || !(Directory.Exists("/run/log/journal") || Directory.Exists("/var/log/journal"))) return null;
        using var journal = Process.Start(new ProcessStartInfo("/usr/bin/journalctl",
            ["--no-pager", "--output", "export", "--since", $"@{since.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)}"])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        using var said = new MemoryStream();
        await journal.StandardOutput.BaseStream.CopyToAsync(said, cancel);
        await journal.WaitForExitAsync(cancel);
        return said.ToArray();
    }

    /// <summary>Core files that were written since: those that would lie in the box's own folder are searched there.</summary>
    public static Traces.Look CoreFiles(Traces traces, DateTimeOffset since)
    {
        var pattern = Path.GetDirectoryName(File.ReadAllText("/proc/sys/kernel/core_pattern").Trim());
        var folders = pattern is ['/', ..] && Directory.Exists(pattern) ? CoreFolders.Append(pattern) : CoreFolders;
        return folders.Where(Directory.Exists).Distinct().SelectMany(folder => Directory.EnumerateFiles(folder))
            .Where(file => File.GetLastWriteTimeUtc(file) >= since)
            .Aggregate(new Traces.Look(), (all, file) => all.And(InFile(traces, file)));
    }

    private static Traces.Look InFile(Traces traces, string path)
    {
        try
        {
            return traces.In(File.ReadAllBytes(path));
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return new Traces.Look(); // a socket, or gone meanwhile
        }
    }

    private static List<string> OpenToWrite(int id)
    {
        var files = new List<string>();
        try
        {
            foreach (var descriptor in Directory.EnumerateFiles($"/proc/{id}/fd"))
                // proc(5): flags in octal; the lowest two bits say read, write or both.
                if (File.ResolveLinkTarget(descriptor, returnFinalTarget: false)?.FullName is ['/', ..] target
                    && !target.StartsWith("/dev/", StringComparison.Ordinal)
                    && Line($"/proc/{id}/fdinfo/{Path.GetFileName(descriptor)}", "flags:") is { } flags && flags.TrimEnd()[^1] is not ('0' or '4'))
                    files.Add(target);
        }
        catch (Exception closed) when (closed is IOException or UnauthorizedAccessException)
        {
            // Gone, or not ours to see: then its memory is not either, which is said.
        }
        return files;
    }

    private static string? Line(string file, string beginning)
    {
        try
        {
            return File.ReadLines(file).FirstOrDefault(line => line.StartsWith(beginning, StringComparison.Ordinal));
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
