using System.Globalization;

namespace Edge.Tests.Soak;

/// <summary>What was measured at the end of each hour, a line a process, kept in a file so that a run that was cut off goes on.</summary>
internal sealed class SoakTable
{
    /// <summary>Hours of a process's life after which it has taken what it needs.</summary>
    public const int WarmUp = 8;

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

    /// <summary>Sums over all hours.</summary>
    public (long Frames, long Hits, long Connections) Events(string process) =>
        (_rows.Where(row => row.Process == process).Sum(row => row.Frames), _rows.Where(row => row.Process == process).Sum(row => row.Hits),
            _rows.Where(row => row.Process == process).Sum(row => row.Connections));

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
        .Select(life => (life.Key.Process, life.Key.Life, (IReadOnlyList<Row>)[.. life.OrderBy(row => row.Hour).Skip(WarmUp)])).Where(life => life.Item3.Count >= Least);

    /// <summary>KiB an hour, by least squares.</summary>
    public static double Slope(IReadOnlyList<Row> rows, Func<Row, long> of)
    {
        var (middle, mean) = (rows.Average(row => (double)row.Hour), rows.Average(row => (double)of(row)));
        return rows.Sum(row => (row.Hour - middle) * (of(row) - mean)) / rows.Sum(row => (row.Hour - middle) * (row.Hour - middle));
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
            return new Row(Number(0), cells[1], Number(2), new Footprint(Number(3), Number(4), Number(5), Number(6), Number(7)), Number(8), Number(9), Number(10));
        }

        public override string ToString() => string.Join('\t', Hour, Process, Life, Footprint.Resident, Footprint.Anonymous, Footprint.Descriptors, Footprint.Threads,
            Footprint.Children, Frames, Hits, Connections);
    }
}
