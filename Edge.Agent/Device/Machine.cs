using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace Edge.Agent.Device;

/// <summary>The machine around the box: its files, below a root that is <c>/</c> but in tests, and its programs.</summary>
internal class Machine(string root = "/")
{
    private const int MostBytes = 256 * 1024;
    private const int MostSaid = 8 * 1024 * 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>Where a file of the machine is.</summary>
    public string At(string path) => Path.Join(root, path);

    /// <summary>The text of a small file, trimmed; null if it is not there or cannot be read.</summary>
    public string? Read(string path)
    {
        try
        {
            using var file = File.OpenRead(At(path)); // files of /proc and /sys have no length
            var bytes = new byte[MostBytes];
            return Encoding.UTF8.GetString(bytes, 0, file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)).Trim();
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>What is in a folder, by name; nothing if it is not there.</summary>
    public IReadOnlyList<string> List(string folder)
    {
        try
        {
            return [.. Directory.EnumerateFileSystemEntries(At(folder)).Select(Path.GetFileName).Order(StringComparer.Ordinal)!];
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>True where systemd runs the machine (sd_booted(3)).</summary>
    public bool HasSystemd => Directory.Exists(At("/run/systemd/system"));

    /// <summary>Runs a program to its end, 20 s at most.</summary>
    /// <param name="input">What it reads from standard input.</param>
    /// <returns>Null if there is no such program here, or it did not end.</returns>
    public virtual ProgramSaid? Run(string program, IReadOnlyList<string> arguments, ReadOnlyMemory<byte> input = default)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments)
            {
                RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
                Environment = { ["LC_ALL"] = "C", ["SYSTEMD_COLORS"] = "0", ["SYSTEMD_PAGER"] = "" },
            })!;
            var output = ReadAsync(process.StandardOutput.BaseStream);
            var error = ReadAsync(process.StandardError.BaseStream);
            try
            {
                process.StandardInput.BaseStream.Write(input.Span);
                process.StandardInput.Close();
            }
            catch (IOException)
            {
                // It ended without reading: its exit code says why.
            }
            // What it started may outlive it and hold its output: that is waited for no longer than the program.
            var since = Stopwatch.GetTimestamp();
            if (!process.WaitForExit(Patience) || !Task.WaitAll([output, error], Patience - Stopwatch.GetElapsedTime(since)))
            {
                process.Kill(entireProcessTree: true);
                return null;
            }
            return new ProgramSaid(process.ExitCode, output.GetAwaiter().GetResult(), Encoding.UTF8.GetString(error.GetAwaiter().GetResult()));
        }
        catch (Win32Exception)
        {
            return null; // not installed
        }
    }

    private static async Task<byte[]> ReadAsync(Stream said)
    {
        using var kept = new MemoryStream();
        var buffer = new byte[16 * 1024];
        int read;
        while ((read = await said.ReadAsync(buffer)) > 0)
            if (kept.Length < MostSaid) kept.Write(buffer, 0, read);
        return kept.ToArray();
    }
}

/// <summary>How a program ended.</summary>
internal sealed record ProgramSaid(int Code, byte[] Output, string Error)
{
    public string Text => Encoding.UTF8.GetString(Output).Trim();

    public override string ToString() => $"ProgramSaid({Code})"; // what it said may be a key
}
