using Edge.Vision.Evaluation;

namespace Edge.Agent.Evaluation;

/// <summary>Vehicles that go by a camera in groups, one group after the other and from the first again, for as many as are wanted: which of them a picture
/// shows, and the picture.</summary>
/// <param name="groups">Vehicles that come together, none of them in another group.</param>
/// <param name="every">Pictures from one group to the next; where it is less than <see cref="InView"/>, several are in view.</param>
internal sealed class DrawnTraffic(IReadOnlyList<IReadOnlyList<DrawnVehicle>> groups, int every)
{
    /// <summary>Pictures in which each group is seen.</summary>
    public const int InView = 8;

    private readonly Dictionary<(int First, int Count), byte[]> _drawn = [];

    /// <summary>Pictures from one group to the next.</summary>
    public int Every => every;

    /// <summary>All texts that it shows.</summary>
    public IEnumerable<string> Texts => groups.SelectMany(group => group).Select(vehicle => vehicle.Text);

    /// <summary>How many pictures show that many groups, each of them whole, and the road behind the last.</summary>
    public int PicturesOf(int count) => Math.Max(count * every, (count - 1) * every + InView);

    /// <summary>The groups that picture <paramref name="tick"/> shows, where <paramref name="count"/> go by: from their first to their last.</summary>
    public (int First, int Count) Seen(int tick, int count)
    {
        var first = Math.Max(0, (tick - InView) / every + (tick >= InView ? 1 : 0));
        var last = Math.Min(count - 1, tick / every);
        return (first, Math.Max(0, last - first + 1));
    }

    /// <summary>Plates of the group with this number, counted on from the first lap to the next.</summary>
    public IEnumerable<string> TextsOf(int group) => groups[group % groups.Count].Select(vehicle => vehicle.Text);

    /// <summary>The street with these groups in it, at least one: a JPEG, drawn once.</summary>
    public byte[] Picture(int first, int count)
    {
        var key = (first % groups.Count, count);
        lock (_drawn)
        {
            if (_drawn.TryGetValue(key, out var there)) return there;
            return _drawn[key] = DrawnStreet.Draw(Enumerable.Range(first, count).SelectMany(group => groups[group % groups.Count]));
        }
    }
}
