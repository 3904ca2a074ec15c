using Edge.Agent.Commissioning;
using Edge.Agent.Fleet;
using Edge.Agent.Publishing;
using Edge.Storage.Audit;
using Edge.Vision.Capture;
using Edge.Vision.Onnx;

namespace Edge.Agent.Evaluation;

/// <summary>Every measure that has a goal, one after the other on the same machine in one run. What is not there is a row that says so.</summary>
/// <param name="data">Folder with labelled pictures, footage and the peer's files; what is absent is named.</param>
/// <param name="models">Folder with manifest.json and the models it names.</param>
/// <param name="folder">An empty folder on the disk that is to be measured.</param>
/// <param name="steady">How long one hit a second comes and memory is watched.</param>
/// <param name="length">How long each number of cameras is watched.</param>
internal sealed class GoalBench(string data, string models, string folder, TimeSpan steady, TimeSpan length, IProgress<FleetProgress> progress,
    TimeProvider time)
{
    private const string Peer = "the public reader";

    /// <summary>Measures all of it, some ten minutes.</summary>
    /// <param name="measured">Told each row when it is there.</param>
    public async Task<IReadOnlyList<GoalRow>> RunAsync(Action<GoalRow> measured, CancellationToken stop)
    {
        var rows = new List<GoalRow>();
        await AddAsync(rows, measured, "detect and read one frame", "¼ of the peer's time at most, no fewer right", () => RecognitionAsync(stop));
        await AddAsync(rows, measured, "cameras", "60 frames/s of 1080p; four cameras", () => CamerasAsync(stop));
        await AddAsync(rows, measured, "camera to hub, and memory", "p50 ≤ 120 ms, p99 ≤ 250 ms; ≤ 300 MB", () => AlertsAsync(stop));
        await AddAsync(rows, measured, "durable hits, and the hub", "≥ 500/s; ≥ 5,000/s", () => HubAsync(stop));
        await AddAsync(rows, measured, "audit log", "≥ 1,000/s; 1,000,000 entries in 5 s", () => LogAsync(stop));
        return rows;
    }

    private static async Task AddAsync(List<GoalRow> rows, Action<GoalRow> measured, string what, string goal, Func<Task<IReadOnlyList<GoalRow>>> measure)
    {
        IReadOnlyList<GoalRow> some;
        try
        {
            some = await measure();
        }
        catch (Exception absent) when (absent is BrokerException or CaptureException or ModelException or AuditException or LabelsException)
        {
            some = [new GoalRow(what, goal) { Missing = absent.Message }];
        }
        rows.AddRange(some);
        foreach (var row in some) measured(row);
    }

    private async Task<IReadOnlyList<GoalRow>> RecognitionAsync(CancellationToken stop)
    {
        const string time1 = "detect and read one frame with one plate, ms, 1 thread", exact1 = "whole text right on the same frames, %";
        if (!Directory.Exists(Path.Combine(data, "scenes"))) return [new GoalRow(time1, "≤ ¼ of the peer's") { Missing = $"no pictures in {data}/scenes" }];
        using var peer = new PeerModels(Path.Combine(data, "peer-models"));
        var contestants = new List<Contestant>();
        try
        {
            contestants.Add(await Contestant.OpenAsync(Entry.Of("ours", models, isPeer: false, Entry.UsualRate, Entry.UsualEvidence), time, stop));
            foreach (var its in peer.Variants)
                contestants.Add(await Contestant.OpenAsync(Entry.Of(its.Name, its.Folder, isPeer: true, Entry.UsualRate, Entry.UsualEvidence), time, stop));
            var result = await new RecognitionBench(new BenchFolder(data), contestants, null, new Relay(progress)).RunAsync(BenchSets.Scenes, stop);
            var all = result.Rows.Where(row => row.Set == RecognitionBench.AllScenes).ToList();
            if (all.Count == 0) throw new CaptureException($"no labelled picture in {data}/scenes can be read");
            var (ours, its1) = (all.Single(row => row.Reader == "ours"), all.Where(row => row.Reader != "ours").ToList());
            var exact = Share(ours.Tally);
            if (its1.Count == 0)
                return [new GoalRow(time1, "≤ ¼ of the peer's") { Value = ours.Tally.Median, Missing = $"the peer's files are not in {data}/peer-models" },
                    new GoalRow(exact1, "no lower than the peer's") { Value = exact, Missing = "the same" }];
            var (best, ratios) = (its1.Max(row => Share(row.Tally)),
                ours.Tally.Milliseconds.Zip(its1[0].Tally.Milliseconds, (mine, other) => mine / other).Order().ToList());
            return
            [
                new GoalRow(time1, "≤ ¼ of the peer's")
                {
                    Value = ours.Tally.Median, Beside = its1[0].Tally.Median, BesideWhat = $"{Peer}; spread: a quarter and three quarters of the ratios",
                    Ratio = ours.TimesOfPeer,
                    Spread = (ratios[ratios.Count / 4], ratios[ratios.Count * 3 / 4]), Met = ours.TimesOfPeer <= 0.25,
                },
                new GoalRow(exact1, "no lower than the peer's")
                { Value = exact, Beside = best, BesideWhat = $"{Peer}, at its best", Spread = Interval(ours.Tally), Met = exact >= best },
            ];
        }
        finally
        {
            contestants.ForEach(one => one.Dispose());
        }
    }

    private async Task<IReadOnlyList<GoalRow>> CamerasAsync(CancellationToken stop)
    {
        var footage = Path.Combine(data, "footage", "toll-lane.mp4");
        if (!File.Exists(footage)) throw new CaptureException($"no footage at {footage}");
        var result = await new BoxBench(Made("films"), models, length, progress, time).RunAsync(footage, stop);
        var (decoded, late) = (Rounds.Of(result.Decoded), result.Busy.Max(load => load.Behind));
        return
        [
            Of(new GoalRow("1080p H.264 film, decoded and every frame examined, frames/s", "≥ 60") { Beside = decoded.Median, BesideWhat = "decoding alone" },
                result.Examined, value => value >= 60),
            Of(new GoalRow("four 720p cameras at 15 frames/s, traffic before one, % of both cores", "< 60, in time")
                { BesideWhat = FormattableString.Invariant($"latest frame {late.TotalMilliseconds:0} ms late") }, result.Busy.Select(load => load.Share * 100),
                value => value < 60 && late < TimeSpan.FromSeconds(0.5)),
            Of(new GoalRow("four still 720p streets, % of both cores", "< 10")
                { Beside = Rounds.Of(result.Undisturbed.Select(load => load.Share * 100)).Median, BesideWhat = "decoding alone" },
                result.Idle.Select(load => load.Share * 100), value => value < 10),
            .. result.Loads.Select(load => new GoalRow($"{load.Cameras} camera{(load.Cameras == 1 ? "" : "s")}, traffic before one, % of both cores", "a curve")
                { Value = load.Share * 100, BesideWhat =
                    FormattableString.Invariant($"latest frame {load.Behind.TotalMilliseconds:0} ms late, {load.Memory / 1e6:0} MB") }),
            new GoalRow("models open and first frame examined, in a process that runs, s", "≤ 3")
            { Value = result.First.TotalSeconds, Met = result.First <= TimeSpan.FromSeconds(3) },
            new GoalRow("managed bytes allocated a frame without a plate", "0") { Value = Math.Round(result.Allocated), Met = result.Allocated < 1 },
        ];
    }

    private async Task<IReadOnlyList<GoalRow>> AlertsAsync(CancellationToken stop)
    {
        var result = await new AlertBench(Made("alerts"), models, steady, progress, time).RunAsync(stop);
        var (one, resident, proportional) = (result.One, result.Memory.Resident, result.Memory.Proportional);
        return
        [
            Latency("camera's picture to alert decrypted at the hub, 1 hit/s, p50, ms", "≤ 120", one, latency => latency.P50, value => value <= 120),
            Latency("the same, p99", "≤ 250", one, latency => latency.P99, value => value <= 250),
            Latency("the same, 20 hits/s of four cameras, one vehicle after the other, p99", "≤ 500", result.OneByOne, latency => latency.P99,
                value => value <= 500),
            Latency("the same, 20 hits/s of four cameras, five vehicles in a picture, p99", "≤ 500", result.Together, latency => latency.P99,
                value => value <= 500),
            new GoalRow("memory of both processes, one camera, resident, at most, MB", "≤ 300")
            {
                Value = resident.Peak / 1e6, Spread = (resident.Steady.Least / 1e6, resident.Steady.Most / 1e6),
                BesideWhat = FormattableString.Invariant(
                    $"watched for {result.Watched.TotalMinutes:0.#} minutes; shared pages divided: {proportional.Peak / 1e6:0} MB at most"),
                Met = resident.Peak <= 300e6,
            },
            new GoalRow("its slope, MB a minute", "0")
            {
                Value = resident.Slope / 1e6,
                BesideWhat = FormattableString.Invariant($"after the first third; shared pages divided: {proportional.Slope / 1e6:0.00}"),
                Met = Math.Abs(resident.Slope) < 0.1e6,
            },
            new GoalRow("start of both processes to the first frame of a camera, s", "≤ 3")
            { Value = result.Start.TotalSeconds, Met = result.Start <= TimeSpan.FromSeconds(3) },
        ];
    }

    private async Task<IReadOnlyList<GoalRow>> HubAsync(CancellationToken stop)
    {
        var result = await new HubBench(Made("hub"), progress, time).RunAsync(stop);
        return
        [
            Of(new GoalRow("durable hits (hit, message, audit entry), a second, 32 together", "≥ 500")
                { Beside = result.Fsyncs, BesideWhat = "write and fsync of the same bytes" }, result.Bursts, value => value >= 500),
            new GoalRow("the same, one by one", "written down")
            { Value = result.Commits, Beside = result.Fsyncs, BesideWhat = "write and fsync of the same bytes" },
            Of(new GoalRow("hub: verify and open, a second on one core", "≥ 5,000")
                { Beside = Rounds.Of(result.Raw).Median, BesideWhat = "Ed25519 and HPKE alone" }, result.Verify, value => value >= 5000),
            new GoalRow("hit committed to decrypted at the hub, 20 hits/s, p99, ms", "≤ 500")
            { Value = result.Latency.P99, Spread = (result.Latency.P50, result.Latency.Longest),
                BesideWhat = "spread: p50 and the longest", Met = result.Latency.P99 <= 500 },
        ];
    }

    private async Task<IReadOnlyList<GoalRow>> LogAsync(CancellationToken stop)
    {
        const int entries = 1_000_000;
        var result = await new LogBench(Made("log"), progress, time).RunAsync(entries, stop);
        return
        [
            new GoalRow("audit log: durable appends a second, 100 in a step", "≥ 1,000") { Value = result.Batched, Met = result.Batched >= 1000 },
            new GoalRow("audit log: verify 1,000,000 entries, s", "≤ 5")
            { Value = result.Verified.TotalSeconds, Met = result.Holds && result.Verified <= TimeSpan.FromSeconds(5) },
        ];
    }

    private string Made(string name) => Directory.CreateDirectory(Path.Combine(folder, name)).FullName;

    private static GoalRow Of(GoalRow row, IEnumerable<double> rounds, Predicate<double> goal)
    {
        var all = Rounds.Of(rounds);
        return row with { Value = all.Median, Spread = (all.Least, all.Most), Met = goal(all.Median) };
    }

    private static GoalRow Latency(string measure, string goal, AlertSpeed speed, Func<Latency, double> of, Predicate<double> met) => new(measure, goal)
    {
        Value = of(speed.Deciding), Spread = (speed.Halves.Min(of), speed.Halves.Max(of)),
        BesideWhat = FormattableString.Invariant($"{speed.Arrived} of {speed.Shown} vehicles; from the first picture of each {of(speed.First):0}"),
        Met = met(of(speed.Deciding)) && speed.Arrived == speed.Shown,
    };

    private static double Share(BenchTally tally) => 100.0 * tally.Exact / tally.Plates;

    private static (double, double) Interval(BenchTally tally) =>
        Wilson.Of(tally.Exact, tally.Plates) is var share ? (share.Low * 100, share.High * 100) : default;

    private sealed class Relay(IProgress<FleetProgress> to) : IProgress<BenchProgress>
    {
        public void Report(BenchProgress value) => to.Report(new FleetProgress("pictures read", value.Done, value.Of, 0));
    }
}
