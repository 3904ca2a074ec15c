using System.Diagnostics;
using System.Text.Json;
using Edge.Agent.Hub;
using Edge.Agent.Publishing;

namespace Edge.Agent.Fleet;

/// <summary>One line of a hub: of which box, its number, whether it may have been shown before.</summary>
internal sealed record HubLine(string Type, string Box, long Sequence, bool Again, IReadOnlyList<long> Numbers)
{
    /// <summary>With a status: whether the box is there.</summary>
    public bool Online { get; init; }

    /// <summary>With <c>hub.ended</c>: what was refused, and what came again and was not shown.</summary>
    public (long Refused, long Repeats) Ended { get; init; }

    /// <summary>With a hit: which camera read what, and when; null with anything else.</summary>
    public (string Camera, string Text, DateTimeOffset Read)? Seen { get; init; }

    /// <summary>With a hit: how many frames agreed on its text.</summary>
    public int Frames { get; init; }

    /// <summary>With a message: when the box signed it.</summary>
    public DateTimeOffset Signed { get; init; }

    /// <summary>Null if it is not a line of a hub.</summary>
    public static HubLine? Parse(string text)
    {
        using var json = JsonDocument.Parse(text);
        var root = json.RootElement;
        if (!root.TryGetProperty("type", out var type) || type.GetString() is not { } name) return null;
        return new HubLine(name, root.TryGetProperty("box", out var box) ? box.GetString()! : "", Number(root, "sequence"),
            root.TryGetProperty("again", out var again) && again.GetBoolean(),
            root.TryGetProperty("numbers", out var numbers) ? [.. numbers.EnumerateArray().Select(number => number.GetInt64())] : [])
        {
            Online = name == EventType.Status.Name && root.GetProperty("data").GetProperty("state").GetString() == "online",
            Ended = (Number(root, "refused"), Number(root, "repeats")),
            Frames = (int)Number(root, "frames"),
            Signed = root.TryGetProperty("time", out var signed) ? signed.GetDateTimeOffset() : default,
            Seen = root.TryGetProperty("read", out var read)
            ? (root.GetProperty("camera").GetString()!, root.GetProperty("text").GetString()!, read.GetDateTimeOffset()) : null,
        };
    }

    private static long Number(JsonElement root, string name) => root.TryGetProperty(name, out var number) ? number.GetInt64() : 0;
}

/// <summary><c>hub watch DIR --json --all</c> in a process of its own, so that what it uses can be told from what the boxes use. It is the
/// program itself and not a copy of its parts: nothing is measured that an agency would not run.</summary>
internal sealed class WatchingHub : IAsyncDisposable
{
    private static readonly TimeSpan EndsWithin = TimeSpan.FromSeconds(20);

    private readonly Process _process;
    private readonly TimeProvider _time;
    private readonly Task _reading;
    private readonly TaskCompletionSource _linked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private string _lastSaid = "";

    private WatchingHub(Process process, Action<HubLine> line, Action<string> said, TimeProvider time)
    {
        _process = process;
        _time = time;
        _reading = Task.WhenAll(ReadAsync(process.StandardOutput, text =>
        {
            if (HubLine.Parse(text) is { } one) line(one);
        }), ReadAsync(process.StandardError, text =>
        {
            _lastSaid = text;
            if (text.Contains("linked to", StringComparison.Ordinal)) _linked.TrySetResult();
            else if (text.Contains("REFUSED", StringComparison.Ordinal)) said(text);
        }));
    }

    public int ProcessId => _process.Id;

    public bool HasEnded => _process.HasExited;

    /// <summary>What it last said to people.</summary>
    public string LastSaid => _lastSaid;

    /// <summary>Starts it, and returns when it is subscribed.</summary>
    /// <param name="line">Told each line, in the order in which the hub wrote them.</param>
    /// <param name="said">Told what it refuses.</param>
    /// <exception cref="BrokerException">It has no link, or ended.</exception>
    public static async Task<WatchingHub> StartAsync(string agencyFolder, BrokerAddress broker, Action<HubLine> line, Action<string> said, TimeProvider time,
        CancellationToken cancel)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "edge-agent");
        var start = new ProcessStartInfo(program, ["hub", "watch", agencyFolder, "--json", "--all", "--broker", broker.ToString()])
        {
            RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true,
        };
        var hub = new WatchingHub(Process.Start(start)!, line, said, time);
        try
        {
            await Task.WhenAny(hub._linked.Task, hub._process.WaitForExitAsync(cancel)).WaitAsync(cancel);
            if (!hub._linked.Task.IsCompleted) await hub._reading;
            return hub._linked.Task.IsCompleted ? hub : throw new BrokerException(BrokerFailure.Unreachable, $"the hub ended: {hub.LastSaid}");
        }
        catch
        {
            await hub.DisposeAsync();
            throw;
        }
    }

    /// <summary>Tells it to stop, and returns when its last line has been read.</summary>
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
        if (!_process.HasExited) _process.Kill();
        await _reading;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill();
        await _process.WaitForExitAsync();
        await _reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _process.Dispose();
    }

    private static async Task ReadAsync(StreamReader from, Action<string> take)
    {
        while (await from.ReadLineAsync() is { } line) take(line);
    }
}
