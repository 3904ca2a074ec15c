using Edge.Agent.Commissioning;
using Edge.Vision.Capture;
using Edge.Vision.Detection;
using Edge.Vision.Evaluation;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Agent.Evaluation;

/// <summary>How far the bench is.</summary>
internal readonly record struct BenchProgress(int Done, int Of, string What);

/// <summary>Reads the same pictures with several readers, one after the other picture by picture, and counts. What runs is what a
/// box runs: its pipeline, its gate.</summary>
internal sealed class RecognitionBench(
    BenchFolder folder, IReadOnlyList<Contestant> contestants, FailurePage? failures, IProgress<BenchProgress> progress)
{
    /// <summary>The row of every scene of every set.</summary>
    public const string AllScenes = "all scenes";

    // Plate heights that rows are split by, pixels.
    private static readonly (float From, float To, string Name)[] Heights =
    [
        (0, 16, "plates below 16 px"), (16, 24, "plates of 16 to 24 px"), (24, 36, "plates of 24 to 36 px"),
        (36, float.MaxValue, "plates from 36 px"),
    ];

    private readonly OrderedDictionary<(BenchSets Kind, string Set), BenchTally[]> _tallies = [];
    private readonly List<PlateFreeRow> _plateFree = [];
    private readonly List<FootageRow> _footage = [];
    private readonly List<FilmRow> _films = [];
    private readonly List<string> _broken = [];
    private int _done;
    private int _total;

    /// <exception cref="LabelsException">A table of labels or of films is malformed.</exception>
    public async Task<BenchResult> RunAsync(BenchSets sets, CancellationToken cancel)
    {
        var pictures = folder.Find(sets);
        var recordings = sets.HasFlag(BenchSets.Footage) ? Recordings() : [];
        var films = sets.HasFlag(BenchSets.Passages) ? PassageFilms.Read(folder.Passages) : [];
        _total = pictures.Sum(set => set.Pictures.Count) + recordings.Count + films.Count;
        // Rows stand in the order of the sets, whatever the order in which pictures fill them.
        foreach (var set in pictures.Where(set => set.Kind is BenchSets.Crops or BenchSets.HeldOut
            || (set.Kind == BenchSets.Scenes && sets.HasFlag(BenchSets.Scenes))))
            Row(set.Kind, set.Name);
        foreach (var set in pictures)
        {
            if (set.Kind == BenchSets.PlateFree) await PlateFreeAsync(set, cancel);
            else await EachAsync(set, (picture, labels) => LabelledAsync(set, picture, labels, sets, cancel), cancel);
        }
        foreach (var recording in recordings) await WatchAsync(recording, cancel);
        foreach (var film in films) await WatchAsync(film, cancel);
        return new BenchResult(pictures, [.. Rows()], _plateFree, _footage, _broken) { Films = _films };
    }

    private async Task EachAsync(BenchPictures set, Func<Specimen, BenchPicture, Task> read, CancellationToken cancel)
    {
        foreach (var picture in set.Pictures)
        {
            cancel.ThrowIfCancellationRequested();
            try
            {
                using var specimen = Specimen.Open(picture.Path);
                await read(specimen, picture);
            }
            catch (CaptureException exception)
            {
                _broken.Add(exception.Message);
            }
            progress.Report(new BenchProgress(++_done, _total, set.Name));
        }
    }

    private async Task LabelledAsync(BenchPictures set, Specimen specimen, BenchPicture picture, BenchSets sets, CancellationToken cancel)
    {
        if (set.Kind != BenchSets.Scenes || sets.HasFlag(BenchSets.Scenes))
        {
            string[] rows = set.AreCrops ? [set.Name] : [set.Name, All(set.Kind)];
            await ReadAsync(set.Kind, rows, specimen, picture.Labels, set.AreCrops, byHeight: !set.AreCrops, cancel);
        }
        if (set.Kind == BenchSets.Scenes && sets.HasFlag(BenchSets.Degraded) && !set.AreCrops)
            await DegradedAsync(specimen, picture, cancel);
    }

    private async Task DegradedAsync(Specimen specimen, BenchPicture picture, CancellationToken cancel)
    {
        // The label it is made about; others of the picture may be lost on the way.
        if (picture.Labels is not [{ Box: { } box } label, ..]) return;
        var seed = HeldOut.Crc32(Path.GetFileName(picture.Path));
        foreach (var degradation in Degradation.All)
        {
            using var worse = specimen.Degrade(degradation, box, seed, out var moved);
            if (worse is not null)
                await ReadAsync(BenchSets.Degraded, [degradation.Name], worse, [label with { Box = moved }], isCrop: false, byHeight: false, cancel);
        }
    }

    private async Task ReadAsync(BenchSets kind, string[] rows, Specimen specimen, IReadOnlyList<LabelledPlate> labels, bool isCrop,
        bool byHeight, CancellationToken cancel)
    {
        var reads = new List<IReadOnlyList<StillRead?>>();
        foreach (var (i, contestant) in contestants.Index())
        {
            var attempt = await contestant.ReadAsync(specimen, isCrop, cancel);
            reads.Add([.. rows.Select(row => Row(kind, row)[i].Add(labels, attempt)).ToList()[0]]);
            if (!byHeight) continue;
            foreach (var label in labels)
                Row(kind, $"{All(kind)}, {Heights.Single(bin => label.Box!.Value.Height >= bin.From && label.Box.Value.Height < bin.To).Name}")[i]
                    .Add(label, attempt);
        }
        foreach (var (i, label) in labels.Index())
            failures?.Add(kind == BenchSets.Degraded ? $"degraded: {rows[0]}" : rows[0], specimen, label, [.. reads.Select(read => read[i])]);
    }

    private async Task PlateFreeAsync(BenchPictures set, CancellationToken cancel)
    {
        var accepted = new int[contestants.Count];
        var read = 0;
        await EachAsync(set, async (specimen, _) =>
        {
            read++;
            foreach (var (i, contestant) in contestants.Index())
            {
                var wrong = (await contestant.ReadAsync(specimen, isCrop: false, cancel)).Reads.Where(one => one.Accepted).ToList();
                accepted[i] += wrong.Count;
                if (i == 0)
                    foreach (var one in wrong) failures?.Add(set.Name, specimen, new LabelledPlate(one.Box, ""), [one]);
            }
        }, cancel);
        _plateFree.AddRange(contestants.Select((contestant, i) => new PlateFreeRow(set.Name, contestant.Name, read, accepted[i])));
    }

    private List<(string Path, IReadOnlyList<string> Known)> Recordings()
    {
        var known = KnownPassages.Read(Path.Combine(folder.Path, "README.md"));
        return [.. known.Select(recording => (Path: Path.Combine(folder.Path, "footage", recording.Key), recording.Value))
            .Where(recording => File.Exists(recording.Path)).OrderBy(recording => recording.Path, StringComparer.Ordinal)];
    }

    private async Task WatchAsync((string Path, IReadOnlyList<string> Known) recording, CancellationToken cancel)
    {
        var name = Path.GetFileName(recording.Path);
        try
        {
            foreach (var contestant in contestants)
            {
                progress.Report(new BenchProgress(_done, _total, name));
                await using var source = Open(recording.Path);
                var (passages, frames, milliseconds) = await contestant.WatchAsync(source, cancel);
                var accepted = passages.Where(read => read.Accepted).ToList();
                var said = accepted.Where(read => recording.Known.Contains(read.Text)).ToList();
                var right = said.Select(read => read.Text).Distinct(StringComparer.Ordinal).Count();
                _footage.Add(new FootageRow(name, contestant.Name, recording.Known.Count, right, said.Count - right, accepted.Count - said.Count,
                    frames == 0 ? 0 : milliseconds / frames));
            }
        }
        catch (CaptureException exception)
        {
            _broken.Add(exception.Message);
        }
        _done++;
    }

    private async Task WatchAsync(PassageFilm film, CancellationToken cancel)
    {
        progress.Report(new BenchProgress(_done, _total, "passages"));
        try
        {
            var rows = new List<FilmRow>();
            foreach (var contestant in contestants)
            {
                await using var source = Open(film.Path);
                var (passages, _, _) = await contestant.WatchAsync(source, cancel);
                await using var alone = new LoneFrames(Open(film.Path));
                var (frames, _, _) = await contestant.WatchAsync(alone, cancel);
                rows.Add(new FilmRow(film, contestant.Name, PassageOutcome.Of(film.Text, passages, frames)));
            }
            _films.AddRange(rows);
        }
        catch (CaptureException exception)
        {
            _broken.Add(exception.Message);
        }
        _done++;
    }

    private static ICameraSource Open(string recording) =>
        CameraSources.Open(new CameraOptions("bench", recording), TimeProvider.System, NullLogger.Instance);

    private BenchTally[] Row(BenchSets kind, string set)
    {
        if (!_tallies.TryGetValue((kind, set), out var row))
            _tallies.Add((kind, set), row = [.. contestants.Select(_ => new BenchTally())]);
        return row;
    }

    private IEnumerable<BenchRow> Rows()
    {
        var peer = contestants.Index().Where(one => one.Item.IsPeer).Select(one => (int?)one.Index).FirstOrDefault();
        foreach (var ((kind, set), tallies) in _tallies.OrderBy(row => row.Key.Kind).ThenBy(row => Rank(row.Key.Set)))
        foreach (var (i, contestant) in contestants.Index())
            if (tallies[i].Plates > 0)
                yield return new BenchRow(kind, set, contestant.Name, tallies[i])
                {
                    TimesOfPeer = peer is { } other ? tallies[i].TimesOf(tallies[other]) : null,
                };

        // Sets, then all of them, then by height; degradations as they come.
        static int Rank(string set) => Array.FindIndex(Heights, bin => set.EndsWith(bin.Name, StringComparison.Ordinal)) switch
        {
            < 0 => set.StartsWith("all ", StringComparison.Ordinal) ? 1 : 0,
            var bin => 2 + bin,
        };
    }

    private static string All(BenchSets kind) => kind == BenchSets.Scenes ? AllScenes : "all held-out photographs";
}
