using System.Globalization;

namespace Edge.Agent.Cli;

/// <summary>How far blinding has come, on one line of a terminal: count, rate, time left. Says nothing where it would not be seen,
/// or for so few that they are done at once.</summary>
/// <param name="isShown">False where standard error is no terminal.</param>
internal sealed class BlindingProgress(int count, TimeProvider time, TextWriter terminal, bool isShown) : IProgress<int>
{
    private const int WorthShowing = 50;
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(500);

    private readonly Lock _gate = new();
    private readonly long _since = time.GetTimestamp();
    private TimeSpan _said = -Every;
    private int _done;

    /// <summary>Told from any thread, in any order.</summary>
    public void Report(int value)
    {
        if (!isShown || count < WorthShowing) return;
        lock (_gate)
        {
            _done = Math.Max(_done, value);
            var elapsed = time.GetElapsedTime(_since);
            if (_done < count && elapsed - _said < Every) return;
            _said = elapsed;
            terminal.Write($"\r{Line(_done, count, elapsed)}{(_done == count ? "\n" : "")}");
        }
    }

    internal static string Line(int done, int count, TimeSpan elapsed)
    {
        var rate = elapsed > TimeSpan.Zero ? done / elapsed.TotalSeconds : 0;
        var left = rate > 0 ? TimeSpan.FromSeconds((count - done) / rate) : TimeSpan.Zero;
        return string.Create(CultureInfo.InvariantCulture,
            $"blinding plates {done}/{count}, {rate:0} a second, {(int)left.TotalMinutes}:{left.Seconds:00} left  ");
    }
}
