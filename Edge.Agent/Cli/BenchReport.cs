using System.Globalization;
using System.Text.Json;
using Edge.Agent.Evaluation;
using Spectre.Console;

namespace Edge.Agent.Cli;

/// <summary>What the recognition bench measured, as tables for people or as JSON lines.</summary>
internal static class BenchReport
{
    private const double SmallShare = 0.01;

    public static void WriteTables(BenchResult result, IReadOnlyList<Contestant> contestants, TextWriter output)
    {
        var console = Tables.On(output);
        if (result.Rows.Count > 0) console.Write(Recognition(result.Rows));
        if (Regions(result.Rows) is { Rows.Count: > 0 } regions) console.Write(regions);
        if (result.PlateFree.Count > 0)
        {
            var table = new Table().AddColumns("pictures without a labelled plate", "reader", "pictures", "accepted reads");
            foreach (var row in result.PlateFree) table.AddRow(Cells(row.Set, row.Reader, $"{row.Pictures}", $"{row.Accepted}"));
            console.Write(table);
        }
        if (result.Footage.Count > 0)
        {
            var table = new Table().AddColumns("footage", "reader", "known passages", "right", "said again", "wrong", "ms a frame, decoding too");
            foreach (var row in result.Footage)
                table.AddRow(Cells(row.Recording, row.Reader, $"{row.Known}", $"{row.Right}", $"{row.Repeated}", $"{row.Wrong}",
                    Number(row.Milliseconds, "F1")));
            console.Write(table);
        }
        if (result.Films.Count > 0) console.Write(Passages([.. PassageTally.Of(result.Films)]));
        foreach (var note in Notes(result, contestants)) output.WriteLine(note);
    }

    public static void WriteJson(BenchResult result, IReadOnlyList<Contestant> contestants, TextWriter output)
    {
        foreach (var contestant in contestants) Line(new { Reader = contestant.Name, contestant.Gate, Peer = contestant.IsPeer });
        foreach (var row in result.Rows)
        {
            var tally = row.Tally;
            var (exact, wrong) = (Wilson.Of(tally.Exact, tally.Plates), Wilson.Of(tally.Wrong, tally.Accepted));
            Line(new
            {
                Kind = $"{row.Kind}", row.Set, row.Reader, tally.Plates, tally.Found, tally.Exact,
                ExactShare = Round(exact.Share), ExactLow = Round(exact.Low), ExactHigh = Round(exact.High),
                tally.Accepted, Coverage = Round(Wilson.Of(tally.Accepted, tally.Plates).Share), tally.Wrong,
                WrongShare = Round(wrong.Share), WrongLow = Round(wrong.Low), WrongHigh = Round(wrong.High),
                tally.Folded, FoldedShare = Round(Wilson.Of(tally.Folded, tally.Plates).Share), tally.WrongFolded,
                Regions = tally.Placed == 0 ? null : new { tally.Placed, tally.Named, Right = tally.NamedRight },
                CoverageAtOnePercentWrong = Round(tally.CoverageAt(SmallShare)),
                Milliseconds = tally.Milliseconds.Count == 0 ? null : (double?)Math.Round(tally.Median, 2),
                TimesOfPeer = row.TimesOfPeer is { } times ? (double?)Round(times) : null,
            });
        }
        foreach (var row in result.PlateFree) Line(new { Kind = "PlateFree", row.Set, row.Reader, row.Pictures, row.Accepted });
        foreach (var row in result.Footage)
            Line(new { Kind = "Footage", Set = row.Recording, row.Reader, row.Known, row.Right, row.Repeated, row.Wrong,
                Milliseconds = Math.Round(row.Milliseconds, 2) });
        foreach (var row in PassageTally.Of(result.Films))
            Line(new
            {
                Kind = "Passages", row.Set, row.Reader, row.Films, row.Together, row.Alone, row.OnlyTogether, row.OnlyAlone,
                row.Accepted, row.Wrong, row.Repeated,
            });
        // File by file, so that one can look at what failed; not what the plate is.
        foreach (var row in result.Films)
            Line(new
            {
                Kind = "Film", Set = Path.GetFileName(row.Film.Path), row.Reader, row.Film.Light, row.Film.Speed, row.Film.Rate,
                row.Outcome.Together, row.Outcome.Alone, row.Outcome.Accepted, row.Outcome.Wrong, row.Outcome.FramesRead,
                row.Outcome.FramesRight, Evidence = Round(row.Outcome.Evidence),
            });
        foreach (var set in result.Pictures.Where(set => set.Ids.Count > 0))
            Line(new { Kind = "HeldOutIds", Set = set.Name, Used = set.Pictures.Count, set.Of, set.AlsoTrained, set.Skipped, set.Ids });

        void Line<T>(T row) => output.WriteLine(JsonSerializer.Serialize(row, BenchShape.Json));
    }

    private static Table Recognition(IReadOnlyList<BenchRow> rows)
    {
        var table = new Table().AddColumns("set", "reader", "plates", "found", "exact", "folded", "accepted", "wrong of these", "folded", "at 1 % wrong",
            "ms", "of peer");
        for (var i = 2; i < table.Columns.Count; i++) table.Columns[i].RightAligned();
        foreach (var column in table.Columns) column.NoWrap();
        foreach (var (i, row) in rows.Index())
        {
            var (tally, first) = (row.Tally, i == 0 || rows[i - 1].Set != row.Set);
            if (first && i > 0) table.AddEmptyRow();
            table.AddRow(Cells(first ? row.Set : "", row.Reader, $"{tally.Plates}", Share(tally.Found, tally.Plates),
                Interval(Wilson.Of(tally.Exact, tally.Plates)), Share(tally.Folded, tally.Plates), Share(tally.Accepted, tally.Plates),
                tally.Accepted == 0 ? "–" : $"{tally.Wrong}: {Interval(Wilson.Of(tally.Wrong, tally.Accepted))}", $"{tally.WrongFolded}",
                $"{Number(100 * tally.CoverageAt(SmallShare), "F1")} %",
                tally.Milliseconds.Count == 0 ? "" : Number(tally.Median, "F1"),
                row.TimesOfPeer is { } times ? $"{Number(times, "F2")} ×" : ""));
        }
        return table;
    }

    private static Table Regions(IReadOnlyList<BenchRow> rows)
    {
        var table = new Table().AddColumns("region", "reader", "plates read", "named", "right of these");
        foreach (var row in rows.Where(row => row.Tally.Named > 0 && row.Kind is (BenchSets.Scenes or BenchSets.Crops or BenchSets.HeldOut)
            && !row.Set.StartsWith("all ", StringComparison.Ordinal)))
            table.AddRow(Cells(row.Set, row.Reader, $"{row.Tally.Placed}", Share(row.Tally.Named, row.Tally.Placed),
                Interval(Wilson.Of(row.Tally.NamedRight, row.Tally.Named))));
        return table;
    }

    private static Table Passages(IReadOnlyList<PassageTally> rows)
    {
        var table = new Table().AddColumns("passages", "reader", "films", "right by all frames", "by the best frame", "only by all", "only by the best",
            "accepted", "wrong of these", "more than one read");
        foreach (var (i, row) in rows.Index())
        {
            var first = i == 0 || rows[i - 1].Set != row.Set;
            table.AddRow(Cells(first ? row.Set : "", row.Reader, $"{row.Films}", $"{row.Together}", $"{row.Alone}", $"{row.OnlyTogether}",
                $"{row.OnlyAlone}", $"{row.Accepted}", $"{row.Wrong}", $"{row.Repeated}"));
        }
        return table;
    }

    private static IEnumerable<string> Notes(BenchResult result, IReadOnlyList<Contestant> contestants)
    {
        yield return "found: boxes with an overlap of at least 0.5. exact: whole text, accepted or not. Brackets: 95 % intervals (Wilson).";
        yield return "folded: what is right, and what is wrong, where look-alikes count as one (O, Q, D as 0; I as 1; Z as 2; S as 5; B as 8).";
        yield return "at 1 % wrong: the most that any gate on the reader's own evidence could accept here with at most 1 % wrong.";
        yield return "ms: median of a picture from pixels to reads, one thread; of peer: median of the ratios picture by picture.";
        foreach (var contestant in contestants) yield return $"gate of {contestant.Name}: {contestant.Gate}";
        foreach (var set in result.Pictures.Where(set => set.Kind == BenchSets.HeldOut))
            yield return $"{set.Name}: {set.Ids.Count} ids, {set.Pictures.Count} pictures of {set.Of}, {set.AlsoTrained} plates left out that training photographs show too" + (set.Skipped == 0 ? "" : $", {set.Skipped} labels with other characters left out");
        foreach (var set in result.Pictures.Where(set => set.Kind != BenchSets.HeldOut && set.Skipped > 0))
            yield return $"{set.Name}: {set.Skipped} labels with other characters left out";
    }

    private static string[] Cells(params string[] texts) => [.. texts.Select(Markup.Escape)];

    private static string Share(int part, int whole) => whole == 0 ? "–" : $"{Number(100.0 * part / whole, "F1")} %";

    private static string Interval(Wilson share) =>
        $"{Number(100 * share.Share, "F1")} % [{Number(100 * share.Low, "F1")}–{Number(100 * share.High, "F1")}]";

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    private static double Round(double value) => Math.Round(value, 4);
}
