using System.Diagnostics;
using System.Runtime.CompilerServices;
using Edge.Agent.Fleet;
using Edge.Vision;
using Edge.Vision.Capture;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Agent.Evaluation;

/// <summary>What a box's cameras cost: one recording as fast as it goes, then cameras in real time, traffic before one of them and a still street before
/// the others. Everything that is compared is measured in turn, since other work on the machine slows both.</summary>
/// <param name="folder">Where the films are made.</param>
/// <param name="models">Folder with manifest.json and the models it names.</param>
/// <param name="length">How long each number of cameras is watched.</param>
internal sealed class BoxBench(string folder, string models, TimeSpan length, IProgress<FleetProgress> progress, TimeProvider time)
{
    private const int Times = 3;
    private const int Four = 4;
    private static readonly TimeSpan Opening = TimeSpan.FromSeconds(2);
    private static readonly int[] Cameras = [1, 2, Four, 8];

    /// <param name="footage">A film of traffic with readable plates.</param>
    /// <exception cref="CaptureException">ffmpeg is missing or cannot read the footage.</exception>
    public async Task<BoxBenchResult> RunAsync(string footage, CancellationToken stop)
    {
        progress.Report(new FleetProgress("films made", 0, 4, 0));
        var large = await FilmAsync("large.mp4", ["-i", footage, "-t", "12"], "scale=1920:1080", stop);
        var traffic = await FilmAsync("traffic.mp4", ["-i", footage, "-t", "20"], "scale=1280:720,fps=15", stop);
        progress.Report(new FleetProgress("films made", 2, 4, 0));
        var still = Path.Combine(folder, "street.png");
        await FfmpegAsync(["-i", footage, "-frames:v", "1", still], stop);
        // A camera's own noise, and nothing that moves.
        var street = await FilmAsync("street.mp4", ["-loop", "1", "-framerate", "15", "-i", still, "-t", "20"], "scale=1280:720,noise=alls=2:allf=t", stop);
        var empty = await FilmAsync("empty.mp4", ["-f", "lavfi", "-i", "color=gray:size=1280x720:rate=15", "-t", "20"], "noise=alls=2:allf=t", stop);
        progress.Report(new FleetProgress("films made", 4, 4, 0));

        var (opened, first) = await StartAsync(street, stop);
        var (decoded, examined) = (new List<double>(), new List<double>());
        for (var round = 0; round < Times; round++)
        {
            progress.Report(new FleetProgress("rounds of a 1080p film", round, Times, 0));
            decoded.Add(await DecodedAsync(large, stop));
            examined.Add(await ExaminedAsync(large, stop));
        }
        progress.Report(new FleetProgress("rounds of a 1080p film", Times, Times, 0));
        var allocated = await AllocatedAsync(empty, stop);
        var loads = new List<CameraLoad>();
        foreach (var count in Cameras) loads.Add(await LoadAsync([traffic, .. Enumerable.Repeat(street, count - 1)], stop));
        var (busy, idle, undisturbed) = (new List<CameraLoad> { loads.Single(load => load.Cameras == Four) }, new List<CameraLoad>(), new List<CameraLoad>());
        var streets = Enumerable.Repeat(street, Four).ToList();
        for (var round = 0; round < Times; round++)
        {
            if (round > 0) busy.Add(await LoadAsync([traffic, .. streets.Skip(1)], stop));
            idle.Add(await LoadAsync(streets, stop));
            undisturbed.Add(await LoadAsync(streets, stop, examine: false));
        }
        return new BoxBenchResult(opened, first, decoded, examined, allocated, loads, busy, idle, undisturbed, Environment.ProcessorCount);
    }

    /// <summary>From nothing to models that are open, and to the first frame that was examined.</summary>
    private async Task<(TimeSpan Open, TimeSpan First)> StartAsync(string film, CancellationToken stop)
    {
        var begun = time.GetTimestamp();
        using var pipeline = PlatePipeline.Open(models, new PipelineOptions { MotionGate = false });
        var open = time.GetElapsedTime(begun);
        await using var source = Open(film);
        var watched = new FirstFrames(source, frames: 2);
        await foreach (var passage in pipeline.ReadAsync(watched, stop)) passage.Dispose();
        return (open, time.GetElapsedTime(begun));
    }

    private async Task<double> DecodedAsync(string film, CancellationToken stop)
    {
        await using var source = Open(film);
        var begun = time.GetTimestamp();
        return await DropAsync(source, stop) / time.GetElapsedTime(begun).TotalSeconds;
    }

    private static async Task<int> DropAsync(ICameraSource source, CancellationToken stop)
    {
        var frames = 0;
        await foreach (var frame in source.ReadAsync(stop))
        {
            frame.Dispose();
            frames++;
        }
        return frames;
    }

    private async Task<double> ExaminedAsync(string film, CancellationToken stop)
    {
        using var pipeline = PlatePipeline.Open(models, new PipelineOptions { MotionGate = false });
        await using (var warm = Open(film)) await ReadAsync(pipeline, warm, stop);
        await using var source = Open(film);
        var (begun, seen) = (time.GetTimestamp(), pipeline.Frames);
        await ReadAsync(pipeline, source, stop);
        return (pipeline.Frames - seen) / time.GetElapsedTime(begun).TotalSeconds;
    }

    private async Task<double> AllocatedAsync(string film, CancellationToken stop)
    {
        using var pipeline = PlatePipeline.Open(models, new PipelineOptions { MotionGate = false });
        await using (var warm = Open(film)) await ReadAsync(pipeline, warm, stop);
        await using var source = Open(film);
        var watched = new RunningFrames(source);
        await ReadAsync(pipeline, watched, stop);
        return watched.BytesPerFrame;
    }

    private async Task<CameraLoad> LoadAsync(List<string> films, CancellationToken stop, bool examine = true)
    {
        var (does, cameras) = (examine ? "watching" : "decoding", films.Count == 1 ? "1 camera" : $"{films.Count} cameras");
        progress.Report(new FleetProgress($"{does} {cameras} for {length.TotalSeconds:0} s", 0, 1, 0));
        using var open = PlateModels.Open(models);
        var pipelines = new List<PlatePipeline>();
        var sources = new List<PacedSource>();
        try
        {
            foreach (var film in films)
            {
                pipelines.Add(PlatePipeline.Open(open, new PipelineOptions()));
                sources.Add(new PacedSource(Open(film), length, time));
            }
            var watching = Task.WhenAll(pipelines.Zip(sources,
                (pipeline, source) => Task.Run(() => examine ? ReadAsync(pipeline, source, stop) : DropAsync(source, stop), stop)));
            // A camera is opened once in months: what that costs is not what it costs.
            await Task.WhenAny(watching, Task.Delay(Opening, time, stop));
            var (begun, used) = (time.GetTimestamp(), ProcessUse.OfSelfAndChildren());
            await watching;
            var share = (ProcessUse.OfSelfAndChildren() - used) / time.GetElapsedTime(begun) / Environment.ProcessorCount;
            return new CameraLoad(films.Count, share, sources.Max(source => source.Behind), MemoryCurve.Resident(Environment.ProcessId));
        }
        finally
        {
            foreach (var source in sources) await source.DisposeAsync();
            foreach (var pipeline in pipelines) pipeline.Dispose();
        }
    }

    private static async Task ReadAsync(PlatePipeline pipeline, ICameraSource source, CancellationToken stop)
    {
        await foreach (var passage in pipeline.ReadAsync(source, stop)) passage.Dispose();
    }

    private ICameraSource Open(string film) => CameraSources.Open(new CameraOptions("bench", film), time, NullLogger.Instance);

    private async Task<string> FilmAsync(string name, string[] input, string filter, CancellationToken stop)
    {
        var path = Path.Combine(folder, name);
        await FfmpegAsync([.. input, "-vf", filter, "-an", "-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", path], stop);
        return path;
    }

    private static async Task FfmpegAsync(string[] arguments, CancellationToken stop)
    {
        Process child;
        try
        {
            child = Process.Start(new ProcessStartInfo("ffmpeg", ["-nostdin", "-loglevel", "error", "-y", .. arguments]) { RedirectStandardError = true })!;
        }
        catch (System.ComponentModel.Win32Exception missing)
        {
            throw new CaptureException("ffmpeg does not start: apt-get install --no-install-recommends ffmpeg", missing);
        }
        using (child)
        {
            string complaint;
            try
            {
                complaint = await child.StandardError.ReadToEndAsync(stop);
                await child.WaitForExitAsync(stop);
            }
            finally
            {
                if (!child.HasExited) child.Kill(entireProcessTree: true);
            }
            if (child.ExitCode != 0) throw new CaptureException($"ffmpeg cannot make the films: {complaint.Trim()}");
        }
    }

    /// <summary>A source between its first frames, for which a decoder is started, and its last: what that costs is not of a frame.</summary>
    private sealed class RunningFrames(ICameraSource source) : Watched(source)
    {
        private const int Starting = 100;

        public double BytesPerFrame { get; private set; } = double.NaN; // until it has run long enough

        public override async IAsyncEnumerable<Frame> ReadAsync([EnumeratorCancellation] CancellationToken cancel)
        {
            var (frames, before) = (0, 0L);
            await foreach (var frame in Source.ReadAsync(cancel))
            {
                if (frames++ == Starting) before = GC.GetTotalAllocatedBytes(precise: true);
                else if (frames > Starting) BytesPerFrame = (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)(frames - Starting);
                yield return frame;
            }
        }
    }

    /// <summary>The first frames of a source, and then its end.</summary>
    private sealed class FirstFrames(ICameraSource source, int frames) : Watched(source)
    {
        public override async IAsyncEnumerable<Frame> ReadAsync([EnumeratorCancellation] CancellationToken cancel)
        {
            var left = frames;
            await foreach (var frame in Source.ReadAsync(cancel))
            {
                yield return frame;
                if (--left == 0) yield break;
            }
        }
    }

    private abstract class Watched(ICameraSource source) : ICameraSource
    {
        protected ICameraSource Source { get; } = source;

        public string Name => Source.Name;

        public bool IsLive => false;

        public bool IsStill => false;

        public CameraHealth Health => Source.Health;

        public abstract IAsyncEnumerable<Frame> ReadAsync(CancellationToken cancel);

        public ValueTask DisposeAsync() => Source.DisposeAsync();
    }
}

/// <summary>What some cameras of 1280 × 720 at 15 frames/s cost.</summary>
/// <param name="Cameras">How many; before the first is traffic, unless it is said otherwise.</param>
/// <param name="Share">Of all processors, 0 to 1.</param>
/// <param name="Behind">How late the latest last frame was: real time, if it is a fraction of a second.</param>
/// <param name="Memory">Resident bytes of the process that watched them, without the decoders of films.</param>
internal sealed record CameraLoad(int Cameras, double Share, TimeSpan Behind, long Memory);

/// <summary>What the bench of a box measured.</summary>
/// <param name="Open">From nothing to open models.</param>
/// <param name="First">From nothing to the second frame of a film handed over, the first examined.</param>
/// <param name="Decoded">Frames a second of a 1080p H.264 film, decoded and nothing else, round by round.</param>
/// <param name="Examined">The same, every frame examined.</param>
/// <param name="Allocated">Managed bytes a frame without a plate, examined; decoding and handing over included.</param>
/// <param name="Loads">By number of cameras, traffic before one.</param>
/// <param name="Busy">Four cameras with traffic before one, round by round.</param>
/// <param name="Idle">Four cameras on still streets, with whatever plates stand in them; the same rounds.</param>
/// <param name="Undisturbed">The same, decoded and not looked at.</param>
internal sealed record BoxBenchResult(TimeSpan Open, TimeSpan First, IReadOnlyList<double> Decoded, IReadOnlyList<double> Examined, double Allocated,
    IReadOnlyList<CameraLoad> Loads, IReadOnlyList<CameraLoad> Busy, IReadOnlyList<CameraLoad> Idle, IReadOnlyList<CameraLoad> Undisturbed, int Processors);
