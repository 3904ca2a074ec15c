using System.Globalization;

namespace Edge.Tests.Fuzzing;

/// <summary>
/// What a campaign of many runs has tried of one parser: a line a round in a table, and the inputs it accepted last, from which its next round goes on.
/// Whoever ends a run loses the round it was in. One process at a time has it.
/// </summary>
internal sealed class FuzzRecord : IDisposable
{
    private const string Head = "parser\tround\texecutions\taccepted\tseconds\tprocessor seconds\tkept KiB\tworking set MiB";

    private readonly string _table, _inputs;
    private readonly FileStream _held;

    private FuzzRecord(string path, FileStream held) => (_table, _inputs, _held) = (path + ".tsv", path + ".inputs", held);

    /// <summary>Null where another process tries this parser now.</summary>
    public static FuzzRecord? TryOpen(string folder, string parser)
    {
        var path = Path.Combine(Directory.CreateDirectory(folder).FullName,
            string.Concat(parser.Select(letter => char.IsAsciiLetterOrDigit(letter) ? letter : '-')));
        try
        {
            return new FuzzRecord(path, new FileStream(path + ".lock", FileMode.OpenOrCreate, FileAccess.Write, FileShare.None));
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Rounds that have ended, and executions in all of them.</summary>
    public (int Rounds, long Executions) Tried()
    {
        if (!File.Exists(_table)) return default;
        var executions = File.ReadLines(_table).Skip(1).Select(line => long.Parse(line.Split('\t')[2], CultureInfo.InvariantCulture)).ToList();
        return (executions.Count, executions.Sum());
    }

    /// <summary>What was accepted at the end of the last round.</summary>
    public IReadOnlyList<byte[]> Accepted() => File.Exists(_inputs) ? [.. File.ReadLines(_inputs).Select(Convert.FromBase64String)] : [];

    /// <summary>A round has ended.</summary>
    public void Add(FuzzRound round, IEnumerable<byte[]> accepted)
    {
        File.WriteAllLines(_inputs, accepted.Select(Convert.ToBase64String));
        if (!File.Exists(_table)) File.WriteAllText(_table, Head + "\n");
        File.AppendAllText(_table, string.Create(CultureInfo.InvariantCulture,
            $"{round.Parser}\t{round.Number}\t{round.Executions}\t{round.Accepted}\t{round.Took.TotalSeconds:0.0}\t{round.Processor.TotalSeconds:0.0}\t{round.Kept >> 10}\t{round.WorkingSet >> 20}\n"));
    }

    public void Dispose() => _held.Dispose();
}

/// <summary>One run of one parser.</summary>
/// <param name="Processor">Time that the processors spent on it, the collector's with it.</param>
/// <param name="Kept">Bytes on the managed heap after it, less those before.</param>
/// <param name="WorkingSet">Bytes of memory that the whole process has after it.</param>
internal sealed record FuzzRound(string Parser, int Number, long Executions, long Accepted, TimeSpan Took, TimeSpan Processor, long Kept, long WorkingSet);
