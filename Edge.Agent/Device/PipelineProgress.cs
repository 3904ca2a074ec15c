using System.Collections.Concurrent;

namespace Edge.Agent.Device;

/// <summary>Whether the agent still gets done what it has begun. A frame in hand must be examined in time; one that does not come is
/// its camera's failure and shows in that camera's health. A loop that turns by the clock must turn.</summary>
/// <param name="time">Only its timestamps are asked: setting the clock makes nothing late.</param>
internal sealed class PipelineProgress(TimeProvider time)
{
    private readonly ConcurrentDictionary<Step, long> _underWay = new();

    /// <summary>Begins something that ends within <paramref name="limit"/>; dispose it at the end.</summary>
    /// <param name="what">Named where it does not end; no plate, no password.</param>
    public Step Begin(string what, TimeSpan limit)
    {
        var step = new Step(this, what, limit);
        step.Turn();
        return step;
    }

    /// <summary>What should be over and is not, the longest overdue first.</summary>
    public IReadOnlyList<string> Stuck() =>
    [
        .. _underWay.Select(begun => (begun.Key.What, Over: time.GetElapsedTime(begun.Value) - begun.Key.Limit))
            .Where(begun => begun.Over > TimeSpan.Zero).OrderByDescending(begun => begun.Over).Select(begun => begun.What),
    ];

    /// <summary>Something under way.</summary>
    internal sealed class Step(PipelineProgress progress, string what, TimeSpan limit) : IDisposable
    {
        public string What { get; } = what;

        public TimeSpan Limit { get; } = limit;

        /// <summary>It begins anew: the limit counts from here.</summary>
        public void Turn() => progress._underWay[this] = progress.Now;

        /// <summary>Nothing is awaited of it until the next turn.</summary>
        /// <returns>True if something was.</returns>
        public bool Rest() => progress._underWay.TryRemove(this, out _);

        /// <summary>Itself, with nothing awaited of it yet.</summary>
        public Step Resting()
        {
            Rest();
            return this;
        }

        public void Dispose() => Rest();
    }

    private long Now => time.GetTimestamp();
}
