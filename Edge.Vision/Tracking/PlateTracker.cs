using Edge.Vision.Detection;
using Edge.Vision.Recognition;

namespace Edge.Vision.Tracking;

/// <summary>
/// Follows plates from frame to frame, so that one vehicle is one passage. Geometry first; a confident reading of
/// something else in the same place is another vehicle (a queue, or a cut in a recording). Pure: no clock; it looks at no pixel.
/// </summary>
internal sealed class PlateTracker : IDisposable
{
    /// <summary>A plate neither seen nor held for this long has passed.</summary>
    public static readonly TimeSpan Lost = TimeSpan.FromSeconds(1);

    // Two sure readings that differ by more than this are two plates, however close they stand.
    private const int SamePlateEdits = 2;
    private const float Sure = 0.5f;

    /// <summary>A plate that was told of is followed by where it is, and read again so often, in case another stands in its place: a queue, or a cut in a
    /// recording.</summary>
    public static readonly TimeSpan ReadAgain = TimeSpan.FromMilliseconds(250);
    private const float SamePlace = 0.5f;

    private readonly List<PlateTrack> _open = [];

    /// <summary>Tracks not yet lost.</summary>
    public IReadOnlyList<PlateTrack> Open => _open;

    /// <summary>Gives the detection to a track that was told of already, stands there and was read a moment ago.</summary>
    /// <returns>False where there is none: then the plate is to be read, and <see cref="Observe"/> to be told.</returns>
    public bool TryFollow(TimeSpan at, PlateDetection detection)
    {
        foreach (var track in _open)
        {
            if (!track.Published || track.Last == at || at - track.Read >= ReadAgain) continue;
            if (track.Predict(at).Overlap(detection.Box) < SamePlace) continue;
            track.Add(at, detection, reading: null);
            return true;
        }
        return false;
    }

    /// <summary>Gives the detection to the track it continues, or starts one.</summary>
    /// <param name="reading">What stands there; null where it was not read.</param>
    /// <param name="votes">False where it is of a part: then it only says that what was told of stands there still.</param>
    public PlateTrack Observe(TimeSpan at, PlateDetection detection, Reading? reading, bool votes = true)
    {
        PlateTrack? best = null;
        var bestCloseness = 0f;
        foreach (var track in _open)
        {
            if (track.Last == at) continue; // one plate, one detection a frame
            var closeness = Closeness(track.Predict(at), detection.Box);
            if (closeness <= bestCloseness || IsAnotherPlate(track, reading)) continue;
            (best, bestCloseness) = (track, closeness);
        }
        if (best is null) _open.Add(best = new PlateTrack(at, detection.Box));
        best.Add(at, detection, votes || best.Published ? reading : null);
        return best;
    }

    /// <summary>Nothing has moved since the last frame that was examined: what was seen in it stands there still.</summary>
    public void Hold(TimeSpan examined, TimeSpan at)
    {
        foreach (var track in _open)
            if (track.Last >= examined)
                track.Hold(at);
    }

    /// <summary>Removes and returns the tracks that were lost by <paramref name="at"/>, or whose plate could not be read for as long as one is remembered:
    /// who stands half out of the picture, and whoever stands there next, keeps nobody's text. The caller disposes them.</summary>
    public List<PlateTrack> TakeOver(TimeSpan at) =>
        Take(track => at - track.Until > Lost || (track.Reads > 0 && at - track.Read > RecentPlates.Memory));

    /// <summary>Removes and returns every track: the recording is over.</summary>
    public List<PlateTrack> TakeAll() => Take(static _ => true);

    private List<PlateTrack> Take(Predicate<PlateTrack> condition)
    {
        var taken = _open.FindAll(condition);
        _open.RemoveAll(condition);
        // What was told of is remembered before another track of the same vehicle asks.
        return taken.Count < 2 ? taken : [.. taken.OrderByDescending(track => track.Published)];
    }

    /// <summary>0 where the boxes cannot be one plate, more the nearer they are: overlap counts most, then a centre within
    /// one plate's width at about the same size.</summary>
    private static float Closeness(PixelBox predicted, PixelBox seen)
    {
        var overlap = predicted.Overlap(seen);
        if (overlap > 0.1f) return 1 + overlap;
        var size = predicted.Width / MathF.Max(1, seen.Width);
        if (size is < 0.6f or > 1.7f) return 0;
        var distance = MathF.Sqrt(MathF.Pow(predicted.CentreX - seen.CentreX, 2) + MathF.Pow(predicted.CentreY - seen.CentreY, 2));
        return MathF.Max(0, 1 - distance / (1.5f * MathF.Max(predicted.Width, seen.Width)));
    }

    private static bool IsAnotherPlate(PlateTrack track, Reading? seen) =>
        track.Conclusion is var known && known.Weakest >= Sure && seen?.Weakest >= Sure && !IsPart(seen, known) &&
        (Edits(known, seen) > SamePlateEdits || (track.Published && IsPart(known, seen)));

    /// <summary>True if the likeliest text of <paramref name="part"/> stands in that of <paramref name="whole"/>, which is longer: it was read while something hid
    /// the rest.</summary>
    private static bool IsPart(Reading part, Reading whole)
    {
        for (var from = 0; from <= whole.Length - part.Length; from++)
        {
            var i = 0;
            while (i < part.Length && part.Best(i).Class == whole.Best(from + i).Class) i++;
            if (i == part.Length && part.Length < whole.Length) return true;
        }
        return false;
    }

    /// <summary>Levenshtein distance of the two likeliest texts.</summary>
    internal static int Edits(Reading a, Reading b)
    {
        Span<int> row = stackalloc int[PlateText.MaxLength + 1];
        for (var j = 0; j <= b.Length; j++) row[j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var substitute = diagonal + (a.Best(i - 1).Class == b.Best(j - 1).Class ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(substitute, 1 + Math.Min(row[j], row[j - 1]));
            }
        }
        return row[b.Length];
    }

    public void Dispose()
    {
        foreach (var track in TakeAll()) track.Dispose();
    }
}
