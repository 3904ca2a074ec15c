using Edge.Vision.Detection;

namespace Edge.Vision.Aiming;

/// <summary>Where plates are in a picture, and where one must be by now that the detector has lost for a moment: it is painted over there too. Pure but
/// for what it remembers of the last second; not thread-safe.</summary>
internal sealed class AimMask
{
    private static readonly TimeSpan LostAfter = TimeSpan.FromSeconds(1);

    // Between two pictures a vehicle nearby moves by some plates' widths.
    private const float Reach = 4;
    private const float Doubt = 0.5f;

    private List<Trace> _traces = [];

    /// <summary>Takes what was found at <paramref name="now"/>.</summary>
    /// <returns>What to paint over.</returns>
    public IReadOnlyList<PixelBox> Next(TimeSpan now, IReadOnlyList<PixelBox> found)
    {
        var lost = _traces.Where(one => now - one.At <= LostAfter && now > one.At).ToList();
        var traces = new List<Trace>();
        foreach (var box in found)
        {
            var before = lost.Where(one => Distance(one.Box, box) <= Reach * MathF.Max(one.Box.Width, box.Width)).MinBy(one => Distance(one.Box, box));
            if (before is not null) lost.Remove(before);
            var seconds = before is null ? 0 : (float)(now - before.At).TotalSeconds;
            traces.Add(before is null ? new Trace(box, now, 0, 0)
                : new Trace(box, now, (box.CentreX - before.Box.CentreX) / seconds, (box.CentreY - before.Box.CentreY) / seconds));
        }
        _traces = [.. traces, .. lost];
        return [.. found, .. lost.Select(one => one.By(now))];
    }

    public void Forget() => _traces = [];

    private static float Distance(PixelBox one, PixelBox other) => MathF.Max(MathF.Abs(one.CentreX - other.CentreX), MathF.Abs(one.CentreY - other.CentreY));

    private sealed record Trace(PixelBox Box, TimeSpan At, float SpeedX, float SpeedY)
    {
        /// <summary>From where it was to where it goes, and around: nobody knows where it is.</summary>
        public PixelBox By(TimeSpan now)
        {
            var seconds = (float)(now - At).TotalSeconds;
            var moved = Box.Shift(SpeedX * seconds, SpeedY * seconds);
            return new PixelBox(MathF.Min(Box.Left, moved.Left), MathF.Min(Box.Top, moved.Top), MathF.Max(Box.Right, moved.Right),
                MathF.Max(Box.Bottom, moved.Bottom)).Grow(Doubt);
        }
    }
}
