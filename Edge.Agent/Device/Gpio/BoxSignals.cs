using Edge.Agent.Publishing;
using Edge.Vision.Capture;

namespace Edge.Agent.Device.Gpio;

/// <summary>What of a box's health the light shows.</summary>
internal static class BoxSignals
{
    /// <param name="cameras">What each camera does; none before they are read.</param>
    public static BoxSignal Of(IReadOnlyCollection<CameraState> cameras, LinkLook link) =>
        cameras.Count == 0 || cameras.All(camera => camera == CameraState.Stopped) ? BoxSignal.Starting
        : cameras.Any(camera => camera is not CameraState.Running) ? BoxSignal.CameraTrouble
        : link.Broker is null ? BoxSignal.NoBroker : BoxSignal.Running;
}
