using System.Globalization;
using Edge.Agent.Configuration;
using Edge.Storage.Json;

namespace Edge.Agent.Doctor;

/// <summary>The configuration file.</summary>
internal static class ConfigurationRows
{
    public static IEnumerable<Finding> Look(Patient patient)
    {
        var file = patient.ConfigurationFile;
        if (patient.Health?.Configuration?.Refused is { } refused)
            yield return Finding.Bad("reload",
                $"the running agent goes on with the configuration of {JsonTime.Write(patient.Health.Configuration.Since)}; at {JsonTime.Write(refused.At)} it refused another: {refused.Reason}",
                refused.Reason.Contains("systemctl restart", StringComparison.Ordinal) ? "systemctl restart edge-agent"
                : $"correct {file}, then: systemctl reload edge-agent");
        foreach (var problem in patient.Problems)
            yield return Finding.Bad(Path.GetFileName(file), $"{problem}", File.Exists(file) ? $"correct it, then: edge-agent config check {file}"
                : "sudo edge-agent setup");
        if (patient.Configuration is not { } configuration) yield break;
        yield return Finding.Good(Path.GetFileName(file), string.Create(CultureInfo.InvariantCulture,
            $"{configuration.Cameras.Count} camera(s), broker {configuration.Broker}"));
        if (patient.Health?.Configuration is { } running && ConfigurationKeys.Between(running.Keys, configuration.Keys) is { Count: > 0 } changed
            && running.Refused is null)
            yield return Finding.Warning("not in force", $"{string.Join(", ", changed)}: changed since the agent read the file",
                ConfigurationKeys.NeedingARestart(changed).Count > 0 ? "systemctl restart edge-agent" : "systemctl reload edge-agent");
        // A camera's password may be in it.
        if ((File.GetUnixFileMode(file) & (UnixFileMode.OtherRead | UnixFileMode.OtherWrite)) != 0 && configuration.Cameras.Any(camera =>
            camera.Source.Contains('@', StringComparison.Ordinal)))
            yield return Finding.Warning("who can read it", "everybody on this machine, cameras' passwords included", $"chmod 640 {file}");
    }
}
