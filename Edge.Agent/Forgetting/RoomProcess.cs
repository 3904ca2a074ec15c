using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Edge.Agent.Forgetting;

/// <summary>One of the box's two processes, what it starts, and all that it says.</summary>
internal sealed class RoomProcess : IAsyncDisposable
{
    private static readonly TimeSpan EndsWithin = TimeSpan.FromSeconds(90);

    private readonly Process _process;
    private readonly TimeProvider _time;
    private readonly StringBuilder _said = new();
    private readonly Task _reading;

    /// <param name="folder">Where it runs: where it would leave a core file, and its temporary files.</param>
    /// <param name="settings">Its environment, beside what this process has.</param>
    public RoomProcess(string name, string program, string folder, IReadOnlyList<(string Name, string Value)> settings, TimeProvider time,
        params string[] arguments)
    {
        (Name, _time) = (name, time);
        // A session of its own is scheduled beside the others as a unit of systemd is, whatever number of threads want to run in each.
        var start = new ProcessStartInfo("setsid", [program, .. arguments])
        {
            RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, WorkingDirectory = folder,
            Environment = { ["TMPDIR"] = folder },
        };
        foreach (var (variable, value) in settings) start.Environment[variable] = value;
        _process = Process.Start(start)!;
        _reading = Task.WhenAll(ReadAsync(_process.StandardOutput), ReadAsync(_process.StandardError));
    }

    public string Name { get; }

    public int Id => _process.Id;

    /// <summary>It did not stop when it was told to.</summary>
    public bool WasKilled { get; private set; }

    public bool HasEnded => _process.HasExited;

    /// <summary>Everything said so far on standard output and standard error.</summary>
    public string Said
    {
        get
        {
            lock (_said) return _said.ToString();
        }
    }

    /// <summary>It, and every process that it has started and that still runs.</summary>
    public IReadOnlyList<int> Ids()
    {
        var parents = Directory.EnumerateDirectories("/proc").Select(folder => Path.GetFileName(folder)).Where(name => char.IsAsciiDigit(name[0]))
            .Select(name => (Id: int.Parse(name, CultureInfo.InvariantCulture), Parent: ParentOf(name))).ToLookup(one => one.Parent, one => one.Id);
        var all = new List<int> { _process.Id };
        for (var i = 0; i < all.Count; i++) all.AddRange(parents[all[i]]);
        return all;
    }

    /// <summary>Tells it to stop, and returns when its last word has been read.</summary>
    public async Task StopAsync()
    {
        if (!_process.HasExited)
        {
            // .NET can only kill. The shell's own kill is everywhere; /bin/kill is not.
            using var kill = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", $"kill -TERM {_process.Id}"]) { RedirectStandardError = true })!;
            await kill.WaitForExitAsync();
        }
        using var patience = new CancellationTokenSource(EndsWithin, _time);
        await _process.WaitForExitAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        WasKilled = !_process.HasExited;
        if (WasKilled) _process.Kill(entireProcessTree: true);
        await _reading;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        await _reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _process.Dispose();
    }

    // proc(5): pid (comm) state ppid; the name may hold anything, a parenthesis too.
    private static int ParentOf(string id)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{id}/stat");
            return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return 0; // gone meanwhile
        }
    }

    private async Task ReadAsync(StreamReader from)
    {
        while (await from.ReadLineAsync() is { } line)
            lock (_said) _said.AppendLine(line);
    }
}
