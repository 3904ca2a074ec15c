using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Edge.Agent;
using Edge.Agent.Cli;
using Edge.Agent.Configuration;
using Edge.Agent.Device;
using Edge.Agent.Doctor;
using Edge.Agent.Enrolment;
using Edge.Agent.Forgetting;
using Edge.Agent.Hub;
using Edge.Agent.Publishing;
using Edge.Storage.Audit;
using Edge.Storage.Keys;
using Edge.Tests.Matching;
using Edge.Tests.Support;
using Edge.Vision.Capture;
using Edge.Vision.Recognition;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Scenarios;

/// <summary>The configuration is taken anew while vehicles pass before the real pipeline: every hit arrives, once; what is wrong changes nothing.</summary>
[Collection(nameof(Processes))] // a machine that stands still for seconds sees a vehicle twice, or not at all
public sealed class ReloadTests : IDisposable
{
    private static readonly string Clip = Path.Combine(AppContext.BaseDirectory, "clip", "street.mp4");

    private readonly TemporaryFolder _folder = new();
    private readonly Passing _passing = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task While_footage_plays_other_cameras_come_change_and_go_and_every_hit_arrives_once()
    {
        await using var quiet = new FootageCamera();
        object[][] others = [[], [Lane("lane-2", quiet.Address)], [Lane("lane-2", quiet.Address, 20), Lane("lane-3", quiet.Address)],
            [Lane("lane-3", quiet.Address)], []];
        Write(cameras: [Lane("lane-1", Clip)]);
        await using var box = Start();
        await Eventually.True(() => _passing.Matched.Count > 0 || box.Running.IsCompleted, "the first vehicle has passed", 120);
        foreach (var more in others)
        {
            // In another place each time.
            Write(cameras: [.. more, Lane("lane-1", Clip), Lane("still-there", quiet.Address)]);
            Assert.Null(await box.Host.ReloadAsync(Cancel));
            Assert.Equal([.. more.Select(Name), "lane-1", "still-there"], box.Host.Look().Cameras.Select(camera => camera.Name));
        }
        await Eventually.True(() => box.Host.Look().Cameras.Single(camera => camera.Name == "lane-1").Health.State == CameraState.Stopped,
            "the footage is decoded", 300);
        await Eventually.True(() => _passing.Matched.Count >= Vehicles().Count, "the last vehicle is decided on", 60);
        await box.StopAsync();
        Assert.Equal(Vehicles().Order(), _passing.Matched.Order());
        Assert.Equal(Vehicles().Count, box.Host.Total.Hits);
        Assert.Equal(1 + others.Length, (await box.LoggedAsync(AuditAction.ConfigurationLoaded)).Count(entry => entry.Outcome == AuditOutcome.Done));
        Assert.Empty(await box.LoggedAsync(AuditAction.Incident));
    }

    [Fact]
    public async Task Whoever_is_before_a_camera_that_is_opened_anew_is_not_lost()
    {
        await using var camera = new FootageCamera();
        Write(cameras: [Lane("lane-1", camera.Address)]);
        await using var box = Start();
        await Eventually.True(() => camera.IsWatched, "the camera is watched", 60);
        var pictures = await PicturesAsync();
        Task<string?> reloading = Task.FromResult<string?>(null);
        foreach (var (i, picture) in pictures.Index())
        {
            // In the middle of the first vehicle, and of the fourth.
            if (i is 15 or 140)
            {
                Assert.Null(await reloading);
                Write(cameras: [Lane("lane-1", camera.Address, i == 15 ? 13 : 14)]);
                reloading = box.Host.ReloadAsync(Cancel);
            }
            await camera.ShowAsync(picture, Cancel);
            // Half as fast as the street: a machine under load still sees each vehicle.
            await Task.Delay(TimeSpan.FromMilliseconds(150), TimeProvider.System, Cancel);
            await Eventually.True(() => camera.IsWatched, "the camera is watched again");
        }
        Assert.Null(await reloading);
        await Eventually.True(() => _passing.Matched.Distinct().Count() >= Vehicles().Count, "the last vehicle is decided on", 60);
        await box.StopAsync();
        // A machine that stands still for seconds between two of these pictures sees a vehicle twice, reload or not; EndingSourceTests has what a reload does.
        Assert.Equal(Vehicles().Order(), _passing.Matched.Distinct().Order());
        Assert.Equal(_passing.Matched.Count, box.Host.Total.Hits);
    }

    [Theory]
    [InlineData("no JSON", "not-valid")]
    [InlineData("an unknown key", "not-valid")]
    [InlineData("another broker", "needs-restart")]
    [InlineData("pins", "needs-restart")]
    [InlineData("a recording that is not there", "not-valid")]
    public async Task What_is_wrong_changes_nothing_and_says_so_in_log_health_and_doctor(string what, string word)
    {
        await using var quiet = new FootageCamera();
        Write(cameras: [Lane("lane-1", quiet.Address)]);
        await using var box = Start();
        await Eventually.True(() => quiet.IsWatched, "the camera is watched", 60);
        var atStart = ConfigurationKeys.Digest(AgentConfiguration.Load(ConfigurationFile).Keys);
        var good = await File.ReadAllTextAsync(ConfigurationFile, Cancel);
        switch (what)
        {
            case "no JSON": await File.WriteAllTextAsync(ConfigurationFile, "{", Cancel); break;
            case "an unknown key": Write(cameras: [Lane("lane-9", quiet.Address)], more: ("plates", "all")); break;
            case "another broker": Write(cameras: [Lane("lane-9", quiet.Address)], port: 10); break;
            case "pins": Write(cameras: [Lane("lane-9", quiet.Address)], more: ("gpio", new { light = new { chip = "soc", line = "LED" } })); break;
            default: Write(cameras: [Lane("lane-9", _folder.File("gone.mp4"))]); break;
        }
        var refused = await box.Host.ReloadAsync(Cancel);
        Assert.NotNull(refused);
        Assert.Equal("lane-1", Assert.Single(box.Host.Look().Cameras).Name);
        Assert.Equal(refused, box.Host.Look().Configuration!.Refused!.Reason);
        Assert.Equal([AuditOutcome.Done, AuditOutcome.Refused(word)], (await box.LoggedAsync(AuditAction.ConfigurationLoaded)).Select(entry => entry.Outcome));
        Assert.Equal(atStart, (await box.LoggedAsync(AuditAction.ConfigurationLoaded))[0].Digest);
        var row = Assert.Single(ConfigurationRows.Look(new Patient
            { ConfigurationFile = ConfigurationFile, Machine = new Machine(), Time = TimeProvider.System, Health = box.Host.Look() }),
            row => row.Row == "reload");
        Assert.Equal((Verdict.Bad, true), (row.Verdict, row.Says.Contains(refused, StringComparison.Ordinal)));
        Assert.Contains(word == "needs-restart" ? "systemctl restart edge-agent" : "systemctl reload edge-agent", row.Mend, StringComparison.Ordinal);

        // Mended, it is taken.
        await File.WriteAllTextAsync(ConfigurationFile, good.Replace("lane-1", "lane-2", StringComparison.Ordinal), Cancel);
        Assert.Null(await box.Host.ReloadAsync(Cancel));
        Assert.Equal("lane-2", Assert.Single(box.Host.Look().Cameras).Name);
        Assert.Null(box.Host.Look().Configuration!.Refused);
        await box.StopAsync();
    }

    [Fact]
    public async Task Metrics_and_console_come_and_go_with_it()
    {
        await using var quiet = new FootageCamera();
        Write(cameras: [Lane("lane-1", quiet.Address)]);
        await using var box = Start();
        await Eventually.True(() => quiet.IsWatched, "the camera is watched", 60);
        using var http = new HttpClient();
        var (metrics, console) = (FreePort(), FreePort());
        Write(cameras: [Lane("lane-1", quiet.Address)], more: [("metricsPort", metrics), ("console", new { address = "127.0.0.1", tlsPort = console })]);
        Assert.Null(await box.Host.ReloadAsync(Cancel));
        await Eventually.True(() => Connects(metrics) && Connects(console), "both listen");
        Assert.Contains("edge_", await http.GetStringAsync(new Uri($"http://127.0.0.1:{metrics}/metrics"), Cancel), StringComparison.Ordinal);
        Write(cameras: [Lane("lane-1", quiet.Address)]);
        Assert.Null(await box.Host.ReloadAsync(Cancel));
        await Eventually.True(() => !Connects(metrics) && !Connects(console), "neither listens");
        await box.StopAsync();
    }

    [Fact]
    public async Task SIGHUP_reloads_the_real_program_and_tells_systemd_and_config_check_says_what_that_would_do()
    {
        await using var quiet = new FootageCamera();
        Write(cameras: [Lane("lane-1", quiet.Address)]);
        var notify = _folder.File("notify");
        using var systemd = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        systemd.Bind(new UnixDomainSocketEndPoint(notify));
        // Whoever starts the tests with nohup has them ignore SIGHUP, and all that they start.
        using var agent = Process.Start(new ProcessStartInfo("env",
            ["--default-signal=HUP", $"NOTIFY_SOCKET={notify}", EdgeAgent.Program, "run", "--config", ConfigurationFile])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        var said = agent.StandardError.ReadToEndAsync(Cancel);
        try
        {
            await UntilAsync(systemd, "READY=1");
            await Eventually.True(() => File.Exists(_folder.File("run/health.json")), "it says how it is", 60);

            Write(cameras: [Lane("lane-2", quiet.Address)]);
            var check = await EdgeAgent.RunAsync("config", "check", ConfigurationFile, "--against-running");
            Assert.Equal((ExitCode.Ok, true),
                (check.Code, check.Output.Contains("cameras: taken over by systemctl reload edge-agent", StringComparison.Ordinal)));
            Write(cameras: [Lane("lane-2", quiet.Address)], port: 10);
            check = await EdgeAgent.RunAsync("config", "check", ConfigurationFile, "--against-running");
            Assert.Contains("broker: needs systemctl restart edge-agent", check.Output, StringComparison.Ordinal);

            HangUp(agent);
            Assert.Matches("^RELOADING=1\nMONOTONIC_USEC=[0-9]+$", await UntilAsync(systemd, "RELOADING=1"));
            Assert.Contains("STATUS=the last reload was refused", await UntilAsync(systemd, "READY=1"), StringComparison.Ordinal);
            Write(cameras: [Lane("lane-2", quiet.Address)]);
            HangUp(agent);
            Assert.EndsWith("STATUS=", await UntilAsync(systemd, "READY=1"), StringComparison.Ordinal);
            await Eventually.True(() => File.ReadAllText(_folder.File("run/health.json")).Contains("lane-2", StringComparison.Ordinal),
                "it says the new camera");
        }
        catch (OperationCanceledException) when (!Cancel.IsCancellationRequested)
        {
            var ended = agent.HasExited;
            agent.Kill();
            Assert.Fail($"it told systemd no more, {(ended ? "has ended" : "runs")} and said:\n{await said}");
        }
        finally
        {
            agent.Kill();
        }
        Assert.Contains("broker cannot change while the box runs", await said, StringComparison.Ordinal);
    }

    private static void HangUp(Process agent)
    {
        using var kill = Process.Start("kill", ["-HUP", agent.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
        Assert.Equal(0, kill.ExitCode);
    }

    private static async Task<string> UntilAsync(Socket systemd, string words)
    {
        var bytes = new byte[4096];
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        patience.CancelAfter(TimeSpan.FromSeconds(120));
        while (true)
            if (Encoding.UTF8.GetString(bytes, 0, await systemd.ReceiveAsync(bytes, patience.Token)) is var said
                && said.StartsWith(words, StringComparison.Ordinal)) return said;
    }

    private string ConfigurationFile => _folder.File("edge.json");

    private static Dictionary<string, object> Lane(string name, string source, int minimumPlateHeight = 12) =>
        new() { ["name"] = name, ["source"] = source, ["minimumPlateHeight"] = minimumPlateHeight };

    private static string Name(object lane) => (string)((Dictionary<string, object>)lane)["name"];

    private void Write(object[] cameras, int port = 9, params (string Key, object Value)[] more)
    {
        var keys = new Dictionary<string, object>
        {
            ["stateFolder"] = _folder.File("state"), ["enrolmentFolder"] = _folder.File("enrolment"), ["trustFolder"] = _folder.File("agency/trust"),
            ["runFolder"] = _folder.File("run"), ["broker"] = new { host = "127.0.0.1", port }, ["cameras"] = cameras,
        };
        foreach (var (key, value) in more) keys[key] = value;
        Directory.CreateDirectory(_folder.File("run"));
        File.WriteAllText(ConfigurationFile, JsonSerializer.Serialize(keys));
        if (!Directory.Exists(_folder.File("agency"))) Enrol();
    }

    private void Enrol()
    {
        var now = TimeProvider.System.GetUtcNow();
        var wanted = Vehicles().Select(plate => Lists.Wanted(plate) with { NotBefore = now.AddMinutes(-1), Expires = now.AddDays(1) }).ToList();
        using var agency = Agency.Create(_folder.File("agency"), new AgencyPlan { Agency = "riverton", Cost = Lists.Cheap, Wanted = wanted }, now,
            null, out _)!;
        using var keys = KeyFolder.Open(_folder.File("state"), null);
        var enrolment = new EnrolmentFolder(_folder.File("enrolment"));
        enrolment.Accept(agency.Enrol(enrolment.Prepare(new BoxName("riverton", "box-1"), keys), now), now);
    }

    private Box Start() => Box.Of(new AgentHost(AgentConfiguration.Load(ConfigurationFile), TimeProvider.System, NullLoggerFactory.Instance, _passing));

    private static List<string> Vehicles()
    {
        using var truth = JsonDocument.Parse(File.ReadAllBytes(Path.ChangeExtension(Clip, ".json")));
        return [.. truth.RootElement.GetProperty("vehicles").EnumerateArray().Select(vehicle => vehicle.GetProperty("plate").GetString()!)];
    }

    private static async Task<List<byte[]>> PicturesAsync()
    {
        var pictures = new List<byte[]>();
        await using var source = CameraSources.Open(new CameraOptions("clip", Clip), TimeProvider.System, NullLogger.Instance);
        await foreach (var frame in source.ReadAsync(Cancel))
            using (frame) pictures.Add(frame.Colour.ToBytes(".jpg"));
        return [.. pictures.Where((_, i) => i % 2 == 0)];
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        return ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static bool Connects(int port)
    {
        try
        {
            using var client = new TcpClient();
            client.Connect(System.Net.IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private sealed class Box(AgentHost host) : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        private Task? _running;

        public static Box Of(AgentHost host)
        {
            var box = new Box(host);
            _ = box.Running;
            return box;
        }

        public AgentHost Host => host;

        public Task Running => _running ??= host.RunAsync(_stop.Token);

        public Task<IReadOnlyList<AuditEntry>> LoggedAsync(AuditAction action) => RunningLog.EntriesAsync(host.AuditFolder, action);

        public async Task StopAsync()
        {
            await _stop.CancelAsync();
            await Running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        public async ValueTask DisposeAsync()
        {
            await StopAsync();
            await host.DisposeAsync();
            _stop.Dispose();
        }
    }

    private sealed class Passing : IReadWitness
    {
        private readonly List<string> _matched = [];

        public IReadOnlyList<string> Matched
        {
            get
            {
                lock (_matched) return [.. _matched];
            }
        }

        public void Saw(PlateText plate, bool matched)
        {
            lock (_matched)
                if (matched) _matched.Add(Encoding.ASCII.GetString(plate.Ascii));
        }
    }
}
