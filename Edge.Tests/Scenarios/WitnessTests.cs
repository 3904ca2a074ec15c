using System.Text.Json;
using Edge.Agent.Cli;
using Edge.Agent.Governance;
using Edge.Agent.Hub;
using Edge.Agent.Publishing;
using Edge.Storage.Audit;
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

    [Fact]
    public async Task A_hotlist_that_is_pushed_gets_its_proof_from_witnesses_at_the_broker_and_over_http()
    {
        using var agency = Agency.Create(_folder.File("agency"), new AgencyPlan { Agency = "riverton", Cost = Lists.Cheap }, _now, null, out _)!;
        var log = (await EdgeAgent.RunAsync("hub", "publications", "key", _folder.File("agency"))).Output.Trim();
        Assert.Equal(log, agency.Publications.PublicKey().ToString());
        var seat = agency.Witness.Admit("ombudsman", _now, out _);
        var ombudsman = (await EdgeAgent.RunAsync("hub", "witness", "key", seat)).Output.Trim();
        Assert.True(NoteKey.TryParse(ombudsman, out var theirs));
        var policy = agency.Policy;
        agency.Ceremony.Propose(new Dictionary<string, byte[]>
        {
            [TrustPath.Policy] = (policy with
            {
                Version = policy.Version + 1, Witnesses = new Witnesses([agency.Witness.PublicKey(), theirs!], 2),
                    PublicationLog = agency.Publications.PublicKey(),
            }).Write(),
        }, _now);
        var toBroker = FirstInstall.WriteBroker(agency, _folder.File("agency"));
        await using var broker = await MosquittoBroker.StartAsync(toBroker, port => FirstInstall.Listener(toBroker, port));

        var pushed = await PushAsync("--wait", "0");
        Assert.True(pushed.Code == ExitCode.Ok, pushed.Error); // what else was signed does not wait
        Assert.Contains("hotlist 1 of riverton waits for 2 witness(es)", pushed.Output, StringComparison.Ordinal);
        var witnessed = await WitnessAsync(broker); // the checkpoint is kept for it, and its answer for the next push
        Assert.True(witnessed.Code == ExitCode.Ok, witnessed.Error);
        Assert.Contains("\"log\":\"publications\"", witnessed.Output, StringComparison.Ordinal);

        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        var address = listener.LocalEndpoint.ToString()!;
        listener.Stop();
        using var door = EdgeAgent.Start("hub", "witness", seat, "--http", address);
        try
        {
            var listening = false;
            door.ErrorDataReceived += (_, line) => listening |= line.Data?.Contains("listening at", StringComparison.Ordinal) == true;
            door.BeginErrorReadLine();
            door.BeginOutputReadLine();
            await Eventually.True(() => listening || door.HasExited, "the ombudsman listens", seconds: 60);
            var again = JsonElement.Parse((await PushAsync("--ask", $"http://{address}", "--json")).Output);
            Assert.Empty(again.GetProperty("awaited").EnumerateArray());
            Assert.Empty(again.GetProperty("unasked").EnumerateArray());
            Assert.Contains("hotlists/riverton.tlog-proof", again.GetProperty("published").EnumerateArray().Select(file => file.GetString()));
        }
        finally
        {
            door.Kill();
            await door.WaitForExitAsync(CancellationToken.None);
        }
        Assert.Equal(ProofVerdict.Holds, PublicationProof.Judge(await File.ReadAllBytesAsync(Path.Combine(agency.TrustFolder, TrustPath.Proof("riverton")),
            TestContext.Current.CancellationToken),
            "riverton", await File.ReadAllBytesAsync(Path.Combine(agency.TrustFolder, TrustPath.Hotlist("riverton")), TestContext.Current.CancellationToken),
                agency.Policy));
        Assert.Contains("every published hotlist has its proof", (await EdgeAgent.RunAsync("hub", "publications", _folder.File("agency"))).Output,
            StringComparison.Ordinal);
        var renewed = JsonElement.Parse((await EdgeAgent.RunAsync("hub", "hotlist", "publish", _folder.File("agency"), "--json")).Output);
        Assert.Equal((2, 0, 2), (Of("version"), Of("cosigned"), Of("needed")));

        int Of(string member) => renewed.GetProperty("awaited")[0].GetProperty(member).GetInt32();
        Task<EdgeAgent.Ended> PushAsync(params string[] options) =>
            EdgeAgent.RunAsync(["hub", "push", _folder.File("agency"), "--broker", broker.Address.ToString(), .. options]);
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
