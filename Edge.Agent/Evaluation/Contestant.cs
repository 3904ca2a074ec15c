using Edge.Agent.Commissioning;
using Edge.Vision;
using Edge.Vision.Capture;
using Edge.Vision.Detection;
using Edge.Vision.Evaluation;
using Edge.Vision.Onnx;

namespace Edge.Agent.Evaluation;

/// <summary>What one reader made of one picture.</summary>
/// <param name="Reads">Its reads, accepted or not.</param>
/// <param name="Found">Where it found plates, read or not.</param>
/// <param name="Milliseconds">What it took, from pixels to reads, one thread.</param>
internal sealed record Attempt(IReadOnlyList<StillRead> Reads, IReadOnlyList<PixelBox> Found, double Milliseconds);

/// <summary>A detector and a recogniser that take part in the bench, run as a box runs them.</summary>
internal sealed class Contestant : IDisposable
{
    // Lower than a box's: the bench asks what the models can, down to 10 px.
    private static readonly PipelineOptions Options = new() { MinimumPlateHeight = 1 };

    private readonly string _models;
    private readonly PlatePipeline _scenes;
    private readonly CropReader _crops;
    private readonly TimeProvider _time;

    private Contestant(string name, string models, bool isPeer, TimeProvider time)
    {
        (Name, _models, IsPeer, _time) = (name, models, isPeer, time);
        _scenes = PlatePipeline.Open(models, Options);
        try
        {
            _crops = CropReader.Open(models, Options);
        }
        catch
        {
            _scenes.Dispose();
            throw;
        }
    }

    /// <summary>As the table shows it.</summary>
    public string Name { get; }

    /// <summary>Whether it is one of the public readers that ours are measured against.</summary>
    public bool IsPeer { get; }

    /// <exception cref="ModelException">The models do not open.</exception>
    /// <exception cref="CaptureException">OpenCV does not load.</exception>
    public static async Task<Contestant> OpenAsync(string name, string models, bool isPeer, TimeProvider time, CancellationToken cancel)
    {
        var contestant = new Contestant(name, models, isPeer, time);
        // The first run of a graph allocates its memory and compiles this code: nobody's time.
        using var blank = Specimen.Blank(640, 360);
        for (var i = 0; i < 3; i++)
        {
            await contestant.ReadAsync(blank, isCrop: false, cancel);
            await contestant.ReadAsync(blank, isCrop: true, cancel);
        }
        return contestant;
    }

    public async Task<Attempt> ReadAsync(Specimen picture, bool isCrop, CancellationToken cancel)
    {
        var reads = new List<StillRead>();
        var started = _time.GetTimestamp();
        await foreach (var passage in isCrop ? _crops.ReadAsync(picture, cancel) : _scenes.ReadAsync(picture, cancel))
            using (passage)
                reads.Add(StillRead.Of(passage));
        var took = _time.GetElapsedTime(started).TotalMilliseconds;
        return new Attempt(reads, isCrop ? [picture.Whole] : [.. _scenes.Detections.Select(detection => detection.Box)], took);
    }

    /// <summary>The accepted passages of a recording, in order, with a box's own settings; and how many frames it has.</summary>
    public async Task<(IReadOnlyList<StillRead> Accepted, long Frames, double Milliseconds)> WatchAsync(ICameraSource recording, CancellationToken cancel)
    {
        using var pipeline = PlatePipeline.Open(_models, new PipelineOptions());
        var accepted = new List<StillRead>();
        var started = _time.GetTimestamp();
        await foreach (var passage in pipeline.ReadAsync(recording, cancel))
            using (passage)
                if (passage.Accepted)
                    accepted.Add(StillRead.Of(passage));
        return (accepted, pipeline.Frames, _time.GetElapsedTime(started).TotalMilliseconds);
    }

    public void Dispose()
    {
        _scenes.Dispose();
        _crops.Dispose();
    }
}
