using System.Globalization;
using System.Text.RegularExpressions;

namespace Edge.Agent.Doctor;

/// <summary>The units under systemd: run, will run after a reboot, and are shut in.</summary>
internal static partial class ServiceRows
{
    /// <summary>What the shipped units keep with cameras and pins, and a little for what a newer systemd rates anew.</summary>
    private const double MostExposure = 2.0;


    public static IEnumerable<Finding> Look(Patient patient)
    {
        yield return patient.Health switch
        {
            null => Finding.Skipped("agent", patient.NoHealth ?? "none runs"),
            { Stuck.Count: > 0 } stuck => Finding.Bad("agent", $"{string.Join(", ", stuck.Stuck)} should be over and is not",
                "systemctl restart edge-agent; then journalctl -u edge-agent"),
            { } runs => Finding.Good("agent", string.Create(CultureInfo.InvariantCulture, $"runs for {(runs.At - runs.Since).TotalHours:0.#} h")),
        };
        if (!patient.Machine.HasSystemd)
        {
            yield return Finding.Skipped("unit", "systemd does not run this machine");
            yield break;
        }
        foreach (var unit in new[] { "edge-agent", "edge-vision" })
            foreach (var finding in Look(patient, unit)) yield return finding;
    }

    private static IEnumerable<Finding> Look(Patient patient, string unit)
    {
        var active = patient.Machine.Run("systemctl", ["is-active", $"{unit}.service"])?.Text ?? "";
        yield return active switch
        {
            "active" => Finding.Good(unit, "active"),
            "activating" or "reloading" => Finding.Warning(unit, active),
            _ => Finding.Bad(unit, active.Length > 0 ? active : "unknown", $"systemctl start {unit}; if it does not stay: journalctl {Journal(unit)} -n 20"),
        };
        var enabled = patient.Machine.Run("systemctl", ["is-enabled", $"{unit}.service"])?.Text ?? "";
        yield return enabled == "enabled" ? Finding.Good($"{unit} after a reboot", "it starts") : Finding.Bad($"{unit} after a reboot", "it does not start",
            $"systemctl enable {unit}");
        var exposure = Exposure().Match(patient.Machine.Run("systemd-analyze", ["security", "--no-pager", $"{unit}.service"])?.Text ?? "");
        if (!exposure.Success) yield return Finding.Skipped($"{unit} hardening", "systemd-analyze does not say");
        else
        {
            var rated = double.Parse(exposure.Groups[1].Value, CultureInfo.InvariantCulture);
            var says = string.Create(CultureInfo.InvariantCulture, $"exposure {rated:0.0} of 10");
            yield return rated <= MostExposure ? Finding.Good($"{unit} hardening", says)
                : Finding.Warning($"{unit} hardening", says, $"see what a drop-in opened: systemctl cat {unit}; systemd-analyze security {unit}");
        }
    }

    private static string Journal(string unit) => unit == "edge-vision" ? "--namespace=edge-vision" : $"-u {unit}";

    [GeneratedRegex(@"Overall exposure level for \S+: ([0-9]+\.[0-9])", RegexOptions.CultureInvariant)]
    private static partial Regex Exposure();
}
