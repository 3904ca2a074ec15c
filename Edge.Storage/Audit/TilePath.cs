using System.Globalization;
using System.Text;

namespace Edge.Storage.Audit;

/// <summary>The name of one tile or entry bundle, C2SP tlog-tiles: <c>tile/&lt;L&gt;/&lt;N&gt;[.p/&lt;W&gt;]</c> or
/// <c>tile/entries/&lt;N&gt;[.p/&lt;W&gt;]</c>, with N in groups of three digits (1234067 is
/// <c>x001/x234/067</c>). Pure; the default value names no tile.</summary>
public readonly record struct TilePath
{
    /// <summary>Hashes or entries in a full tile.</summary>
    public const int FullWidth = 256;

    private const int EntriesLevel = -1;

    private TilePath(int level, long index, int width) => (Level, Index, Width) = (level, index, width);

    /// <summary>0 for leaf hashes, 1 for the roots of full level-0 tiles, …; −1 for an entry bundle.</summary>
    public int Level { get; }

    /// <summary>The tile's place in its level, from 0.</summary>
    public long Index { get; }

    /// <summary>1 … 256 hashes or entries.</summary>
    public int Width { get; }

    public bool IsEntries => Level == EntriesLevel;

    public bool IsPartial => Width < FullWidth;

    /// <exception cref="ArgumentOutOfRangeException">Level is not 0 … 63, index negative, or width not 1 … 256.</exception>
    public static TilePath Hashes(int level, long index, int width)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(level);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(level, 63);
        return Checked(level, index, width);
    }

    /// <exception cref="ArgumentOutOfRangeException">Index is negative, or width not 1 … 256.</exception>
    public static TilePath Entries(long index, int width) => Checked(EntriesLevel, index, width);

    /// <summary>How many hashes the tree of <paramref name="size"/> leaves has at <paramref name="level"/>.</summary>
    public static long HashesAt(int level, long size) => level < 8 ? size >> (8 * level) : 0;

    /// <summary>The partial tile at the right edge of <paramref name="level"/> in a tree of <paramref name="size"/>
    /// leaves, floor(size / 256^level) mod 256 wide; null where that is 0.</summary>
    public static TilePath? RightEdge(int level, long size) => Edge(level, HashesAt(level, size));

    /// <summary>The partial entry bundle of a log of <paramref name="size"/> entries; null if its last one is full.</summary>
    public static TilePath? RightEdgeEntries(long size) => Edge(EntriesLevel, size);

    /// <summary>True if a tree of <paramref name="size"/> leaves has all that this tile holds.</summary>
    public bool IsCoveredBy(long size)
    {
        var hashes = HashesAt(Math.Max(Level, 0), size);
        var tile = hashes / FullWidth;
        return Index < tile || (Index == tile && Width <= hashes % FullWidth);
    }

    /// <summary>Reads one spelling only: anything that <see cref="ToString"/> would write otherwise is refused.</summary>
    public static bool TryParse(string path, out TilePath tile)
    {
        tile = default;
        var parts = path.Split('/');
        if (parts.Length < 3 || parts[0] != "tile") return false;

        long level = EntriesLevel;
        if (parts[1] != "entries" && (!Canonical.TryDecimal(parts[1], out level) || level > 63)) return false;

        long width = FullWidth;
        var groups = parts.AsSpan(2);
        if (groups.Length >= 2 && groups[^2].EndsWith(".p", StringComparison.Ordinal))
        {
            if (!Canonical.TryDecimal(groups[^1], out width) || width is 0 or >= FullWidth) return false;
            groups[^2] = groups[^2][..^2];
            groups = groups[..^1];
        }

        const int mostGroups = 6; // 10^18 tiles of 256 entries are more than a long can count
        if (groups.Length > mostGroups) return false;
        long index = 0;
        for (var i = 0; i < groups.Length; i++)
        {
            var digits = i == groups.Length - 1 ? groups[i] : groups[i].StartsWith('x') ? groups[i][1..] : "";
            if (digits.Length != 3 || digits.AsSpan().ContainsAnyExceptInRange('0', '9')) return false;
            index = index * 1000 + (digits[0] - '0') * 100 + (digits[1] - '0') * 10 + (digits[2] - '0');
        }
        if (groups.Length > 1 && groups[0] == "x000") return false;
        tile = new TilePath((int)level, index, (int)width);
        return true;
    }

    /// <summary>The path below the log's folder, with forward slashes.</summary>
    public override string ToString()
    {
        var path = new StringBuilder("tile/").Append(IsEntries ? "entries" : Canonical.Decimal(Level)).Append('/');
        path.Append(Grouped(Index));
        if (IsPartial) path.Append(".p/").Append(Canonical.Decimal(Width));
        return path.ToString();
    }

    /// <summary>A number in groups of three digits, all but the last marked <c>x</c>: 1234067 is
    /// <c>x001/x234/067</c>.</summary>
    internal static string Grouped(long number)
    {
        var path = (number % 1000).ToString("D3", CultureInfo.InvariantCulture);
        for (number /= 1000; number > 0; number /= 1000)
            path = $"x{(number % 1000).ToString("D3", CultureInfo.InvariantCulture)}/{path}";
        return path;
    }

    private static TilePath? Edge(int level, long hashes) =>
        hashes % FullWidth == 0 ? null : new TilePath(level, hashes / FullWidth, (int)(hashes % FullWidth));

    private static TilePath Checked(int level, long index, int width)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(width, FullWidth);
        return new TilePath(level, index, width);
    }
}
