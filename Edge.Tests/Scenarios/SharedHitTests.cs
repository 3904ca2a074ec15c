using System.Text.Json;
using Edge.Agent.Cli;
using Edge.Agent.Governance;
using Edge.Agent.Hub;
using Edge.Tests.Support;
using Edge.Vision.Recognition;

namespace Edge.Tests.Scenarios;

/// <summary>docs/sharing.md as it stands there, with the real program and a real broker: the city's box sees a plate of the
/// sheriff's case, and the sheriff opens it.</summary>
public sealed class SharedHitTests : IDisposable
{
    private static readonly string Clip = Path.Combine(AppContext.BaseDirectory, "clip");
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_box_of_one_agency_finds_another_one_s_case_and_only_that_one_opens_it()
    {
        var (city, sheriff) = (_folder.File("city"), _folder.File("sheriff"));
        MakeCity(city);
        await DoneAsync("hub", "init", sheriff, "--agency", "sheriff", "--keepers", "0");
        var offered = await DoneAsync("hub", "grant", "offer", sheriff, "--for", "city");
        var taken = await DoneAsync("hub", "grant", "take", city, "--from", $"{sheriff}/shares/city");
        Assert.Equal(Fingerprint(offered), Fingerprint(taken));
        var expires = TimeProvider.System.GetUtcNow().AddDays(30).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);
        var added = await DoneAsync("hub", "grant", "add", city, "--agency", "sheriff", "--jurisdiction", "local", "--case", "S-2026-7",
            "--justification", "A joint task force on stolen vehicles.", "--expires", expires, "--id", "task-force");
        Assert.Contains("signed and published", added, StringComparison.Ordinal);
        Assert.Contains("task-force: in force", await DoneAsync("hub", "grant", "show", city), StringComparison.Ordinal);
        await File.WriteAllTextAsync(_folder.File("list.csv"),
            $"plate,case,purpose,basis,source,issuer,expires\n{Vehicles()[1]},S-2026-7,stolen-vehicle,theft report,desk,sgt-4,{expires}\n",
            TestContext.Current.CancellationToken);
        await DoneAsync("hub", "hotlist", "publish", sheriff, "--for", "city", "--from", _folder.File("list.csv"));
        Assert.Contains("1 entries", await DoneAsync("hub", "grant", "take", city, "--from", $"{sheriff}/shares/city"), StringComparison.Ordinal);
        var back = await DoneAsync("hub", "grant", "offer", city, "--for", "sheriff");
        await DoneAsync("hub", "grant", "take", sheriff, "--from", $"{city}/shares/sheriff");

        var toBroker = $"{city}/to-broker";
        await File.AppendAllTextAsync($"{toBroker}/mosquitto.acl", back[back.IndexOf("user ", StringComparison.Ordinal)..],
            TestContext.Current.CancellationToken);
        await using var broker = await MosquittoBroker.StartAsync(toBroker, port => FirstInstall.Listener(toBroker, port));
        using var sheriffs = Watch("hub", "watch", sheriff, "--from", "city", "--broker", broker.Address.ToString(), "--count", "1", "--json");
        using var citys = Watch("hub", "watch", city, "--broker", broker.Address.ToString(), "--count", "1", "--json");
        foreach (var watch in new[] { sheriffs, citys })
            Assert.Contains("linked to", await watch.StandardError.ReadLineAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        await RunBoxAsync(city, broker.Address.Port);

        Assert.Equal((Vehicles()[1], "S-2026-7"), await HitAsync(sheriffs));
        Assert.Equal((Vehicles()[0], "2026-17"), await HitAsync(citys));
    }

    private static System.Diagnostics.Process Watch(params string[] arguments) => EdgeAgent.Start(arguments);

    private static async Task<(string?, string?)> HitAsync(System.Diagnostics.Process watch)
    {
        using var hit = JsonDocument.Parse((await watch.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken))!);
        await watch.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, watch.ExitCode);
        return (hit.RootElement.GetProperty("text").GetString(), hit.RootElement.GetProperty("case").GetString());
    }

    private static void MakeCity(string folder)
    {
        var now = TimeProvider.System.GetUtcNow();
        Assert.True(PlateText.TryParse(Vehicles()[0], out var plate));
        using var agency = Agency.Create(folder, new AgencyPlan
        {
            Agency = "city", Policy = AgencyPlan.ExamplePolicy("city") with { Sharing = [Jurisdiction.Local] },
            Wanted =
            [
                new WantedPlate
                {
                    Plate = plate, Case = "2026-17", Purpose = "stolen-vehicle", Basis = "theft report", Source = "test", Issuer = "desk",
                    NotBefore = now.AddMinutes(-1), Expires = now.AddDays(1),
                },
            ],
        }, now, null, out _)!;
        agency.PrepareBox("box-1", now);
        FirstInstall.WriteBroker(agency, folder);
    }

    private async Task RunBoxAsync(string city, int port)
    {
        var box = $"{city}/to-box/box-1";
        await File.WriteAllTextAsync(_folder.File("edge.json"), JsonSerializer.Serialize(new
        {
            stateFolder = $"{box}/state", enrolmentFolder = $"{box}/enrolment", trustFolder = $"{city}/trust", broker = new { host = "localhost", port },
            cameras = new[] { new { name = "lane-1", source = Path.Combine(Clip, "street.mp4") } },
        }), TestContext.Current.CancellationToken);
        var ran = await EdgeAgent.RunAsync("run", "--config", _folder.File("edge.json"));
        Assert.True(ran.Code == ExitCode.Ok, ran.Error);
    }

    private static async Task<string> DoneAsync(params string[] arguments)
    {
        var ended = await EdgeAgent.RunAsync(arguments);
        Assert.True(ended.Code == ExitCode.Ok, string.Join(' ', arguments) + ended.Error);
        return ended.Output;
    }

    private static string Fingerprint(string output) => output.Split('\n')[0].Split(": ")[^1];

    private static List<string> Vehicles()
    {
        using var truth = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Clip, "street.json")));
        return [.. truth.RootElement.GetProperty("vehicles").EnumerateArray().Select(vehicle => vehicle.GetProperty("plate").GetString()!)];
    }
}
