using System.Text.Json;
using Edge.Agent.Clock;
using Edge.Agent.Cli;
using Edge.Agent.Enrolment;
using Edge.Agent.Governance;
using Edge.Agent.Hub;
using Edge.Agent.Publishing;
using Edge.Storage.Audit;
using Edge.Storage.Database;
using Edge.Storage.Keys;
using Edge.Storage.Outbox;
using Edge.Tests.Matching;
using Edge.Tests.Support;
using Edge.Tests.Trust;
using OpenCvSharp;

namespace Edge.Tests.Scenarios;

/// <summary>The real program as a box that has something to tell, and what its hub hears.</summary>
public sealed class BoxAndHubTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Agency _agency;
    private readonly string _box;

    public BoxAndHubTests()
    {
        var now = TimeProvider.System.GetUtcNow();
        _agency = Agency.Create(_folder.File("city"), new AgencyPlan { Agency = "city", Cost = Lists.Cheap }, now, null, out _)!;
        _box = _agency.PrepareBox("box-1", now);
    }

    public void Dispose()
    {
        _agency.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_box_that_was_off_for_a_month_tells_its_hub_of_the_clock_and_is_synced_by_its_first_word()
    {
        var lastMonth = new MachineClock(TimeProvider.System.GetUtcNow().AddDays(-30));
        EffectiveTime.Open(Path.Combine(_box, "state"), lastMonth, lastMonth).Save();

        var (ended, heard) = await RunAsync();

        Assert.Equal(ExitCode.Ok, ended.Code);
        Assert.Equal((IncidentKind.ClockJump, "ahead"), Assert.Single(heard.OfType<ReceivedMessage.Incident>()) is var incident
            ? (incident.Notice.Kind, incident.Notice.Detail) : default);
        Assert.Equal(ClockState.Synced, Assert.Single(heard.OfType<ReceivedMessage.Summary>()).Counters.Clock);
        Assert.IsType<ReceivedMessage.Incident>(heard[0]); // it jumped the queue
    }

    [Fact]
    public async Task A_box_that_is_offered_what_a_stranger_signed_tells_its_hub()
    {
        var offered = ForgedTimestamp.Copy(_agency.TrustFolder, _folder.File("offered"));
        ForgedTimestamp.Put(offered);

        var (_, heard) = await RunAsync(offered);

        Assert.Equal((IncidentKind.RefusedSignature, "timestamp-json"),
            heard[0] is ReceivedMessage.Incident { Notice: var notice } ? (notice.Kind, notice.Detail) : default);
        Assert.Single(heard.OfType<ReceivedMessage.Incident>());
    }

    [Fact]
    public async Task A_box_without_the_log_that_it_had_reads_nothing_and_tells_its_hub_once()
    {
        using (var keys = KeyFolder.Open(Path.Combine(_box, "state"), credentialsDirectory: null))
        using (var state = StateDatabase.Open(Path.Combine(_box, "state"), keys.Hours, TimeProvider.System))
        {
            var signer = new MessageSigner(new EnrolmentFolder(Path.Combine(_box, "enrolment")).Name(), keys.Messages, "0.1.0");
            state.Outbox.Enqueue(MessageKind.Summary, TimeProvider.System.GetUtcNow().AddDays(1),
                sequence => signer.Summary(sequence, SampleBox.Summary(), SampleBox.Now), logged: true);
        }

        var (ended, heard) = await RunAsync();
        Assert.Equal(ExitCode.Verification, ended.Code);
        Assert.Contains("it is empty, but this box has numbered 1 messages", ended.Error, StringComparison.Ordinal);
        Assert.Equal((IncidentKind.LogCheckFailed, "damaged"),
            heard[0] is ReceivedMessage.Incident { Notice: var notice } ? (notice.Kind, notice.Detail) : default);
        Assert.IsType<ReceivedMessage.Summary>(heard[1]); // what waited is not lost

        (ended, heard) = await RunAsync(); // the supervisor starts it again
        Assert.Equal(ExitCode.Verification, ended.Code);
        Assert.Empty(heard);
    }

    /// <summary>Runs the box until its one picture is over; what the hub heard, but for online and offline.</summary>
    private async Task<(EdgeAgent.Ended, List<ReceivedMessage>)> RunAsync(string? trustFolder = null)
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var broker = await EmbeddedBroker.StartAsync(_agency.BrokerCertificates, TimeProvider.System);
        await using var watch = await HubWatch.OpenAsync(new LinkSettings(broker.Address, _agency.HubCertificates, "city-hub"), _agency.Verifier(),
            TimeProvider.System,
            null, cancel);
        var heard = new List<ReceivedMessage>();
        var watching = watch.RunAsync(delivery =>
        {
            if (delivery.Message is ReceivedMessage.Status { State.State: Presence.Offline }) return false;
            if (delivery.Message is not ReceivedMessage.Status) heard.Add(delivery.Message);
            return true;
        }, cancel);
        using (var grey = new Mat(360, 640, MatType.CV_8UC3, Scalar.Gray)) Assert.True(Cv2.ImWrite(_folder.File("grey.png"), grey));
        await File.WriteAllTextAsync(_folder.File("edge.json"), JsonSerializer.Serialize(new
        {
            stateFolder = Path.Combine(_box, "state"), enrolmentFolder = Path.Combine(_box, "enrolment"), trustFolder = trustFolder ?? _agency.TrustFolder,
            broker = new { host = "localhost", port = broker.Address.Port },
            cameras = new[] { new { name = "lane-1", source = _folder.File("grey.png") } },
        }), cancel);
        var ended = await EdgeAgent.RunAsync("run", "--config", _folder.File("edge.json"));
        if (!ended.Error.Contains("linked to", StringComparison.Ordinal)) return (ended, heard);
        await watching;
        return (ended, heard);
    }
}
