using System.Runtime.InteropServices;

namespace Edge.Agent.Doctor;

/// <summary>Which software this is.</summary>
internal static class VersionRows
{
    public static IEnumerable<Finding> Look(Patient patient)
    {
        yield return patient.Health is { Software: var runs } && runs != AgentHost.Software
            ? Finding.Bad("edge-agent", $"{AgentHost.Software} is installed, {runs} runs", "systemctl restart edge-agent")
            : Finding.Good("edge-agent", AgentHost.Software);
        yield return Finding.Good("system",
            $"{System(patient)}, kernel {patient.Machine.Read("/proc/sys/kernel/osrelease")}, {RuntimeInformation.ProcessArchitecture}, .NET {Environment.Version}");
        if (patient.Configuration?.Cameras.Any(camera => camera.Source.StartsWith("rtsp", StringComparison.Ordinal)) != true) yield break;
        var ffmpeg = patient.Machine.Run("/usr/bin/ffmpeg", ["-version"])?.Text.Split('\n')[0].Split(' ');
        yield return ffmpeg is ["ffmpeg", "version", var version, ..] ? Finding.Good("ffmpeg", version) : Finding.Bad("ffmpeg",
            "is not there, and decodes RTSP", "apt-get install ffmpeg");
    }

    private static string System(Patient patient) => (patient.Machine.Read("/etc/os-release") ?? "").Split('\n')
        .FirstOrDefault(line => line.StartsWith("PRETTY_NAME=", StringComparison.Ordinal))?["PRETTY_NAME=".Length..].Trim('"') ?? "unknown system";
}
