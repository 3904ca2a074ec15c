using System.Globalization;
using Edge.Agent.Configuration;
using Edge.Agent.Device;
using Edge.Vision.Aiming;
using Edge.Vision.Capture;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Agent.Doctor;

/// <summary>The cameras: from the running agent, which has them open; else each is opened for a few seconds.</summary>
internal static class CameraRows
{
    /// <summary>Below it a passing vehicle is seen once, and a read needs two frames.</summary>
    private const double FewFrames = 5;

    private const double MostBlur = 100 * AimLimits.MostBlur;

    private static readonly TimeSpan Trial = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    public static async Task<IReadOnlyList<Finding>> LookAsync(Patient patient, CancellationToken cancel)
    {
        if (patient.Configuration is not { } configuration) return [Finding.Skipped("cameras", "there is no usable configuration")];
        if (patient.Health is { } health) return [.. health.Cameras.Select(camera => Row(camera, configuration, patient.ConfigurationFile))];
        // Of no camera's making, and the row of the decoder says what mends it.
        if (CameraSources.Missing() is not null) return [Finding.Skipped("cameras", "nothing here decodes pictures: see decoder")];
        var rows = new List<Finding>();
        foreach (var camera in configuration.Cameras)
            rows.Add(patient.Offline && camera.Source.Contains("://", StringComparison.Ordinal) ? Finding.Skipped(camera.Name,
                "over the network, and --offline was given")
                : await TryAsync(camera, patient, cancel));
        return rows;
    }

    private static Finding Row(CameraLook camera, AgentConfiguration configuration, string file)
    {
        var source = configuration.Cameras.FirstOrDefault(one => one.Name == camera.Name)?.Source ?? "";
        var rate = camera.FramesPerSecond is { } frames ? string.Create(CultureInfo.InvariantCulture, $"{frames:0.#} frames a second") : "no rate yet";
        var says = string.Create(CultureInfo.InvariantCulture,
            $"{camera.Health.State.ToString().ToLowerInvariant()}, {rate}, {Plates(camera)}, {camera.Health.Reconnects} reconnect(s)");
        return camera.Health.State switch
        {
            CameraState.Running when camera.FramesPerSecond is < FewFrames => Finding.Warning(camera.Name, says,
                "raise the camera's frame rate; vehicles that pass need several frames"),
            CameraState.Running when camera.PlateHeight is { } height && height < AimLimits.LeastPlateHeight => Finding.Warning(camera.Name, says,
                string.Create(CultureInfo.InvariantCulture,
                    $"zoom in, or aim it nearer: reads fall below {AimLimits.LeastPlateHeight:0} px; the console's page Aim shows it while you turn")),
            CameraState.Running when camera.Blur > MostBlur => Finding.Warning(camera.Name, says,
                "clean the lens and turn its focus ring; by day shorten the camera's exposure time, for vehicles that move; the console's page Aim shows it while you turn"),
            CameraState.Running => Finding.Good(camera.Name, says),
            CameraState.Starting when camera.Health.LastError is null => Finding.Warning(camera.Name, says),
            CameraState.Stopped => Finding.Warning(camera.Name, says, "a recording is over; the service reads it again at its next start"),
            _ => Finding.Bad(camera.Name, camera.Health.LastError is { } error ? $"{says}: {error}" : says, Mend(source, file)),
        };
    }

    /// <summary>How the plates stand in its picture, for <c>status</c> too.</summary>
    public static string Plates(CameraLook camera) => camera is { PlateHeight: { } height, Blur: { } blur }
        ? string.Create(CultureInfo.InvariantCulture, $"plates {height} px high, blur {blur} %") : "no plate seen yet";

    private static async Task<Finding> TryAsync(CameraConfiguration camera, Patient patient, CancellationToken cancel)
    {
        var time = patient.Time;
        using var patience = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancel);
        var (frames, size, since) = (0, "", 0L);
        string? error = null;
        var live = false;
        try
        {
            await using var source = CameraSources.Open(new CameraOptions(camera.Name, camera.Source), time, NullLogger.Instance);
            live = source.IsLive;
            try
            {
                await foreach (var frame in source.ReadAsync(either.Token))
                    using (frame)
                    {
                        if (frames++ == 0) (size, since) = (string.Create(CultureInfo.InvariantCulture, $"{frame.Width}x{frame.Height}"), time.GetTimestamp());
                        if (!live || time.GetElapsedTime(since) >= Trial) break;
                    }
            }
            catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
            {
                error = source.Health.LastError;
            }
        }
        catch (CaptureException refused)
        {
            error = refused.Message;
        }
        if (frames == 0) return Finding.Bad(camera.Name, error ?? "no frame within 15 s", Mend(camera.Source, patient.ConfigurationFile));
        if (!live) return Finding.Good(camera.Name, $"a file or folder of pictures, {size}");
        var rate = (frames - 1) / Math.Max(time.GetElapsedTime(since).TotalSeconds, 0.001);
        var says = string.Create(CultureInfo.InvariantCulture, $"{size}, {rate:0.#} frames a second");
        return rate < FewFrames ? Finding.Warning(camera.Name, says, "raise the camera's frame rate; vehicles that pass need several frames")
            : Finding.Good(camera.Name, says);
    }

    private static string Mend(string source, string configuration) => source.StartsWith("/dev/video", StringComparison.Ordinal)
        ? "plug the camera in and look at ls /dev/video*; for the service, install local-camera.conf (docs/install.md)"
        : source.Contains("://", StringComparison.Ordinal)
        ? $"look at its power and cable, then its address and password in {configuration}; for the service, install network-camera.conf (docs/install.md)"
            : $"correct cameras[].source in {configuration}";
}
