using System.Globalization;

namespace Edge.Agent.Doctor;

/// <summary>The configuration file.</summary>
internal static class ConfigurationRows
{
    public static IEnumerable<Finding> Look(Patient patient)
    {
        var file = patient.ConfigurationFile;
        foreach (var problem in patient.Problems)
            yield return Finding.Bad(Path.GetFileName(file), $"{problem}", File.Exists(file) ? $"correct it, then: edge-agent config check {file}"
                : "sudo edge-agent setup");
        if (patient.Configuration is not { } configuration) yield break;
        yield return Finding.Good(Path.GetFileName(file), string.Create(CultureInfo.InvariantCulture,
            $"{configuration.Cameras.Count} camera(s), broker {configuration.Broker}"));
        // A camera's password may be in it.
        if ((File.GetUnixFileMode(file) & (UnixFileMode.OtherRead | UnixFileMode.OtherWrite)) != 0 && configuration.Cameras.Any(camera =>
            camera.Source.Contains('@', StringComparison.Ordinal)))
            yield return Finding.Warning("who can read it", "everybody on this machine, cameras' passwords included", $"chmod 640 {file}");
    }
}
