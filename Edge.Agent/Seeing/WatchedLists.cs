using Edge.Agent.Door;
using Edge.Agent.Matching;
using Edge.Vision.Recognition;

namespace Edge.Agent.Seeing;

/// <summary>What the room that sees looks for now: one reference to an immutable snapshot, replaced as a whole.</summary>
internal sealed class WatchedLists(TimeProvider time) : IDisposable
{
    // Frames that are not looked at in time are gone, a plate that was read is not: half of the processors at most.
    private readonly SemaphoreSlim _turns = new(Math.Max(1, Environment.ProcessorCount / 2));
    private volatile ToVision.Lists _current = new(0, []);

    /// <summary>Which lists these are.</summary>
    public ToVision.Lists Current => _current;

    public void Replace(ToVision.Lists next) => _current = next;

    /// <summary>Asks the current lists about a plate, once, in its turn.</summary>
    /// <remarks>Borrows <paramref name="plate"/>.</remarks>
    public async ValueTask<Asked> AskAsync(PlateText plate)
    {
        await _turns.WaitAsync();
        try
        {
            var asked = new Asked(_current);
            Match(asked.Lists, plate, asked);
            return asked;
        }
        finally
        {
            _turns.Release();
        }
    }

    /// <summary>The places, among the entries of the given lists, of those that look for this plate now, rising.</summary>
    /// <param name="asked">What is known of the plate already; a list that has been asked is not asked again, which would cost as much as reading the
    /// plate.</param>
    /// <remarks>Borrows <paramref name="plate"/>.</remarks>
    public List<int> Match(ToVision.Lists lists, PlateText plate, Asked? asked = null)
    {
        var (found, before, now) = (new List<int>(), 0, time.Monotonic());
        foreach (var list in lists.All)
        {
            if (list.Terms.Any(term => term.From <= now && now < term.Until))
                found.AddRange(list.InForce(asked?.In(list, plate) ?? list.Tags.Find(plate), now).Select(place => before + place));
            before += list.Tags.Count;
        }
        if (ReferenceEquals(lists, asked?.Lists)) asked.Matched = found.Count > 0;
        return found;
    }

    /// <summary>Nobody asks any more.</summary>
    public void Dispose() => _turns.Dispose();

    /// <summary>A plate's places in lists, in force or not. It holds no plate.</summary>
    /// <param name="lists">The lists of the moment when it was asked.</param>
    internal sealed class Asked(ToVision.Lists lists)
    {
        private readonly Dictionary<WatchedList, List<int>> _found = new(ReferenceEqualityComparer.Instance);

        public ToVision.Lists Lists { get; } = lists;

        /// <summary>Whether an entry was in force, when it was last looked at.</summary>
        public bool Matched { get; set; }

        public List<int> In(WatchedList list, PlateText plate)
        {
            if (!_found.TryGetValue(list, out var places)) _found.Add(list, places = list.Tags.Find(plate));
            return places;
        }
    }
}
