namespace Edge.Vision.Capture;

/// <summary>How far apart attempts at a camera begin: 0.5 s doubling to 8 s, each shortened by up to half at random so
/// that cameras behind one switch do not return as one.</summary>
internal static class Backoff
{
    public static readonly TimeSpan First = TimeSpan.FromSeconds(0.5);
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(8);

    /// <param name="failures">Failed attempts in a row, from 0; the first retry comes at once.</param>
    /// <param name="chance">0 to 1.</param>
    public static TimeSpan Spacing(int failures, double chance)
    {
        if (failures <= 0) return TimeSpan.Zero;
        var doubled = First * Math.Pow(2, Math.Min(failures - 1, 30));
        var full = doubled < Longest ? doubled : Longest;
        return full * (1 - Math.Clamp(chance, 0, 1) / 2);
    }
}
