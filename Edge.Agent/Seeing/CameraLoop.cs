using System.Threading.Channels;
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
    // Enough for one to be asked about while the next is read. Where there are more than can be asked about, frames wait and not plates.
    private const int MostUndecided = 2;

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
        var accepted = Channel.CreateBounded<Passage>(new BoundedChannelOptions(MostUndecided) { SingleReader = true, SingleWriter = true });
        var deciding = DecideAsync(accepted, stop);
        try
        {
            await foreach (var passage in pipeline.ReadAsync(new WatchedSource(_source, examining), stop))
                if (passage.Accepted) await HandOverAsync(passage, accepted.Writer);
                else
                    using (passage) witness?.Saw(passage.Plate, matched: false);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Told to stop: what is still being tracked is forgotten unread.
        }
        finally
        {
            accepted.Writer.TryComplete();
            await deciding;
        }
    }

    /// <summary>Frames are looked at while it is decided on: asking the lists takes as long as reading a picture of plates, and a vehicle behind the first
    /// would be through the picture unseen.</summary>
    private async ValueTask HandOverAsync(Passage passage, ChannelWriter<Passage> accepted)
    {
        if (accepted.TryWrite(passage)) return;
        // Where nobody takes the hits, a recording waits as long as it does: starting again would lose what waits in memory.
        // Of a camera that is silent no frame is in hand: none is to be awaited afterwards either.
        var hadFrame = examining.Rest();
        try
        {
            await accepted.WriteAsync(passage);
        }
        catch
        {
            passage.Dispose();
            throw;
        }
        if (hadFrame) examining.Turn();
    }

    /// <summary>Decides on one after the other; told to stop, on those that were read already.</summary>
    private async Task DecideAsync(Channel<Passage> accepted, CancellationToken stop)
    {
        try
        {
            await foreach (var passage in accepted.Reader.ReadAllAsync(CancellationToken.None))
                using (passage) await DecideAsync(passage, stop);
        }
        finally
        {
            accepted.Writer.TryComplete();
            while (accepted.Reader.TryRead(out var undecided)) undecided.Dispose();
        }
    }

    private async ValueTask DecideAsync(Passage passage, CancellationToken stop)
    {
        var asked = await lists.AskAsync(passage.Plate);
        witness?.Saw(passage.Plate, asked.Matched);
        try
        {
            if (asked.Matched && await waiting.AddAsync(name, time.GetUtcNow() - passage.SeenAt, Sighting.Of(passage), asked,
                camera.IsLive ? DoorLimits.RoomWithin : null, stop)) return;
            counter.Discarded();
        }
        catch (OperationCanceledException)
        {
            counter.Discarded();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _source.DisposeAsync();
        pipeline.Dispose();
        examining.Dispose();
    }
}
