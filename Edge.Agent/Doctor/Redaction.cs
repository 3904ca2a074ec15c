using System.Text.RegularExpressions;

namespace Edge.Agent.Doctor;

/// <summary>Text that leaves the box for people who help: a word stays only if it is of a kind that no plate, case, key or password has, or is
/// known to be none. Everything else becomes <c>…</c>.</summary>
/// <remarks>Nothing of the kind is meant to be in the journal at all; this holds also where something went wrong. By what may stay and not by
/// what must go, because nobody can list what plates look like.</remarks>
/// <param name="known">Words that stay as they are: names of the box, its cameras, its broker.</param>
internal sealed partial class Redaction(IReadOnlySet<string> known)
{
    private static readonly HashSet<string> Terms = new(StringComparer.Ordinal)
    {
        "MQTT", "TLS", "CA", "CONNECT", "PUBACK", "DNS", "HTTP", "RTSP", "MJPEG", "ONNX", "OpenCV", "GTK", "TPM", "GPIO", "JSON", "PEM", "QR", "UTC",
            "READY", "STOPPING",
        "WATCHDOG", "SIGTERM", "SIGKILL", "NTP", ".NET", "CPU", "MiB", "KiB", "GiB", "edge-agent.service", "health.json", "edge.json", "clock.json",
            "timestamp.json", "snapshot.json",
        "targets.json", "root.json", "policy.json", "operators.json", "recipients.json", "grants.json",
    };

    /// <summary>The line with what may not leave replaced.</summary>
    public string Line(string text) => Word().Replace(text, word => May(word.Value) ? word.Value : "…");

    private bool May(string word)
    {
        if (known.Contains(word) || Terms.Contains(word) || Plain().IsMatch(word)) return true;
        // What is glued to a word by punctuation is not part of it.
        var core = word.Trim('(', ')', '[', ']', '{', '}', ',', ';', ':', '.', '\'', '"', '!', '?', '<', '>', '=');
        return core.Length == 0 || known.Contains(core) || Terms.Contains(core) || Plain().IsMatch(core)
            || core.Split(['=', '/', '[', ']', ':'], StringSplitOptions.RemoveEmptyEntries) is { Length: > 1 } parts && parts.All(part =>
                known.Contains(part) || Terms.Contains(part) || Plain().IsMatch(part));
    }

    [GeneratedRegex(@"\S+", RegexOptions.CultureInvariant)]
    private static partial Regex Word();

    // Lower-case words of at most 24 letters, capitalised ones, numbers of at most three digits with a unit, dates with times, versions, signs.
    [GeneratedRegex(@"\A(?:[a-z]+(?:['_.-][a-z]+){0,4}(?<=\A.{1,24})|[A-Z][a-z]{1,20}|-?[0-9]{1,3}(?:[.,][0-9]{1,3})?(?:s|ms|h|%|px)?|[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9:.]+)?Z?|[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?Z?|[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{1,3}|[^A-Za-z0-9]+)\z",
        RegexOptions.CultureInvariant)]
    private static partial Regex Plain();
}
