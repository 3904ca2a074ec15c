using System.Globalization;

namespace Edge.Agent.Evaluation;

/// <summary>Memory of processes over time. Pure but for <see cref="Resident"/> and <see cref="Proportional"/>.</summary>
/// <param name="Samples">Seconds since the start, bytes of all processes together; rising in time.</param>
internal sealed record MemoryCurve(IReadOnlyList<(double Seconds, double Bytes)> Samples)
{
    // Runtimes compile and heaps find their size: the first third says nothing of what is steady.
    private const double Settling = 1.0 / 3;

    /// <summary>The most of all samples, bytes.</summary>
    public double Peak => Samples.Count == 0 ? 0 : Samples.Max(sample => sample.Bytes);

    /// <summary>The least and the most of the steady part, bytes.</summary>
    public (double Least, double Most) Steady =>
        Settled() is { Count: > 0 } settled ? (settled.Min(sample => sample.Bytes), settled.Max(sample => sample.Bytes)) : default;

    /// <summary>Bytes a minute over the steady part: the median of the slopes between any two samples of it (Theil–Sen), which a single burst does not
    /// move.</summary>
    public double Slope
    {
        get
        {
            var settled = Settled();
            var slopes = new List<double>();
            for (var i = 0; i < settled.Count; i++)
            for (var j = i + 1; j < settled.Count; j++)
                slopes.Add((settled[j].Bytes - settled[i].Bytes) / (settled[j].Seconds - settled[i].Seconds) * 60);
            return slopes.Count == 0 ? 0 : slopes.Order().ElementAt(slopes.Count / 2);
        }
    }

    private List<(double Seconds, double Bytes)> Settled() =>
        Samples.Count == 0 ? [] : [.. Samples.Where(sample => sample.Seconds >= Samples[0].Seconds + (Samples[^1].Seconds - Samples[0].Seconds) * Settling)];

    /// <summary>What a process has in memory now, in bytes, pages of shared files included (proc(5), VmRSS); 0 if it has ended.</summary>
    public static long Resident(int processId) => Field(processId, "status", "VmRSS:");

    /// <summary>The same, each shared page divided among the processes that have it (proc(5), Pss); 0 if it has ended, or is another user's.</summary>
    public static long Proportional(int processId) => Field(processId, "smaps_rollup", "Pss:");

    private static long Field(int processId, string file, string name)
    {
        try
        {
            var line = File.ReadLines($"/proc/{processId}/{file}").FirstOrDefault(one => one.StartsWith(name, StringComparison.Ordinal));
            return line is null ? 0 : long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }
}
