namespace Edge.Storage.Json;

/// <summary>Finds the key that somebody probably meant.</summary>
public static class NearestKey
{
    /// <returns>The known key nearest to <paramref name="typed"/>, or null if none is near.</returns>
    public static string? To(string typed, IEnumerable<string> known)
    {
        if (typed.Length > 64) return null;
        var nearest = known.Select(key => (key, steps: Distance(typed, key))).OrderBy(pair => pair.steps)
            .FirstOrDefault((key: "", steps: int.MaxValue));
        return nearest.steps <= Math.Max(2, typed.Length / 3) && nearest.steps < nearest.key.Length ? nearest.key : null;
    }

    // Levenshtein's distance, letter case aside.
    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var same = char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 1]);
                var steps = Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (same ? 0 : 1));
                (diagonal, row[j]) = (row[j], steps);
            }
        }
        return row[b.Length];
    }
}
