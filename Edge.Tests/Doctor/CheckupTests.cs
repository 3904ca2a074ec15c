using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Edge.Agent.Cli;
using Edge.Agent.Device;
using Edge.Agent.Device.Gpio;
using Edge.Agent.Doctor;
using Edge.Agent.Hub;
using Edge.Agent.Publishing;
using Edge.Storage.Audit;
using Edge.Tests.Device;
using Edge.Tests.Matching;
using Edge.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace Edge.Tests.Doctor;

/// <summary>Each row of the doctor's report, on a machine that is a folder.</summary>
public sealed class CheckupTests : IDisposable
{
    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();

    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _time = new(Now);

    public void Dispose() => _folder.Dispose();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private Patient Patient(string settings = "", BrokerAddress? broker = null, BoxHealth? health = null, bool offline = false, bool enrolled = true)
    {
        if (enrolled && !Directory.Exists(_folder.File("box")))
        {
            using var agency = Agency.Create(_folder.File("city"), new AgencyPlan { Agency = "riverton", Cost = Lists.Cheap }, Now, null, out _)!;
            Directory.Move(agency.PrepareBox("box-1", Now), _folder.File("box"));
        }
        File.WriteAllText(_folder.File("edge.json"), $$"""
            {
              "stateFolder": "{{_folder.File("box/state")}}", "enrolmentFolder": "{{_folder.File("box/enrolment")}}", "runFolder": "{{_folder.File("run")}}",
              "broker": { "host": "{{broker?.Host ?? "localhost"}}", "port": {{broker?.Port ?? 1}} }, {{settings}}
              "cameras": [{ "name": "lane-1", "source": "rtsp://eye:hush-hush@127.0.0.1:1/s" }]
            }
            """);
        Directory.CreateDirectory(_folder.File("machine"));
        var patient = Edge.Agent.Doctor.Patient.Of(_folder.File("edge.json"), new ScriptedMachine(_folder.File("machine")), _time, offline);
        return health is null ? patient : patient with { Health = health };
    }

    private static async Task<IReadOnlyList<Finding>> RowsAsync(string group, Patient patient) =>
        (await Checkup.RunAsync(patient, Checkup.All.Where(examination => examination.Group == group), Cancel)).Groups.Single().Rows;

    private void Machine(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_folder.File($"machine{path}"))!);
        File.WriteAllText(_folder.File($"machine{path}"), text);
    }

    [Fact]
    public void A_line_that_is_configured_must_be_there_and_one_that_is_not_says_what_is()
    {
        var board = new FakeBoard(new GpioChip(0, "soc", ["", "LID"]));
        var rows = InputRows.Look(Patient("""
            "gpio": { "tamper": { "chip": "soc", "line": "LID" }, "light": { "chip": "soc", "line": "LAMP" } },
            """), board).ToList();
        Assert.Equal([("gpio.tamper", Verdict.Good, "line LID of soc"), ("gpio.light", Verdict.Bad, "no line of soc is named LAMP; here are: LID")],
            rows.Select(row => (row.Row, row.Verdict, row.Says)));
        Assert.Equal(Verdict.Skipped, Assert.Single(InputRows.Look(Patient(), board)).Verdict);
    }

    [Fact]
    public async Task Whatever_is_bad_says_what_mends_it_and_no_row_holds_a_password()
    {
        // One after another: each finds the files as the one before has left them.
        Func<Patient>[] patients =
        [
            () => Patient(enrolled: false, offline: true), () => Patient("\"modelFolder\": \"/nowhere\",", offline: true),
            () => Patient("\"plate\": 1,", offline: true),
            () => Patient(health: HealthFileTests.Health(Now, error: "no answer") with
            {
                Trust = null, Clock = ClockState.Floor, Stuck = ["a frame"], Software = "0.0.9",
            }),
        ];
        foreach (var find in patients)
        {
            var patient = find();
            var checkup = await Checkup.RunAsync(patient, Checkup.All, Cancel);
            Assert.True(checkup.Bad > 0);
            Assert.All(checkup.Groups.SelectMany(group => group.Rows).Where(row => row.Verdict == Verdict.Bad), row =>
                Assert.False(string.IsNullOrEmpty(row.Mend), row.ToString()));
            Assert.DoesNotContain("hush", checkup.ToJson(patient), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(31, 9, 25.0, Verdict.Good, null)]
    [InlineData(19, 9, 25.0, Verdict.Warning, "zoom in")]
    [InlineData(31, 22, 25.0, Verdict.Warning, "focus ring")]
    [InlineData(31, 9, 3.0, Verdict.Warning, "frame rate")]
    [InlineData(null, null, 25.0, Verdict.Good, null)]
    public async Task A_camera_s_row_says_frames_a_second_plate_height_and_blur_and_what_to_turn(int? height, int? blur, double rate, Verdict verdict,
        string? mend)
    {
        var health = HealthFileTests.Health(Now);
        var row = Assert.Single(await RowsAsync("cameras",
            Patient(health: health with { Cameras = [health.Cameras[0] with { FramesPerSecond = rate, PlateHeight = height, Blur = blur }] })));
        Assert.Equal((verdict, mend is not null), (row.Verdict, row.Mend?.Contains(mend!, StringComparison.Ordinal) == true));
        Assert.Contains(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{rate:0.#} frames a second"), row.Says, StringComparison.Ordinal);
        Assert.Contains(height is null ? "no plate seen yet" : $"plates {height} px high, blur {blur} %", row.Says, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_site_without_a_network_is_no_failure()
    {
        var rows = await RowsAsync("broker", Patient());
        Assert.Equal(("link", Verdict.Warning), (rows[0].Row, rows[0].Verdict));
        rows = await RowsAsync("broker", Patient(offline: true));
        Assert.Equal(Verdict.Skipped, rows[0].Verdict);
        Assert.Equal(Verdict.Skipped, (await RowsAsync("cameras", Patient(offline: true)))[0].Verdict);
        rows = await RowsAsync("broker", Patient(health: HealthFileTests.Health(Now) with
        {
            Link = new LinkLook(null, Now, "cannot reach it") { Failure = BrokerFailure.Unreachable },
        }));
        Assert.Equal(Verdict.Warning, rows[0].Verdict);
    }

    [Fact]
    public async Task A_broker_that_answers_and_does_not_take_the_box_is_one()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var answering = HangUpAsync();
        var rows = await RowsAsync("broker", Patient(broker: new BrokerAddress("127.0.0.1", ((IPEndPoint)listener.LocalEndpoint).Port)));
        Assert.Equal(Verdict.Bad, rows[0].Verdict);
        await answering;

        async Task HangUpAsync()
        {
            using var client = await listener.AcceptTcpClientAsync(Cancel);
            _ = await client.GetStream().ReadAsync(new byte[64 * 1024], Cancel); // what is left unread would be a reset, as if nobody had answered
        }
    }

    [Fact]
    public async Task Exit_codes_are_0_also_with_warnings_and_12_if_anything_is_bad()
    {
        var health = HealthFileTests.Health(Now);
        Assert.Equal(ExitCode.Ok, await DoctorCommand.RunAsync(Patient(health: health), json: false, TextWriter.Null, Cancel));
        Assert.Equal(12, (int)await DoctorCommand.RunAsync(Patient(health: health with { Stuck = ["housekeeping"] }), json: false, TextWriter.Null, Cancel));
        var output = new StringWriter();
        await DoctorCommand.RunAsync(Patient(health: health), json: true, output, Cancel);
        var json = JsonNode.Parse(output.ToString())!;
        Assert.Equal(("riverton/box-1", 0), ((string)json["box"]!, (int)json["bad"]!));
        Assert.All(json["rows"]!.AsArray(), row => Assert.Contains((string)row!["verdict"]!, new[] { "good", "warning", "bad", "skipped" }));
    }

    [Fact]
    public async Task An_examination_that_fails_is_a_row_and_not_the_end_and_its_words_stay_inside()
    {
        var checkup = await Checkup.RunAsync(Patient(),
            [new Examination("first", (Patient _) => throw new InvalidOperationException("QX98765")), new Examination("second", (Patient _) =>
                [Finding.Good("a", "b")])], Cancel);
        Assert.Equal(Verdict.Bad, checkup.Groups[0].Rows.Single().Verdict);
        Assert.DoesNotContain("QX98765", checkup.ToJson(Patient()), StringComparison.Ordinal);
        Assert.Equal(Verdict.Good, checkup.Groups[1].Rows.Single().Verdict);
    }

    [Fact]
    public async Task A_certificate_that_ends_soon_is_said_and_one_that_has_ended_is_bad()
    {
        Assert.Equal([Verdict.Good, Verdict.Good], (await RowsAsync("identity", Patient())).Select(row => row.Verdict));
        _time.Advance(TimeSpan.FromDays(800));
        var row = (await RowsAsync("identity", Patient()))[1];
        Assert.Equal(Verdict.Warning, row.Verdict);
        Assert.Contains("hub renew DIR box-1", row.Mend, StringComparison.Ordinal);
        _time.Advance(TimeSpan.FromDays(30));
        Assert.Equal(Verdict.Bad, (await RowsAsync("identity", Patient()))[1].Verdict);
    }

    [Theory]
    [InlineData("/proc/swaps", "Filename Type Size\n/dev/sda2 partition 1 0 -2\n", "memory", 0, Verdict.Warning)]
    [InlineData("/proc/swaps", "Filename Type Size\n/dev/zram0 partition 1 0 -2\n", "memory", 0, Verdict.Good)]
    [InlineData("/proc/sys/kernel/core_pattern", "|/usr/share/apport/apport %p", "memory", 1, Verdict.Warning)]
    [InlineData("/proc/sys/kernel/core_pattern", "|/lib/systemd/systemd-coredump %P", "memory", 1, Verdict.Good)]
    [InlineData("/proc/self/mounts", "/dev/root / ext4 ro,relatime 0 0\n", "disk", 1, Verdict.Bad)]
    [InlineData("/proc/self/mounts", "/dev/root / ext4 ro,relatime 0 0\n/dev/b /tmp ext4 rw 0 0\n", "disk", 1, Verdict.Good)]
    [InlineData("/sys/class/block/mmcblk0/device/life_time", "0x02 0x0B", "disk", 2, Verdict.Bad)]
    [InlineData("/sys/class/block/mmcblk0/device/life_time", "0x09 0x01", "disk", 2, Verdict.Warning)]
    [InlineData("/sys/class/block/mmcblk0/device/life_time", "0x01 0x01", "disk", 2, Verdict.Good)]
    public async Task What_the_machine_says_of_itself_is_understood(string file, string text, string group, int row, Verdict verdict)
    {
        Machine(file, text);
        Assert.Equal(verdict, (await RowsAsync(group, Patient()))[row].Verdict);
    }

    [Fact]
    public async Task A_clock_behind_a_time_that_has_passed_is_bad()
    {
        var patient = Patient();
        var later = new MachineClock(Now.AddDays(3));
        Edge.Agent.Clock.EffectiveTime.Open(_folder.File("box/state"), later, later).Save();
        var row = (await RowsAsync("clock", patient))[0];
        Assert.Equal(Verdict.Bad, row.Verdict);
        Assert.Contains("timedatectl", row.Mend, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Under_systemd_it_asks_whether_each_unit_runs_starts_after_a_reboot_and_is_shut_in()
    {
        Directory.CreateDirectory(_folder.File("machine/run/systemd/system"));
        var rows = await RowsAsync("service", Patient(health: HealthFileTests.Health(Now)));
        Assert.Equal([Verdict.Good, Verdict.Bad, Verdict.Bad, Verdict.Warning, Verdict.Bad, Verdict.Bad, Verdict.Warning], rows.Select(row => row.Verdict));
        Assert.Contains("systemctl enable edge-agent", rows[2].Mend, StringComparison.Ordinal);
        Assert.Contains("exposure 7.3", rows[3].Says, StringComparison.Ordinal);
        Assert.Contains("systemctl enable edge-vision", rows[5].Mend, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_changes_nothing_on_the_box()
    {
        var patient = Patient(offline: true);
        var before = Everything();
        await Checkup.RunAsync(patient, Checkup.All, Cancel);
        Assert.Equal(before, Everything());

        List<(string, DateTime)> Everything() => [.. Directory.EnumerateFileSystemEntries(_folder.File("box"), "*", SearchOption.AllDirectories)
            .Order(StringComparer.Ordinal).Select(path => (path, File.GetLastWriteTimeUtc(path)))];
    }

    private sealed class ScriptedMachine(string root) : Machine(root)
    {
        public override ProgramSaid? Run(string program, IReadOnlyList<string> arguments, ReadOnlyMemory<byte> input = default) => (program,
            arguments[0]) switch
        {
            ("systemctl", "is-active") => Said(3, "failed"),
            ("systemctl", "is-enabled") => Said(1, "disabled"),
            ("systemd-analyze", _) => Said(0, "x\n→ Overall exposure level for edge-agent.service: 7.3 MEDIUM 😐"),
            ("timedatectl", _) => Said(0, "yes"),
            ("/usr/bin/ffmpeg", _) => Said(0, "ffmpeg version 5.1.9 Copyright"),
            _ => null,
        };

        private static ProgramSaid Said(int code, string text) => new(code, System.Text.Encoding.UTF8.GetBytes(text), "");
    }
}
