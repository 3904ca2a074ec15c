using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Edge.Tests.Support;

/// <summary>A real <c>hub watch --json</c>, and all that it has said.</summary>
internal sealed class RunningHub : IDisposable
{
    /// <summary>An event as it was shown.</summary>
    /// <param name="Dropped">Of a summary: the numbers that the box gave up.</param>
    public sealed record Line(string Type, string Id, long Sequence, bool Again, IReadOnlyList<long> Dropped)
    {
        /// <summary>Of a hit: the plate.</summary>
        public string? Text { get; init; }
    }

    private readonly Process _process;
    private readonly List<Line> _lines = [];
    private readonly List<string> _errors = [];
    private readonly Task _reading;

    public RunningHub(Process process)
    {
        _process = process;
        _reading = Task.WhenAll(ReadAsync(process.StandardOutput, text =>
        {
            var said = JsonNode.Parse(text)!;
            if (said["sequence"] is { } sequence) Add(_lines,
                new Line((string)said["type"]!, (string)said["id"]!, (long)sequence!, (bool)said["again"]!, Dropped(said)) { Text = (string?)said["text"] });
        }), ReadAsync(process.StandardError, text => Add(_errors, text)));
    }

    public bool Linked => Errors.Contains("linked to", StringComparison.Ordinal);

    public bool Ended => _process.HasExited;

    public IReadOnlyList<Line> Numbered => [.. Copy(_lines).Where(line => line.Type != "edge.status.v1")];

    public IReadOnlyList<Line> Hits => [.. Copy(_lines).Where(line => line.Type == "edge.hit.v1")];

    /// <summary>The numbers that are accounted for by what was shown: they came, or the box said that it gave them up.</summary>
    public static HashSet<long> Accounted(IReadOnlyCollection<Line> shown) =>
        [.. shown.Select(line => line.Sequence).Concat(shown.SelectMany(line => line.Dropped))];

    public string Errors => string.Join('\n', Copy(_errors));

    /// <summary>As <c>kill -9</c>; what it had written is read to the end.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
        await _reading;
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.Dispose();
    }

    private static async Task ReadAsync(StreamReader from, Action<string> take)
    {
        while (await from.ReadLineAsync(CancellationToken.None) is { } line) take(line);
    }

    private static void Add<T>(List<T> to, T one)
    {
        lock (to) to.Add(one);
    }

    private static List<T> Copy<T>(List<T> from)
    {
        lock (from) return [.. from];
    }

    private static IReadOnlyList<long> Dropped(JsonNode said) =>
        said["data"] is JsonObject data && data["dropped"] is JsonArray dropped ? [.. dropped.Select(number => (long)number!)] : [];
}
