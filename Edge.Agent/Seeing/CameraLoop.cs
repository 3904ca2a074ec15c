using Edge.Agent.Device;
using Edge.Agent.Door;
using Edge.Agent.Hits;
using Edge.Vision;
using Edge.Vision.Aiming;
using Edge.Vision.Capture;
using Edge.Vision.Tracking;

namespace Edge.Agent.Seeing;

/// <summary>One camera, from its frames to the decision that matters: looked for, or forgotten.</summary>
internal sealed class CameraLoop(
    string name, ICameraSource camera, PlatePipeline pipeline, WatchedLists lists, WaitingHits waiting, ReadCounter counter,
    TimeProvider time, PipelineProgress.Step examining, IReadWitness? witness) : IAsyncDisposable
{
    private readonly EndingSource _source = new(camera, () => pipeline.IsFollowing);

    /// <summary>Frames taken so far.</summary>
    public long Frames => pipeline.Frames;

    /// <summary>Where somebody looks through this camera to aim it.</summary>
    public AimWindow Aim => pipeline.Aim;

    /// <summary>Mean brightness of a late picture, 0 to 255; null before the first.</summary>
    public double? Brightness => pipeline.Brightness;

    /// <summary>How plates stood in its picture of late; null before the first.</summary>
    public PlateFigures? Plates => pipeline.Plates;

    public CameraHealth Health => _source.Health;

    /// <summary>Lets go of the camera: whoever is before it is still decided on.</summary>
    /// <param name="now">Without waiting until they have passed.</param>
    public void End(bool now)
    {
        if (now) _source.EndNow();
        else _source.End();
    }

    /// <summary>Runs until the recording ends, it was let go of, or <paramref name="stop"/> fires.</summary>
    /// <exception cref="CaptureException">The recording cannot be opened or decoded.</exception>
    public async Task RunAsync(CancellationToken stop)
    {
        try
        {
            await foreach (var passage in pipeline.ReadAsync(new WatchedSource(_source, examining), stop))
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
        // Where nobody takes the hits, a recording waits as long as it does: starting again would lose what waits in memory.
        // Of a camera that is silent no frame is in hand: none is to be awaited afterwards either.
        var hadFrame = examining.Rest();
        try
        {
            var taken = await waiting.AddAsync(name, time.GetUtcNow() - passage.SeenAt, Sighting.Of(passage), asked,
                camera.IsLive ? DoorLimits.RoomWithin : null, stop);
            if (!taken) counter.Discarded();
        }
        catch (OperationCanceledException)
        {
            counter.Discarded();
            throw;
        }
        if (hadFrame) examining.Turn();
    }

    public async ValueTask DisposeAsync()
    {
        await _source.DisposeAsync();
        pipeline.Dispose();
        examining.Dispose();
    }
}
