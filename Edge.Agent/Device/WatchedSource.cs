using System.Runtime.CompilerServices;
using Edge.Vision.Capture;

namespace Edge.Agent.Device;

/// <summary>A camera whose frames are on time once they are there: from being handed over until the next one is asked for, the
/// pipeline is at work. Waiting for the camera is no work.</summary>
internal sealed class WatchedSource(ICameraSource source, PipelineProgress.Step examining) : ICameraSource
{
    public string Name => source.Name;

    public bool IsLive => source.IsLive;

    public bool IsStill => source.IsStill;

    public CameraHealth Health => source.Health;

    public async IAsyncEnumerable<Frame> ReadAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        try
        {
            await foreach (var frame in source.ReadAsync(cancel))
            {
                examining.Turn();
                yield return frame;
                examining.Rest();
            }
        }
        finally
        {
            examining.Rest();
        }
    }

    public ValueTask DisposeAsync() => source.DisposeAsync();
}
