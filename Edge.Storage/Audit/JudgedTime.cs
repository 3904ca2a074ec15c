namespace Edge.Storage.Audit;

/// <summary>A time that says how far it can be trusted; the log writes that into every entry.</summary>
public abstract class JudgedTime : TimeProvider
{
    public abstract ClockState State { get; }

    /// <summary>Of a clock that does not say, nothing is confirmed.</summary>
    public static ClockState StateOf(TimeProvider time) => (time as JudgedTime)?.State ?? ClockState.Held;
}
