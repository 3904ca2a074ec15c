using System.Globalization;
using System.Text.RegularExpressions;

namespace Edge.Agent.Doctor;

/// <summary>The unit under systemd: runs, will run after a reboot, and is shut in.</summary>
internal static partial class ServiceRows
{
    /// <summary>What the shipped unit keeps with a local camera, and a little for what a newer systemd rates anew.</summary>
    private const double MostExposure = 2.0;

    private const string Unit = "edge-agent.service";

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
        var active = patient.Machine.Run("systemctl", ["is-active", Unit])?.Text ?? "";
        yield return active switch
        {
            "active" => Finding.Good("unit", "active"),
            "activating" or "reloading" => Finding.Warning("unit", active),
            _ => Finding.Bad("unit", active.Length > 0 ? active : "unknown", "systemctl start edge-agent; if it does not stay: journalctl -u edge-agent -n 20"),
        };
        var enabled = patient.Machine.Run("systemctl", ["is-enabled", Unit])?.Text ?? "";
        yield return enabled == "enabled" ? Finding.Good("after a reboot", "it starts") : Finding.Bad("after a reboot", "it does not start",
            "systemctl enable edge-agent");
        var exposure = Exposure().Match(patient.Machine.Run("systemd-analyze", ["security", "--no-pager", Unit])?.Text ?? "");
        if (!exposure.Success) yield return Finding.Skipped("hardening", "systemd-analyze does not say");
        else
        {
            var rated = double.Parse(exposure.Groups[1].Value, CultureInfo.InvariantCulture);
            var says = string.Create(CultureInfo.InvariantCulture, $"exposure {rated:0.0} of 10");
            yield return rated <= MostExposure ? Finding.Good("hardening", says)
                : Finding.Warning("hardening", says, "see what a drop-in opened: systemctl cat edge-agent; systemd-analyze security edge-agent");
        }
    }

    [GeneratedRegex(@"Overall exposure level for \S+: ([0-9]+\.[0-9])", RegexOptions.CultureInvariant)]
    private static partial Regex Exposure();
}
