using System.Text.Json;
using Edge.Agent.Cli;
using Edge.Agent.Governance;
using Edge.Agent.Hub;
using Edge.Agent.Publishing;
using Edge.Storage.Trust;
using Edge.Tests.Matching;
using Edge.Tests.Support;

namespace Edge.Tests.Scenarios;

/// <summary>The real box, a real Mosquitto with the access list of hub init, and the real witness.</summary>
public sealed class WitnessTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly DateTimeOffset _now = TimeProvider.System.GetUtcNow(); // the TLS stack judges certificates by the real clock

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_box_is_witnessed_over_the_broker_and_one_set_back_to_an_old_disk_is_found_by_both()
    {
        using var agency = Agency.Create(_folder.File("agency"), new AgencyPlan { Agency = "riverton", Cost = Lists.Cheap }, _now, null, out _)!;
        var key = (await EdgeAgent.RunAsync("hub", "witness", "key", _folder.File("agency"))).Output.Trim();
        Assert.Equal(key, agency.Witness.PublicKey().ToString());
        var asJson = JsonElement.Parse((await EdgeAgent.RunAsync("hub", "witness", "key", _folder.File("agency"), "--json")).Output);
        Assert.Equal(("riverton", key), (asJson.GetProperty("agency").GetString(), asJson.GetProperty("key").GetString()));
        var policy = agency.Policy;
        agency.Ceremony.Propose(new Dictionary<string, byte[]>
        {
            [TrustPath.Policy] = (policy with { Version = policy.Version + 1, Witnesses = new Witnesses([agency.Witness.PublicKey()], 1) }).Write(),
        }, _now);
        var box = agency.PrepareBox("box-1", _now);
        var toBroker = FirstInstall.WriteBroker(agency, _folder.File("agency"));
        await using var broker = await MosquittoBroker.StartAsync(toBroker, port => FirstInstall.Listener(toBroker, port));
        await using var camera = new HttpCamera((_, _, cancel) => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancel));
        await File.WriteAllTextAsync(_folder.File("edge.json"), JsonSerializer.Serialize(new
        {
            stateFolder = $"{box}/state", enrolmentFolder = $"{box}/enrolment", trustFolder = agency.TrustFolder,
            broker = new { host = "localhost", port = broker.Address.Port }, cameras = new[] { new { name = "lane-1", source = camera.Address } },
        }), TestContext.Current.CancellationToken);

        var log = agency.Boxes.Single().Log.ToString();
        var first = await EdgeAgent.RunAsync("hub", "witness", _folder.File("agency"), "--once", "--broker", broker.Address.ToString());
        Assert.True(first.Code == ExitCode.Ok, first.Error); // it has subscribed: the broker keeps for it what comes
        Assert.DoesNotContain("does not name", first.Error, StringComparison.Ordinal);

        await RunAsync(async () =>
        {
            var cosigned = await WitnessAsync(broker);
            Assert.True(cosigned.Code == ExitCode.Ok, cosigned.Error);
            Assert.Contains("\"type\":\"witness.cosigned\"", cosigned.Output, StringComparison.Ordinal);
            await Eventually.True(() => Directory.Exists($"{box}/state/audit/cosigned")
                && Directory.GetFiles($"{box}/state/audit/cosigned", "????????").Length == 1,
                "the box keeps what was cosigned");
        });
        var verified = await EdgeAgent.RunAsync("audit", "verify", $"{box}/state/audit", "--key", log, "--witness", key, "--json");
        Assert.True(verified.Code == ExitCode.Ok, verified.Output);
        using (var said = JsonDocument.Parse(verified.Output))
            Assert.Equal(said.RootElement.GetProperty("size").GetInt64(), said.RootElement.GetProperty("cosignatures")[0] is var one
                ? one.GetProperty("size").GetInt64() + one.GetProperty("entriesSince").GetInt64() : 0);

        CopyFolder($"{box}/state", _folder.File("image"));
        await RunAsync(async () => Assert.Equal(ExitCode.Ok, (await WitnessAsync(broker)).Code));
        Directory.Delete($"{box}/state", recursive: true);
        CopyFolder(_folder.File("image"), $"{box}/state");
        await RunAsync(async () =>
        {
            var refused = await WitnessAsync(broker);
            Assert.Equal(ExitCode.Verification, refused.Code);
            Assert.Contains("REFUSED TO COSIGN the log of box-1", refused.Error, StringComparison.Ordinal);
            Assert.Contains("\"type\":\"witness.refused\"", refused.Output, StringComparison.Ordinal);
            await Eventually.True(() => Error.Contains("set back to an older state", StringComparison.Ordinal)
                || Error.Contains("another history", StringComparison.Ordinal),
                "the box learns it");
        });
        Assert.NotEmpty(Directory.GetFiles(_folder.File("agency/witness/evidence"), "*.txt", SearchOption.AllDirectories));

        // What the witness holds convicts the log, whatever the box says.
        var note = Directory.GetFiles(_folder.File("agency/witness/cosigned")).Single();
        var caught = await EdgeAgent.RunAsync("audit", "verify", $"{box}/state/audit", "--key", log, "--witness", key, "--checkpoint", note);
        Assert.Equal(ExitCode.Verification, caught.Code);
    }

    private string Error { get; set; } = "";

    /// <summary>The box runs, linked, while something happens; then its power goes.</summary>
    private async Task RunAsync(Func<Task> meanwhile)
    {
        using var agent = EdgeAgent.Start("run", "--config", _folder.File("edge.json"));
        Error = "";
        agent.ErrorDataReceived += (_, line) => Error += $"{line.Data}\n";
        agent.OutputDataReceived += (_, line) => Error += $"{line.Data}\n";
        agent.BeginErrorReadLine();
        agent.BeginOutputReadLine();
        try
        {
            await Eventually.True(() => Error.Contains("linked to", StringComparison.Ordinal) || agent.HasExited, "the box is linked", seconds: 60);
            Assert.False(agent.HasExited, Error);
            await meanwhile();
        }
        finally
        {
            agent.Kill();
            await agent.WaitForExitAsync(CancellationToken.None);
        }
    }

    private Task<EdgeAgent.Ended> WitnessAsync(MosquittoBroker broker) =>
        EdgeAgent.RunAsync("hub", "witness", _folder.File("agency"), "--once", "--json", "--broker", broker.Address.ToString());

    private static void CopyFolder(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }
}
