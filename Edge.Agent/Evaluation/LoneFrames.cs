using Edge.Vision.Capture;

namespace Edge.Agent.Evaluation;

/// <summary>A recording as if each of its frames were a photograph: nothing is followed from one to the next, each is read by
/// itself. Disposes the recording with itself.</summary>
internal sealed class LoneFrames(ICameraSource recording) : ICameraSource
{
    public string Name => recording.Name;

    public bool IsLive => false;

    public bool IsStill => true;

    public CameraHealth Health => recording.Health;

    public IAsyncEnumerable<Frame> ReadAsync(CancellationToken cancel) => recording.ReadAsync(cancel);

    public ValueTask DisposeAsync() => recording.DisposeAsync();
}
