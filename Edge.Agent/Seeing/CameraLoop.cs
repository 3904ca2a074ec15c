using Edge.Agent.Device;
using Edge.Agent.Hits;
using Edge.Vision;
using Edge.Vision.Aiming;
using Edge.Vision.Capture;
using Edge.Vision.Tracking;

namespace Edge.Agent.Seeing;

/// <summary>One camera, from its frames to the decision that matters: looked for, or forgotten.</summary>
internal sealed class CameraLoop(
    int place, ICameraSource source, PlatePipeline pipeline, WatchedLists lists, WaitingHits waiting, ReadCounter counter,
    TimeProvider time, PipelineProgress.Step examining, IReadWitness? witness) : IAsyncDisposable
{
    /// <summary>Frames taken so far.</summary>
    public long Frames => pipeline.Frames;

    /// <summary>Where somebody looks through this camera to aim it.</summary>
    public AimWindow Aim => pipeline.Aim;

    /// <summary>Mean brightness of a late picture, 0 to 255; null before the first.</summary>
    public double? Brightness => pipeline.Brightness;

    public CameraHealth Health => source.Health;

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
        var asked = lists.Ask(passage.Plate);
        witness?.Saw(passage.Plate, asked.Matched);
        if (!asked.Matched)
        {
            counter.Discarded();
            return;
        }
        // Where nobody takes the hits, this waits as long as it does: starting again would lose what waits in memory.
        // Of a camera that is silent no frame is in hand: none is to be awaited afterwards either.
        var hadFrame = examining.Rest();
        await waiting.AddAsync(place, time.GetUtcNow() - passage.SeenAt, Sighting.Of(passage), asked, stop);
        if (hadFrame) examining.Turn();
    }

    public async ValueTask DisposeAsync()
    {
        await source.DisposeAsync();
        pipeline.Dispose();
        examining.Dispose();
    }
}
