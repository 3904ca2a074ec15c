using System.Globalization;

namespace Edge.Tests.Soak;

/// <summary>What was measured at the end of each hour, a line a process, kept in a file so that a run that was cut off goes on.</summary>
internal sealed class SoakTable
{
    /// <summary>Hours of a process's life after which it has taken what it needs.</summary>
    public const int WarmUp = 12;

    /// <summary>Fewer hours after that show no slope.</summary>
    public const int Least = 8;

    private const string Head = "hour\tprocess\tlife\tresident KiB\tanonymous KiB\tdescriptors\tthreads\tchildren\tframes\thits\tconnections";

    private readonly string _file;
    private readonly List<Row> _rows = [];

    public SoakTable(string file)
    {
        _file = file;
        if (!File.Exists(file)) File.WriteAllText(file, Head + "\n");
        else _rows.AddRange(File.ReadLines(file).Skip(1).Select(Row.Parse));
    }

    /// <summary>The last whole hour.</summary>
    public int Hours => _rows.Select(row => row.Hour).DefaultIfEmpty().Max();

    public void Add(IEnumerable<Row> rows)
    {
        foreach (var row in rows)
        {
            _rows.Add(row);
            File.AppendAllText(_file, row + "\n");
        }
    }

    /// <summary>Each life of a process that lasted long enough, after its warm-up.</summary>
    public IEnumerable<(string Process, int Life, IReadOnlyList<Row> Rows)> Lives() => _rows.GroupBy(row => (row.Process, row.Life))
        .Select(life => (life.Key.Process, life.Key.Life, (IReadOnlyList<Row>)[.. life.OrderBy(row => row.Hour).Skip(WarmUp)]))
        .Where(life => life.Item3.Count >= Least);

    /// <summary>KiB an hour: the median of the slopes between all pairs of hours (Theil and Sen), which one hour that was looked at in the middle of something
    /// does not turn.</summary>
    public static double Slope(IReadOnlyList<Row> rows, Func<Row, long> of)
    {
        var slopes = rows.SelectMany((first, place) => rows.Skip(place + 1).Select(later => (double)(of(later) - of(first)) / (later.Hour - first.Hour)))
            .Order().ToList();
        return (slopes[(slopes.Count - 1) / 2] + slopes[slopes.Count / 2]) / 2;
    }

    /// <summary>What happened in all, and each long life in a line.</summary>
    public IEnumerable<string> Report()
    {
        var hours = _rows.Where(row => row.Process == _rows[0].Process).ToList();
        yield return $"{hours.Count} hours: {hours.Sum(row => row.Frames)} frames shown, {hours.Sum(row => row.Hits)} hits stored, {hours.Sum(row => row.Connections)} connections to the camera";
        foreach (var (process, life, rows) in Lives())
        {
            var (first, last) = (rows[0], rows[^1]);
            yield return string.Create(CultureInfo.InvariantCulture,
                $"{process} {life}, hours {first.Hour} to {last.Hour}: resident {Slope(rows, row => row.Footprint.Resident):0} KiB an hour " +
                $"({first.Footprint.Resident} to {last.Footprint.Resident}), anonymous {Slope(rows, row => row.Footprint.Anonymous):0} ({first.Footprint.Anonymous} to {last.Footprint.Anonymous}), " +
                $"descriptors {first.Footprint.Descriptors} to {last.Footprint.Descriptors}, threads {first.Footprint.Threads} to {last.Footprint.Threads}, children {first.Footprint.Children} to {last.Footprint.Children}");
        }
    }

    /// <param name="Frames">Shown in that hour.</param>
    /// <param name="Hits">Stored in that hour.</param>
    /// <param name="Connections">To the camera in that hour.</param>
    internal sealed record Row(int Hour, string Process, int Life, Footprint Footprint, int Frames, int Hits, int Connections)
    {
        public static Row Parse(string line)
        {
            var cells = line.Split('\t');
            int Number(int at) => int.Parse(cells[at], CultureInfo.InvariantCulture);
            return new Row(Number(0), cells[1], Number(2), new Footprint(Number(3), Number(4), Number(5), Number(6), Number(7)), Number(8), Number(9),
                Number(10));
        }

        public override string ToString() =>
            string.Join('\t', Hour, Process, Life, Footprint.Resident, Footprint.Anonymous, Footprint.Descriptors, Footprint.Threads,
            Footprint.Children, Frames, Hits, Connections);
    }
}
