using Edge.Agent.Commissioning;
using Edge.Vision;
using Edge.Vision.Capture;
using Edge.Vision.Detection;
using Edge.Vision.Evaluation;
using Edge.Vision.Onnx;
using Edge.Vision.Tracking;

namespace Edge.Agent.Evaluation;

/// <summary>What one reader made of one picture.</summary>
/// <param name="Reads">Its reads, accepted or not.</param>
/// <param name="Found">Where it found plates, read or not.</param>
/// <param name="Milliseconds">What it took, from pixels to reads, one thread.</param>
internal sealed record Attempt(IReadOnlyList<StillRead> Reads, IReadOnlyList<PixelBox> Found, double Milliseconds);

/// <summary>Who takes part.</summary>
/// <param name="Name">As the table shows it.</param>
/// <param name="Models">Folder with its manifest and models.</param>
/// <param name="IsPeer">Whether it is the public reader that ours are measured against.</param>
/// <param name="Gate">What its reads must show to be accepted.</param>
internal sealed record Entry(string Name, string Models, bool IsPeer, ReadGate Gate)
{
    /// <summary>The gates of the published comparison: of calibrated models, and of others.</summary>
    public const double UsualRate = 0.01, UsualEvidence = 0.9;

    /// <summary>An entry with the gate that fits its models: the wrong-read rate where they are calibrated, or the least they were
    /// measured to where they cannot promise that; the evidence where they are not.</summary>
    /// <exception cref="ModelException">The manifest cannot be read.</exception>
    public static Entry Of(string name, string models, bool isPeer, double rate, double evidence) => new(name, models, isPeer,
        ModelManifest.Load(models).Recogniser.Calibration is { } calibration
            ? new ReadGate { MaximumWrongReadRate = Math.Max(rate, calibration.LeastWrong) } : new ReadGate { Evidence = evidence });
}

/// <summary>A detector and a recogniser that take part in the bench, run as a box runs them.</summary>
internal sealed class Contestant : IDisposable
{
    // Lower than a box's: the bench asks what the models can, down to 10 px.
    private const int MinimumPlateHeight = 1;

    private readonly string _models;
    private readonly ReadGate _gate;
    private readonly PlatePipeline _scenes;
    private readonly CropReader _crops;
    private readonly TimeProvider _time;

    private Contestant(Entry entry, TimeProvider time)
    {
        (Name, IsPeer, _models, _gate, _time) = (entry.Name, entry.IsPeer, entry.Models, entry.Gate, time);
        var options = new PipelineOptions { Gate = _gate, MinimumPlateHeight = MinimumPlateHeight };
        _scenes = PlatePipeline.Open(_models, options);
        try
        {
            _crops = CropReader.Open(_models, options);
        }
        catch
        {
            _scenes.Dispose();
            throw;
        }
    }

    /// <summary>As the table shows it.</summary>
    public string Name { get; }

    /// <summary>See <see cref="Entry"/>.</summary>
    public bool IsPeer { get; }

    /// <summary>What is let through, in words.</summary>
    public string Gate => _gate.Evidence is { } evidence ? $"evidence from {evidence}, uncalibrated"
        : $"at most {_gate.MaximumWrongReadRate:P1} wrong by its calibration";

    /// <exception cref="ModelException">The models do not open, or cannot keep what the gate promises.</exception>
    /// <exception cref="CaptureException">OpenCV does not load.</exception>
    public static async Task<Contestant> OpenAsync(Entry entry, TimeProvider time, CancellationToken cancel)
    {
        var contestant = new Contestant(entry, time);
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

    /// <summary>The passages of a recording, accepted or not, in order, with a box's own settings; and how many frames it has. Of
    /// <see cref="LoneFrames"/>, what each frame reads by itself.</summary>
    public async Task<(IReadOnlyList<StillRead> Passages, long Frames, double Milliseconds)> WatchAsync(ICameraSource recording, CancellationToken cancel)
    {
        using var pipeline = PlatePipeline.Open(_models, new PipelineOptions { Gate = _gate });
        var passages = new List<StillRead>();
        var started = _time.GetTimestamp();
        await foreach (var passage in pipeline.ReadAsync(recording, cancel))
            using (passage)
                passages.Add(StillRead.Of(passage));
        return (passages, pipeline.Frames, _time.GetElapsedTime(started).TotalMilliseconds);
    }

    public void Dispose()
    {
        _scenes.Dispose();
        _crops.Dispose();
    }
}
