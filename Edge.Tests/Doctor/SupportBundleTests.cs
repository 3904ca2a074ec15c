using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Edge.Agent.Device;
using Edge.Agent.Doctor;
using Edge.Agent.Hub;
using Edge.Agent.Publishing;
using Edge.Tests.Device;
using Edge.Tests.Matching;
using Edge.Tests.Support;

namespace Edge.Tests.Doctor;

public sealed class SupportBundleTests : IDisposable
{
    private const string Plate = "QX98765";
    private const string Case = "2026-0117";
    private const string Key = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";
    private const string Password = "Hush4you";

    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task No_plate_no_case_no_key_and_no_password_is_in_it_wherever_they_lie(bool refusedConfiguration)
    {
        using (var agency = Agency.Create(_folder.File("city"), new AgencyPlan { Agency = "riverton", Cost = Lists.Cheap }, Now, null, out _)!)
            Directory.Move(agency.PrepareBox("box-1", Now), _folder.File("box"));
        foreach (var planted in new[] { "box/state/note", "box/enrolment/note", "box/state/keys/note", "box/state/audit/note", "box/state/orders-inbox/note",
            "run/note", "machine/etc/os-release" })
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_folder.File(planted))!);
            await File.WriteAllTextAsync(_folder.File(planted), $"NAME=\"{Plate}\" {Case} {Key} {Password}", TestContext.Current.CancellationToken);
        }
        await File.WriteAllTextAsync(_folder.File("edge.json"), $$"""
            {
              "stateFolder": "{{_folder.File("box/state")}}", "enrolmentFolder": "{{_folder.File("box/enrolment")}}", "runFolder": "{{_folder.File("run")}}",
              "broker": { "host": "broker.city.example" }, {{(refusedConfiguration ? $"\"{Plate}\": \"{Case}\", \"{Key}\": 1, \"{Password}\": 2," : "")}}
              "cameras": [
                { "name": "lane-1", "source": "rtsp://eye:{{Password}}@10.0.0.7/{{Plate}}?key={{Key}}&case={{Case}}" }, { "name": "lane-2", "source": "/dev/video9{{Plate}}" }
              ]
            }
            """, TestContext.Current.CancellationToken);
        var said = $"no answer from {Plate}, case {Case}: {Key} ({Password}); plate={Plate} [{Case}] \"{Key}\"";
        var patient = Patient.Of(_folder.File("edge.json"), new TalkativeMachine(_folder.File("machine"), said), TimeProvider.System, offline: true) with
        {
            Health = HealthFileTests.Health(Now, error: said) with { Link = new LinkLook(null, Now, said), Stuck = [said] },
        };

        using var archive = new MemoryStream();
        await new SupportBundle(patient).WriteAsync(archive, TestContext.Current.CancellationToken);
        var files = Read(archive);

        Assert.Equal(["configuration.json", "doctor.json", "health.json", "journal.txt", "unit.txt", "versions.json"],
            files.Keys.Select(Path.GetFileName).Order());
        foreach (var (name, text) in files)
            foreach (var secret in new[] { Plate, Case, Key, Password })
                Assert.False(text.Contains(secret, StringComparison.OrdinalIgnoreCase), $"{secret} is in {name}");
        // And it is of use all the same.
        Assert.Contains("no answer from … case … … …", files["edge-support/journal.txt"], StringComparison.Ordinal);
        Assert.Contains("linked to broker.city.example:8883 as …", refusedConfiguration ? "linked to broker.city.example:8883 as …"
            : files["edge-support/journal.txt"], StringComparison.Ordinal);
        foreach (var unit in new[] { "edge-agent", "edge-vision" })
            Assert.All(["journal.txt", "unit.txt"], name => Assert.Contains($"== {unit}.service\n", files[$"edge-support/{name}"], StringComparison.Ordinal));
        Assert.Contains("WatchdogSec=60", files["edge-support/unit.txt"], StringComparison.Ordinal);
        Assert.Contains("Environment=…", files["edge-support/unit.txt"], StringComparison.Ordinal);
        if (!refusedConfiguration) Assert.Contains("\"source\": \"rtsp://…\"", files["edge-support/configuration.json"], StringComparison.Ordinal);
        using var doctor = JsonDocument.Parse(files["edge-support/doctor.json"]);
        Assert.True(doctor.RootElement.GetProperty("rows").GetArrayLength() > 10);
    }

    private static Dictionary<string, string> Read(MemoryStream archive)
    {
        var files = new Dictionary<string, string>(StringComparer.Ordinal);
        archive.Position = 0;
        using var tar = new TarReader(new GZipStream(archive, CompressionMode.Decompress));
        while (tar.GetNextEntry() is { } entry)
        {
            using var text = new StreamReader(entry.DataStream!);
            files.Add(entry.Name, text.ReadToEnd());
        }
        return files;
    }

    /// <summary>Its journal and its unit say what they must not.</summary>
    private sealed class TalkativeMachine(string root, string said) : Machine(root)
    {
        public override ProgramSaid? Run(string program, IReadOnlyList<string> arguments, ReadOnlyMemory<byte> input = default)
        {
            string[] journal = [said, "linked to broker.city.example:8883 as riverton-box-1", "read plate " + Plate];
            return program switch
            {
                "journalctl" => Said(string.Join('\n', journal.Select(line => JsonSerializer.Serialize(new Dictionary<string, string> { ["MESSAGE"] = line,
                    ["__REALTIME_TIMESTAMP"] = "1764143400000000" })))),
                "systemctl" => Said($"# {said}\n[Service]\nWatchdogSec=60\nEnvironment=PASSWORD={Password} {Plate}\nSetCredential=x:{Key}\nExecStartPost=/bin/echo {Plate} {Case} {Key} {Password}\nEnvironmentFile=/etc/{Case}"),
                _ => Said($"{said}"),
            };
        }

        private static ProgramSaid Said(string text) => new(0, Encoding.UTF8.GetBytes(text), "");
    }
}
