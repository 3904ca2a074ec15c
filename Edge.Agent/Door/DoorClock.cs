namespace Edge.Agent.Door;

internal static class DoorClock
{
    /// <summary>The monotonic clock, from its own zero: the same number in both rooms.</summary>
    public static TimeSpan Monotonic(this TimeProvider time) => time.GetElapsedTime(0);
}
