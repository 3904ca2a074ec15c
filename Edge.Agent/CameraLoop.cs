using Edge.Agent.Device;
using Edge.Agent.Governance;
using Edge.Agent.Hits;
using Edge.Agent.Publishing;
using Edge.Vision;
using Edge.Vision.Capture;
using Edge.Vision.Tracking;

namespace Edge.Agent;

/// <summary>One camera, from its frames to the decision that matters: looked for, or forgotten.</summary>
internal sealed class CameraLoop(
    ICameraSource source, PlatePipeline pipeline, TrustWatch trust, HitRecorder recorder, ReadCounter counter,
    TimeProvider time, PipelineProgress.Step examining, IReadWitness? witness) : IAsyncDisposable
{
    /// <summary>Frames taken so far.</summary>
    public long Frames => pipeline.Frames;

    public CameraReport Report()
    {
        var health = source.Health;
        return new CameraReport(source.Name, health.State, health.Frames, health.Dropped, health.Reconnects);
    }

    /// <summary>Mean brightness of a late picture, 0 to 255; null before the first.</summary>
    public double? Brightness => pipeline.Brightness;

    public CameraLook Look() => new(source.Name, source.Health);

    /// <summary>Runs until the recording ends or <paramref name="stop"/> fires.</summary>
    /// <exception cref="CaptureException">The recording cannot be opened or decoded.</exception>
    public async Task RunAsync(CancellationToken stop)
    {
        try
        {
            await foreach (var passage in pipeline.ReadAsync(new WatchedSource(source, examining), stop))
                using (passage)
                    if (passage.Accepted) await DecideAsync(passage, stop);
                    else witness?.Saw(passage.Plate, matched: false);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Told to stop: what is still being tracked is forgotten unread.
        }
    }

    private async ValueTask DecideAsync(Passage passage, CancellationToken stop)
    {
        var (current, now) = (trust.Current, time.GetUtcNow());
        var matches = current?.Match(passage.Plate, now) ?? [];
        witness?.Saw(passage.Plate, matches.Count > 0);
        if (matches.Count == 0)
        {
            counter.Discarded();
            return;
        }
        // Where the disk refuses, this waits as long as it does: starting again would mend no disk and lose what waits in memory.
        examining.Rest();
        await recorder.RecordAsync(passage, matches, current!, now, stop);
        examining.Turn();
    }

    public async ValueTask DisposeAsync()
    {
        await source.DisposeAsync();
        pipeline.Dispose();
    }
}
