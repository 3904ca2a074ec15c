using Edge.Agent.Door;
using Edge.Agent.Matching;
using Edge.Vision.Recognition;

namespace Edge.Agent.Seeing;

/// <summary>What the room that sees looks for now: one reference to an immutable snapshot, replaced as a whole.</summary>
internal sealed class WatchedLists(TimeProvider time)
{
    private volatile ToVision.Lists _current = new(0, []);

    /// <summary>Which lists these are.</summary>
    public ToVision.Lists Current => _current;

    public void Replace(ToVision.Lists next) => _current = next;

    /// <summary>The places, among the entries of all lists, of those that look for this plate now, rising.</summary>
    /// <remarks>Borrows <paramref name="plate"/>.</remarks>
    public IEnumerable<int> Match(PlateText plate) => Match(_current, plate);

    /// <summary>The same for given lists.</summary>
    public List<int> Match(ToVision.Lists lists, PlateText plate)
    {
        var (found, before, now) = (new List<int>(), 0, time.Monotonic());
        foreach (var list in lists.All)
        {
            if (list.Terms.Any(term => term.From <= now && now < term.Until)) found.AddRange(list.Match(plate, now).Select(place => before + place));
            before += list.Tags.Count;
        }
        return found;
    }
}
