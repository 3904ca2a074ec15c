using Edge.Agent.Device;
using Edge.Vision.Capture;

namespace Edge.Agent.Door;

/// <summary>The cameras of one configuration as vision last said how they are. Thread-safe.</summary>
/// <param name="before">Those of the configuration before; null for none.</param>
internal sealed class SeenCameras(ToVision.Configure settings, TimeProvider time, SeenCameras? before = null)
{
    private readonly CameraLook[] _looks = [.. settings.Cameras.Select(camera => before?.Of(camera.Name) ??
        new CameraLook(camera.Name, new CameraHealth(CameraState.Starting, time.GetUtcNow(), 0, 0, 0, "waiting for the service that sees")))];
    private readonly int?[] _brightness = new int?[settings.Cameras.Count];
    private readonly bool[] _over = new bool[settings.Cameras.Count];

    public ToVision.Configure Settings => settings;

    public int Count => _over.Length;

    /// <summary>A camera whose recording could not be read to its end; null without one.</summary>
    public string? Broken { get; private set; }

    public bool AreOver => _over.All(over => over);

    public IReadOnlyList<CameraLook> Looks
    {
        get
        {
            lock (_looks) return [.. _looks];
        }
    }

    /// <summary>Mean over the cameras, 0 to 255; null before the first picture.</summary>
    public double? Brightness
    {
        get
        {
            lock (_looks) return _brightness.Average();
        }
    }

    public bool IsOver(int camera) => _over[camera];

    /// <summary>A recording is over.</summary>
    public void End(int camera, bool whole)
    {
        _over[camera] = true;
        if (!whole) Broken ??= settings.Cameras[camera].Name;
    }

    /// <summary>A vision that was started anew plays recordings anew; one that was not says it again.</summary>
    public void Begin()
    {
        Broken = null;
        Array.Clear(_over);
    }

    public void Take(int camera, ToAgent.CameraTally said)
    {
        lock (_looks)
        {
            var (name, earlier) = (_looks[camera].Name, _looks[camera].Health);
            _looks[camera] = new CameraLook(name, new CameraHealth(said.State, earlier.State == said.State ? earlier.Since : time.GetUtcNow(),
                said.Frames, said.Dropped, said.Reconnects, CameraFaults.Sentence(said.Fault) is { } sentence ? $"camera {name}: {sentence}" : null)
                    { Fault = said.Fault })
            {
                PlateHeight = said.Plates?.Height, Blur = said.Plates?.Blur,
            };
            _brightness[camera] = said.Brightness;
        }
    }

    /// <summary>Nobody says any more how the cameras are: what was said last is not repeated as if it were so.</summary>
    public void Unsee()
    {
        lock (_looks)
            for (var i = 0; i < _looks.Length; i++)
            {
                _brightness[i] = null;
                if (_over[i] || _looks[i].Health is { State: CameraState.Starting } or { State: CameraState.Stopped }) continue;
                _looks[i] = _looks[i] with
                {
                    Health = _looks[i].Health with { State = CameraState.Starting, Since = time.GetUtcNow(), Fault = CameraFault.None,
                        LastError = "waiting for the service that sees" },
                };
            }
    }

    private CameraLook? Of(string name) => Looks.FirstOrDefault(camera => camera.Name == name);
}
