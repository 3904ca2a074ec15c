using Edge.Agent.Door;
using Edge.Vision;
using Edge.Vision.Aiming;
using Edge.Vision.Capture;
using Edge.Vision.Onnx;
using Microsoft.Extensions.Logging;

namespace Edge.Agent.Seeing;

/// <summary>The cameras of one configuration, from open to closed.</summary>
internal sealed class OpenCameras : IAsyncDisposable
{
    private readonly PlateModels _models;
    private readonly List<CameraLoop> _loops = [];
    private readonly CancellationTokenSource _stop = new();
    private Task[] _running = [];
    private Exception? _failure;

    private OpenCameras(PlateModels models) => _models = models;

    /// <summary>Opens models and sources; no frame is read yet.</summary>
    /// <param name="loop">Makes the loop of the camera at a place.</param>
    /// <exception cref="ModelException">A model is missing, is not what its manifest says, or cannot keep what the gate promises.</exception>
    /// <exception cref="CaptureException">A source is not there, or OpenCV does not load.</exception>
    public static async Task<OpenCameras> OpenAsync(ToVision.Configure wanted, Func<int, ICameraSource, PlatePipeline, string, CameraLoop> loop, TimeProvider time,
        ILoggerFactory logs)
    {
        var opened = new OpenCameras(PlateModels.Open(wanted.ModelFolder));
        try
        {
            foreach (var (place, camera) in wanted.Cameras.Index())
            {
                var pipeline = PlatePipeline.Open(opened._models, camera.Pipeline with { Gate = wanted.Gate, Rules = wanted.Rules }, time);
                try
                {
                    opened._loops.Add(loop(place, CameraSources.Open(new CameraOptions(camera.Name, camera.Source), time, logs.CreateLogger("camera")), pipeline, camera.Name));
                }
                catch
                {
                    pipeline.Dispose();
                    throw;
                }
            }
            return opened;
        }
        catch
        {
            await opened.DisposeAsync();
            throw;
        }
    }

    /// <summary>Frames taken since they were opened.</summary>
    public long Frames => _loops.Sum(loop => loop.Frames);

    public IEnumerable<(CameraHealth Health, double? Brightness)> Health => _loops.Select(loop => (loop.Health, loop.Brightness));

    /// <summary>Where somebody looks through the camera at a place; null if there is none.</summary>
    public AimWindow? Aim(int place) => _loops.ElementAtOrDefault(place)?.Aim;

    /// <summary>Recordings that are over, and whether they were read to their end.</summary>
    public IEnumerable<(int Place, bool Whole)> Over => _stop.IsCancellationRequested ? [] :
        _running.Index().Where(one => one.Item.IsCompleted).Select(one => (one.Index, one.Item.IsCompletedSuccessfully));

    /// <summary>True once every recording is over; cameras never are.</summary>
    public bool IsOver => _running.Length > 0 && _running.All(one => one.IsCompleted);

    /// <summary>Why the first camera that failed did; another failure counts for more than a recording's.</summary>
    public Exception? Failure => _failure;

    /// <summary>Reads frames; a second call does nothing.</summary>
    /// <param name="failed">Told of each camera that fails.</param>
    public void Start(Action<Exception> failed)
    {
        if (_running.Length > 0) return;
        _running = [.. _loops.Select(loop => Task.Run(() => RunAsync(loop, failed), CancellationToken.None))];
    }

    /// <summary>Reads no more; what is being tracked is forgotten unread.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        // Every loop is waited for, also after a failure: what it uses must not be closed under it.
        foreach (var one in _running) await one.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        foreach (var loop in _loops) await loop.DisposeAsync();
        _models.Dispose();
        _stop.Dispose();
    }

    private async Task RunAsync(CameraLoop loop, Action<Exception> failed)
    {
        try
        {
            await loop.RunAsync(_stop.Token);
        }
        catch (Exception failure)
        {
            lock (_loops)
                if (_failure is null || (_failure is CaptureException && failure is not CaptureException)) _failure = failure;
            failed(failure);
            throw;
        }
    }
}
