using System.Numerics;

namespace Edge.Vision.Recognition.Regions;

/// <summary>
/// What plates may read here, as a technician configured it: built-in patterns of regions and patterns of one's own. A text
/// that fits none is no plate (a grille, a slogan). Where one fits if look-alikes are exchanged, and the reader itself was in
/// two minds about them, the pattern decides; whoever receives the read is told which characters. Off unless configured:
/// a foreign plate or a personal one fits no pattern. Immutable; safe for several threads.
/// </summary>
public sealed class RegionRules
{
    /// <summary>The evidence for two look-alikes is close where the lesser has at least this share of the greater.</summary>
    internal const float Close = 0.25f;

    private readonly PlatePattern[] _patterns;

    /// <param name="regions">Codes that <see cref="RegionPatterns"/> knows.</param>
    /// <param name="own">Further patterns.</param>
    /// <exception cref="ArgumentException">A region is not known, or nothing is allowed at all.</exception>
    public RegionRules(IEnumerable<string> regions, IEnumerable<PlatePattern> own)
    {
        (Regions, Own) = ([.. regions], [.. own]);
        _patterns =
        [
            .. Regions.SelectMany(region => RegionPatterns.Of(region) ?? throw new ArgumentException("a region has no patterns", nameof(regions))),
            .. Own,
        ];
        if (_patterns.Length == 0) throw new ArgumentException("no region and no pattern", nameof(regions));
    }

    /// <summary>The regions whose patterns are allowed.</summary>
    public IReadOnlyList<string> Regions { get; }

    /// <summary>The further patterns.</summary>
    public IReadOnlyList<PlatePattern> Own { get; }

    /// <summary>Holds the reading against the patterns and changes look-alikes where that makes it fit.</summary>
    /// <returns>Positions of the characters that were changed, from 0, none where it fits as it is; null where it fits no
    /// pattern, or two different texts would fit equally.</returns>
    /// <remarks>A changed character keeps the evidence that was read for it, which is less than that of the one it replaces: a
    /// pattern says what may stand there, not what stands there. So no rule ever raises <see cref="Reading.Evidence"/>.</remarks>
    internal IReadOnlyList<int>? Apply(Reading reading)
    {
        Change? least = null;
        var ambiguous = false;
        foreach (var template in _patterns.SelectMany(pattern => pattern.Templates(reading.Length)))
        {
            if (Change.ToFit(reading, template) is not { } change) continue;
            if (change.Positions.Count == 0) return [];
            if (least is not null && change.Positions.Count > least.Positions.Count) continue;
            ambiguous = least is not null && change.Positions.Count == least.Positions.Count && (ambiguous || !change.Same(least));
            least = change;
        }
        if (least is null || ambiguous) return null;
        least.Make(reading);
        return least.Positions;
    }

    /// <summary>Look-alikes to exchange so that a reading fits one template.</summary>
    private sealed class Change
    {
        private readonly List<int> _classes = [];

        public List<int> Positions { get; } = [];

        public static Change? ToFit(Reading reading, ulong[] template)
        {
            var change = new Change();
            for (var position = 0; position < template.Length; position++)
            {
                var (read, evidence) = reading.Best(position);
                if ((template[position] & 1UL << read) != 0) continue;
                var other = Likeliest(reading[position], template[position] & LookAlikes.Of(read));
                if (other < 0 || !(reading[position][other] >= Close * evidence)) return null;
                change.Positions.Add(position);
                change._classes.Add(other);
            }
            return change;
        }

        public bool Same(Change other) => Positions.SequenceEqual(other.Positions) && _classes.SequenceEqual(other._classes);

        public void Make(Reading reading)
        {
            for (var i = 0; i < Positions.Count; i++)
            {
                var row = reading.Evident(Positions[i]);
                var own = row[_classes[i]];
                row.Clear();
                row[_classes[i]] = own;
            }
        }

        private static int Likeliest(ReadOnlySpan<float> row, ulong among)
        {
            var best = -1;
            for (; among != 0; among &= among - 1)
            {
                var one = BitOperations.TrailingZeroCount(among);
                if (best < 0 || row[one] > row[best]) best = one;
            }
            return best;
        }
    }
}
