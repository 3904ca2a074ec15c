using Edge.Agent.Door;
using Edge.Vision;
using Edge.Vision.Aiming;
using Edge.Vision.Capture;
using Edge.Vision.Onnx;
using Microsoft.Extensions.Logging;

namespace Edge.Agent.Seeing;

/// <summary>The cameras of one configuration, from open to closed. Another configuration keeps those that it leaves as they are.</summary>
/// <param name="loop">Makes the loop of a camera.</param>
internal sealed class OpenCameras(string modelFolder, PlateModels models, Func<ICameraSource, PlatePipeline, string, CameraLoop> loop, TimeProvider time,
    ILoggerFactory logs)
    : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private volatile IReadOnlyList<OpenCamera> _open = [];
    private long _framesBefore; // of cameras that were let go of
    private Exception? _failure;

    /// <summary>Opens models and sources; no frame is read yet.</summary>
    /// <exception cref="ModelException">A model is missing, is not what its manifest says, or cannot keep what the gate promises.</exception>
    /// <exception cref="CaptureException">A source is not there, or OpenCV does not load.</exception>
    public static async Task<OpenCameras> OpenAsync(ToVision.Configure wanted, Func<ICameraSource, PlatePipeline, string, CameraLoop> loop, TimeProvider time,
        ILoggerFactory logs)
    {
        var opened = new OpenCameras(wanted.ModelFolder, PlateModels.Open(wanted.ModelFolder), loop, time, logs);
        try
        {
            opened._open = await opened.NextAsync(wanted);
            return opened;
        }
        catch
        {
            await opened.DisposeAsync();
            throw;
        }
    }

    /// <summary>Where the models are that these cameras are read with.</summary>
    public string ModelFolder => modelFolder;

    /// <summary>Frames taken since they were opened.</summary>
    public long Frames => Interlocked.Read(ref _framesBefore) + _open.Sum(camera => camera.Loop.Frames);

    /// <summary>Each, in the order of the configuration.</summary>
    public IEnumerable<CameraLoop> Loops => _open.Select(camera => camera.Loop);

    /// <summary>Where somebody looks through the camera at a place; null if there is none.</summary>
    public AimWindow? Aim(int place) => _open.ElementAtOrDefault(place)?.Loop.Aim;

    /// <summary>The place of a camera in the configuration; null if it is not in it.</summary>
    public int? PlaceOf(string name) => _open.Index().Where(camera => camera.Item.Name == name).Select(camera => (int?)camera.Index).FirstOrDefault();

    /// <summary>Recordings that are over, and whether they were read to their end.</summary>
    public IEnumerable<(int Place, bool Whole)> Over => _open.Index().Where(one => one.Item.IsOver).Select(one => (one.Index, one.Item.IsWhole));

    /// <summary>True once every recording is over; cameras never are.</summary>
    public bool IsOver => _open.Count > 0 && _open.All(camera => camera.IsOver);

    /// <summary>Why the first camera that failed did; another failure counts for more than a recording's.</summary>
    public Exception? Failure => _failure;

    /// <summary>Reads frames of those that do not yet.</summary>
    /// <param name="failed">Told of each camera that fails.</param>
    public void Start(Action<Exception> failed)
    {
        foreach (var camera in _open) camera.Start((one, stop) => RunAsync(one, failed, stop));
    }

    /// <summary>Opens what another configuration of the same models has that this one has not; nothing changes before <see cref="AdoptAsync"/>.</summary>
    /// <returns>Its cameras in order, those that stay among them.</returns>
    /// <exception cref="ModelException">The models cannot keep what the gate promises.</exception>
    /// <exception cref="CaptureException">A source is not there.</exception>
    public async Task<IReadOnlyList<OpenCamera>> NextAsync(ToVision.Configure wanted)
    {
        var (next, added) = (new List<OpenCamera>(), new List<OpenCamera>());
        try
        {
            foreach (var camera in wanted.Cameras)
            {
                var asked = Asked(wanted, camera);
                if (_open.FirstOrDefault(one => one.IsAskedAs(asked)) is { } stays)
                {
                    next.Add(stays);
                    continue;
                }
                var pipeline = PlatePipeline.Open(models, camera.Pipeline with { Gate = wanted.Gate, Rules = wanted.Rules }, time);
                try
                {
                    added.Add(new OpenCamera(camera.Name, asked,
                        loop(CameraSources.Open(new CameraOptions(camera.Name, camera.Source), time, logs.CreateLogger("camera")), pipeline, camera.Name)));
                }
                catch
                {
                    pipeline.Dispose();
                    throw;
                }
                next.Add(added[^1]);
            }
            return next;
        }
        catch
        {
            foreach (var camera in added) await camera.DisposeAsync();
            throw;
        }
    }

    /// <summary>Lets go of what another configuration does not have: who is before such a camera is still decided on.</summary>
    public Task EndOthersAsync(IReadOnlyList<OpenCamera> next, TimeSpan within) =>
        Task.WhenAll(_open.Except(next).Select(camera => camera.EndAsync(within, time)));

    /// <summary>These it is now; what is not among them is closed.</summary>
    public async Task AdoptAsync(IReadOnlyList<OpenCamera> next)
    {
        var gone = _open.Except(next).ToList();
        Interlocked.Add(ref _framesBefore, gone.Sum(camera => camera.Loop.Frames));
        _open = next;
        foreach (var camera in gone) await camera.DisposeAsync();
    }

    /// <summary>Reads no more; what is being tracked is forgotten unread.</summary>
    public async Task StopAsync()
    {
        foreach (var camera in _open) await camera.StopAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        foreach (var camera in _open) await camera.DisposeAsync();
        models.Dispose();
    }

    private static byte[] Asked(ToVision.Configure wanted, Configuration.CameraConfiguration camera)
    {
        using var written = (wanted with { Cameras = [camera] }).Write();
        return written.Message.ToArray();
    }

    private async Task RunAsync(CameraLoop camera, Action<Exception> failed, CancellationToken stop)
    {
        try
        {
            await camera.RunAsync(stop);
        }
        catch (Exception failure)
        {
            lock (_gate)
                if (_failure is null || (_failure is CaptureException && failure is not CaptureException)) _failure = failure;
            failed(failure);
            throw;
        }
    }
}
