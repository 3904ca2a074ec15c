using Edge.Agent.Governance;
using Edge.Agent.Publishing;

namespace Edge.Agent.Hits;

/// <summary>What became of every read, of an interval or since start. Two numbers are kept, not three: a read is discarded or it is
/// a hit, so <see cref="Reads"/> is their sum and cannot disagree. A read that three cases look for is one hit, in three records.</summary>
/// <param name="Frames">Frames taken from the cameras, those in which nothing moved included.</param>
/// <param name="Discarded">Reads that matched nothing; the plate was wiped.</param>
/// <param name="Hits">Reads that matched a hotlist entry.</param>
public sealed record ReadCounts(long Frames, long Discarded, long Hits)
{
    public long Reads => Discarded + Hits;

    public static ReadCounts operator -(ReadCounts later, ReadCounts earlier) =>
        new(later.Frames - earlier.Frames, later.Discarded - earlier.Discarded, later.Hits - earlier.Hits);
}

/// <summary>Counts reads as they happen, from several cameras at once.</summary>
public sealed class ReadCounter
{
    private readonly SortedDictionary<string, SharedHits> _shared = new(StringComparer.Ordinal);
    private long _discarded, _hits;

    public void Discarded(long reads = 1) => Interlocked.Add(ref _discarded, reads);

    /// <summary>A read whose records are all stored, one for each case.</summary>
    public void Hit() => Interlocked.Increment(ref _hits);

    /// <summary>One of those records was for another agency.</summary>
    public void Shared(string agency, Jurisdiction jurisdiction)
    {
        lock (_shared) _shared[agency] = new SharedHits(agency, jurisdiction, (_shared.GetValueOrDefault(agency)?.Hits ?? 0) + 1);
    }

    /// <summary>What was shared since this was last called, by agency.</summary>
    public IReadOnlyList<SharedHits> TakeShared()
    {
        lock (_shared)
        {
            IReadOnlyList<SharedHits> taken = [.. _shared.Values];
            _shared.Clear();
            return taken;
        }
    }

    /// <summary>Every read since start; who knows the cameras adds the frames.</summary>
    public ReadCounts Total => new(0, Interlocked.Read(ref _discarded), Interlocked.Read(ref _hits));
}
