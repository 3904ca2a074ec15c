using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Edge.Agent.Cli;

namespace Edge.Tests.Support;

/// <summary>One of the box's two processes in the environment of its unit, and what it says.</summary>
internal sealed partial class Room : IDisposable
{
    private const string Setting = "Environment=";

    private readonly Process _process;
    private readonly Task _reading;
    private readonly List<string> _lines = [];

    /// <param name="name">Of its unit, without <c>edge-</c>: agent, vision.</param>
    public Room(string name, params string[] arguments)
    {
        Name = name;
        var start = new ProcessStartInfo(EdgeAgent.Program, arguments)
            { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (var setting in File.ReadLines(Path.Combine(Repository.Root, "systemd", $"edge-{name}.service"))
            .Where(line => line.StartsWith(Setting, StringComparison.Ordinal))
            .SelectMany(line => line[Setting.Length..].Split(' '))) start.Environment[setting.Split('=')[0]] = setting.Split('=')[1];
        _process = Process.Start(start)!;
        _reading = Task.WhenAll(ReadAsync(_process.StandardError), ReadAsync(_process.StandardOutput));
    }

    public string Name { get; }

    public int Id => _process.Id;

    public bool Ended => _process.HasExited;

    public string Said
    {
        get
        {
            lock (_lines) return string.Join('\n', _lines);
        }
    }

    public string LastLine => Said.Split('\n')[^1];

    /// <summary>Numbers of the hits that it said to have stored.</summary>
    public IReadOnlyList<long> Stored => [.. HitStored().Matches(Said).Select(match => long.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture))];

    /// <summary>As <c>kill -9</c>; what it had said is read to the end.</summary>
    public async Task KillAsync()
    {
        Kill();
        await EndAsync();
    }

    public void Kill()
    {
        if (!_process.HasExited) _process.Kill();
    }

    /// <summary>Once something has ended it.</summary>
    public async Task<ExitCode> EndAsync()
    {
        await _process.WaitForExitAsync(CancellationToken.None);
        await _reading;
        return (ExitCode)_process.ExitCode;
    }

    /// <summary>As systemd does: asks it to end.</summary>
    public async Task<ExitCode> StopAsync()
    {
        using (var kill = Process.Start("kill", ["-TERM", Id.ToString(CultureInfo.InvariantCulture)])) await kill.WaitForExitAsync(CancellationToken.None);
        return await EndAsync();
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.Dispose();
    }

    private async Task ReadAsync(StreamReader from)
    {
        while (await from.ReadLineAsync(CancellationToken.None) is { } line)
            lock (_lines) _lines.Add(line);
    }

    [GeneratedRegex("hit ([0-9]+) stored")]
    private static partial Regex HitStored();
}
