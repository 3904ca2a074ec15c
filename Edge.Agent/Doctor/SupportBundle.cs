using System.Formats.Tar;
using System.Globalization;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Edge.Agent.Configuration;
using Edge.Agent.Device;
using Edge.Storage.Json;
using Edge.Vision.Tracking;

namespace Edge.Agent.Doctor;

/// <summary>What somebody who helps needs to see of a box, in one archive: never a plate, a case, a key or a password. Nothing is copied from the
/// state folder; what was written by anybody else than this program goes through <see cref="Redaction"/>.</summary>
internal sealed class SupportBundle(Patient patient)
{
    // Each with what selects its journal: vision's is a namespace of its own, kept in memory alone.
    private static readonly (string Unit, string[] Journal)[] Units =
        [("edge-agent.service", ["-u", "edge-agent.service"]), ("edge-vision.service", ["--namespace=edge-vision"])];

    private const int JournalLines = 2000;

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Redaction _redaction = new(Known(patient));

    /// <summary>Writes a gzipped tar archive.</summary>
    public async Task WriteAsync(Stream to, CancellationToken cancel)
    {
        var now = patient.Time.GetUtcNow();
        await using var zip = new GZipStream(to, CompressionLevel.Optimal, leaveOpen: true);
        await using var tar = new TarWriter(zip, TarEntryFormat.Ustar);
        foreach (var (name, text) in await FilesAsync(cancel))
            await tar.WriteEntryAsync(new UstarTarEntry(TarEntryType.RegularFile, $"edge-support/{name}")
            {
                DataStream = new MemoryStream(Encoding.UTF8.GetBytes(text)), ModificationTime = now, Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            }, cancel);
    }

    private async Task<IReadOnlyList<(string Name, string Text)>> FilesAsync(CancellationToken cancel)
    {
        var checkup = await Checkup.RunAsync(patient, Checkup.All, cancel);
        return
        [
            ("versions.json", Versions().ToJsonString(Indented)),
            ("configuration.json", Configuration()),
            ("doctor.json", Redacted(checkup).ToJson(patient)),
            ("health.json", patient.Health is { } health ? HealthFile.ToJson(Redacted(health)) : JsonSerializer.Serialize(new { none = patient.NoHealth },
                Indented)),
            ("journal.txt", string.Concat(Units.Select(one => $"== {one.Unit}\n{Journal(one.Journal)}"))),
            ("unit.txt", string.Concat(Units.Select(one => $"== {one.Unit}\n{UnitFiles(one.Unit)}"))),
        ];
    }

    private JsonObject Versions() => new()
    {
        ["made"] = JsonTime.Write(patient.Time.GetUtcNow()), ["software"] = AgentHost.Software, ["runtime"] = Environment.Version.ToString(),
        ["architecture"] = RuntimeInformation.ProcessArchitecture.ToString(), ["kernel"] = patient.Machine.Read("/proc/sys/kernel/osrelease"),
        ["system"] = _redaction.Line(patient.Machine.Read("/etc/os-release") ?? ""), ["uptime"] = patient.Machine.Read("/proc/uptime"),
    };

    /// <summary>Written anew from what was understood, so that nothing is in it that nobody thought of.</summary>
    private string Configuration()
    {
        if (patient.Configuration is not { } read)
            return new JsonObject { ["problems"] = new JsonArray([.. patient.Problems.Select(problem =>
                (JsonNode)_redaction.Line($"{problem}"))]) }.ToJsonString(Indented);
        var gate = read.Gate;
        return new JsonObject
        {
            ["stateFolder"] = Folder(read.StateFolder), ["modelFolder"] = Folder(read.ModelFolder), ["enrolmentFolder"] = Folder(read.EnrolmentFolder),
            ["trustFolder"] = Folder(read.TrustFolder), ["runFolder"] = Folder(read.RunFolder), ["outboxMegabytes"] = read.OutboxMegabytes,
            ["brokers"] = new JsonArray([.. read.StandIns.Prepend(read.Broker).Select(broker => (JsonNode)broker.ToString())]),
            ["cameras"] = new JsonArray([.. read.Cameras.Select(camera => (JsonNode)Camera(camera))]),
            ["gate"] = new JsonObject { ["detector"] = gate.Detector, ["maximumWrongReadRate"] = gate.MaximumWrongReadRate, ["evidence"] = gate.Evidence,
                ["frames"] = gate.Frames },
            ["rules"] = read.Rules is not null,
        }.ToJsonString(Indented);
    }

    private string Folder(string folder) => _redaction.Line(folder);

    private static JsonObject Camera(CameraConfiguration camera) => new()
    {
        ["name"] = camera.Name, ["source"] = Kind(camera.Source), ["motionGate"] = camera.Pipeline.MotionGate,
            ["minimumPlateHeight"] = camera.Pipeline.MinimumPlateHeight,
    };

    // No host and no path: passwords stand in both in practice, and who helps does not need them.
    private static string Kind(string source) => source.IndexOf("://", StringComparison.Ordinal) is > 0 and < 8 and var end ? $"{source[..end]}://…"
        : source.StartsWith("/dev/video", StringComparison.Ordinal) && source.Length <= 12 ? source : "a file or folder";

    private Checkup Redacted(Checkup checkup) => new([.. checkup.Groups.Select(group =>
        (group.Group, (IReadOnlyList<Finding>)[.. group.Rows.Select(row => row with
            { Row = _redaction.Line(row.Row), Says = _redaction.Line(row.Says), Mend = row.Mend is { } mend ? _redaction.Line(mend) : null })]))]);

    private BoxHealth Redacted(BoxHealth health) => health with
    {
        Cameras = [.. health.Cameras.Select(camera => camera with { Health = camera.Health with { LastError = camera.Health.LastError is { } error
            ? _redaction.Line(error) : null } })],
        Link = health.Link with { Reason = health.Link.Reason is { } reason ? _redaction.Line(reason) : null },
        Stuck = [.. health.Stuck.Select(_redaction.Line)],
    };

    private string Journal(string[] selection)
    {
        if (patient.Machine.Run("journalctl", [.. selection, "-n", JournalLines.ToString(CultureInfo.InvariantCulture), "--no-pager", "-o", "json",
            "--output-fields=MESSAGE,PRIORITY"]) is not { Code: 0 } said)
            return "journalctl is not here, or gave nothing\n";
        var text = new StringBuilder();
        foreach (var line in said.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            if (Entry(line) is { } entry) text.Append(entry).Append('\n');
        return text.ToString();
    }

    private string? Entry(string line)
    {
        try
        {
            using var entry = JsonDocument.Parse(line);
            var root = entry.RootElement;
            if (!root.TryGetProperty("MESSAGE", out var message) || message.ValueKind != JsonValueKind.String) return null;
            var time = root.TryGetProperty("__REALTIME_TIMESTAMP", out var at) && long.TryParse(at.GetString(), NumberStyles.None,
                CultureInfo.InvariantCulture, out var microseconds)
                ? JsonTime.WriteMilliseconds(DateTimeOffset.UnixEpoch.AddMicroseconds(microseconds)) : "-";
            return $"{time} {_redaction.Line(message.GetString()!.ReplaceLineEndings(" "))}";
        }
        catch (Exception malformed) when (malformed is JsonException or ArgumentOutOfRangeException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>The unit and its drop-ins. What is set in an environment or as a credential may be a password.</summary>
    private string UnitFiles(string unit)
    {
        if (patient.Machine.Run("systemctl", ["cat", "--no-pager", unit]) is not { Code: 0 } said) return "systemctl is not here, or knows no such unit\n";
        var text = new StringBuilder();
        foreach (var line in said.Text.Split('\n'))
        {
            var at = line.IndexOf('=', StringComparison.Ordinal);
            text.Append(at > 0 && (line.StartsWith("Environment", StringComparison.Ordinal) || line.Contains("Credential", StringComparison.Ordinal))
                ? $"{line[..at]}=…"
                : line.StartsWith('#') || at < 0 ? _redaction.Line(line) : $"{line[..at]}={Value(line[(at + 1)..])}").Append('\n');
        }
        return text.ToString();
    }

    // What a shipped unit says stays whole; what somebody added goes through.
    private string Value(string value) => Shipped.Contains(value) ? value : _redaction.Line(value);

    private HashSet<string> Shipped => field ??= new(
        Units.SelectMany(one => (patient.Machine.Read($"/lib/systemd/system/{one.Unit}") ?? "").Split('\n')).Select(line => line[(line.IndexOf('=',
            StringComparison.Ordinal) + 1)..]), StringComparer.Ordinal);

    private static HashSet<string> Known(Patient patient)
    {
        var known = new HashSet<string>(StringComparer.Ordinal) { AgentHost.Software };
        if (patient.Configuration is { } configuration)
        {
            foreach (var broker in configuration.StandIns.Prepend(configuration.Broker)) known.UnionWith([broker.ToString(), broker.Host]);
            known.UnionWith(configuration.Cameras.Select(camera => camera.Name));
        }
        if (patient.Enrolment is { IsEnrolled: true } enrolment && enrolment.Name() is var box) known.UnionWith([box.Agency, box.Box, box.ToString()]);
        return known;
    }
}
