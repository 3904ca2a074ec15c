using System.CommandLine;
using System.Text.Json.Nodes;
using Edge.Agent.Cli;
using Edge.Agent.Enrolment;
using Edge.Agent.Hub;
using Edge.Agent.Publishing;
using Edge.Storage.Keys;
using Edge.Tests.Support;
using Edge.Vision.Recognition;

namespace Edge.Tests.Cli;

public sealed class HubWatchCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Agency _agency;
    private readonly string _box;

    public HubWatchCommandTests()
    {
        var now = TimeProvider.System.GetUtcNow();
        Assert.True(PlateText.TryParse("34A36837", out var plate));
        var wanted = new WantedPlate
        {
            Plate = plate, Case = "CASE-7", Purpose = "stolen-vehicle", Basis = "test", Source = "test", Issuer = "test",
            NotBefore = now, Expires = now.AddDays(7),
        };
        _agency = Agency.Create(_folder.File("hub"), new AgencyPlan { Agency = "demo", Wanted = [wanted] }, now, null, out _)!;
        _box = _agency.PrepareBox("box-1", now);
        plate.Dispose();
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _agency.Dispose();
        _folder.Dispose();
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task A_hit_from_an_enrolled_box_is_shown_with_its_case_and_plate(bool json)
    {
        await using var broker = await EmbeddedBroker.StartAsync(_agency.BrokerCertificates, TimeProvider.System);
        var watching = WatchAsync(broker.Address, json ? ["--count", "1", "--json"] : ["--count", "1"]);
        await SendHitAsync(broker.Address, forge: false);

        var (code, output, error) = await watching;

        Assert.Equal(ExitCode.Ok, code);
        var line = Assert.Single(output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        if (json)
        {
            var hit = JsonNode.Parse(line)!;
            Assert.Equal(("edge.hit.v1", "box-1", "lane-1", "CASE-7", "34A36837", 3, true), ((string?)hit["type"], (string?)hit["box"],
                (string?)hit["camera"], (string?)hit["case"], (string?)hit["text"], (int)hit["frames"]!, (bool)hit["verified"]!));
        }
        else
            Assert.Equal("2026-03-04 05:06:07.89Z  box-1  hit 1  lane-1  case CASE-7  34A36837  3 frames agreed, weakest character 0.93  TR  " +
                "right with probability 0.998  a region rule changed character 2  verified", line);
        Assert.DoesNotContain("34A36837", error, StringComparison.Ordinal);
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task An_incident_is_shown_with_whom_to_tell_and_by_when(bool json)
    {
        await using var broker = await EmbeddedBroker.StartAsync(_agency.BrokerCertificates, TimeProvider.System);
        var watching = WatchAsync(broker.Address, json ? ["--count", "1", "--json"] : ["--count", "1"]);
        await SendAsync(broker.Address, EventType.Incident, (signer, _) => signer.Incident(1, SampleBox.Notice with { Count = 3 }, SampleBox.Now));
        await SendHitAsync(broker.Address, forge: false);

        var (_, output, _) = await watching;

        var line = output.Split('\n')[0];
        if (json)
        {
            var incident = JsonNode.Parse(line)!;
            Assert.Equal(("edge.incident.v1", "box-1", "rollback-attempt", "snapshot-json", 3, "demo", true),
                ((string?)incident["type"], (string?)incident["box"],
                (string?)incident["kind"], (string?)incident["detail"], (int)incident["count"]!, (string?)incident["tell"],
                (long)incident["minutesLeft"]! < 0));
        }
        else
            Assert.StartsWith("2026-03-04 05:05:07.89Z  box-1  INCIDENT rollback-attempt (snapshot-json, 3 times)  tell demo by 2026-03-05 04:06 UTC, OVERDUE since ", line, StringComparison.Ordinal);
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task A_line_of_JSON_says_when_it_must_be_gone_and_has_the_picture_only_if_asked(bool crop)
    {
        await using var broker = await EmbeddedBroker.StartAsync(_agency.BrokerCertificates, TimeProvider.System);
        var watching = WatchAsync(broker.Address, crop ? ["--count", "1", "--json", "--crop"] : ["--count", "1", "--json"]);
        await SendHitAsync(broker.Address, forge: false);

        var (_, output, _) = await watching;

        var hit = JsonNode.Parse(output)!;
        Assert.Equal((SampleBox.Expires, false), ((DateTimeOffset)hit["expires"]!, (bool)hit["again"]!));
        Assert.Equal(crop ? Convert.ToBase64String(SampleBox.Crop) : null, (string?)hit["crop"]);
    }

    [Fact]
    public async Task What_was_shown_before_a_restart_is_not_shown_after_it()
    {
        await using var broker = await EmbeddedBroker.StartAsync(_agency.BrokerCertificates, TimeProvider.System);
        var first = WatchAsync(broker.Address, ["--count", "1", "--json"]);
        byte[] sent = [];
        await SendAsync(broker.Address, EventType.Hit, (signer, name) => sent = Hit(signer, name, 0, 1));
        Assert.NotEmpty((await first).Item2);

        var second = WatchAsync(broker.Address, ["--count", "1", "--json"]);
        await SendAsync(broker.Address, EventType.Hit, (_, _) => sent);
        await SendHitAsync(broker.Address, forge: false, number: 2);

        Assert.Equal(2, (int)JsonNode.Parse((await second).Item2)!["sequence"]!);
    }

    [Fact]
    public async Task A_forged_message_is_said_to_be_refused_and_the_exit_code_tells()
    {
        await using var broker = await EmbeddedBroker.StartAsync(_agency.BrokerCertificates, TimeProvider.System);
        var watching = WatchAsync(broker.Address, ["--count", "1"]);
        await SendHitAsync(broker.Address, forge: true);
        await SendHitAsync(broker.Address, forge: false);

        var (code, output, error) = await watching;

        Assert.Equal(ExitCode.Verification, code);
        Assert.Single(output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains("REFUSED a message on edge/v1/demo/box-1/hit: signature: does not verify", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rubbish_without_end_is_said_sixty_times_an_hour_and_counted()
    {
        await using var broker = await EmbeddedBroker.StartAsync(_agency.BrokerCertificates, TimeProvider.System);
        var watching = WatchAsync(broker.Address, ["--count", "1", "--json", "--all"]);
        await SendManyAsync(broker.Address, EventType.Hit, (signer, name) => [.. Enumerable.Repeat("no message"u8.ToArray(), 70), Hit(signer, name, 0, 1)]);

        var (code, output, error) = await watching;

        Assert.Equal(ExitCode.Verification, code);
        Assert.Equal(60, error.Split("REFUSED a message").Length - 1);
        Assert.Contains("REFUSED 10 more message(s)", error, StringComparison.Ordinal);
        Assert.Equal(70, (int)JsonNode.Parse(Lines(output)[^1])!["refused"]!);
    }

    [Fact]
    public async Task An_answer_that_cannot_be_booked_is_said_and_passed_over()
    {
        await using var broker = await EmbeddedBroker.StartAsync(_agency.BrokerCertificates, TimeProvider.System);
        Directory.CreateDirectory(_folder.File("hub/orders"));
        await File.WriteAllTextAsync(_folder.File("hub/orders/order-that-is-damaged-1.json"), "{}", Cancel);
        var watching = WatchAsync(broker.Address, ["--count", "1"]);
        await SendAsync(broker.Address, EventType.Answer, (signer, _) =>
            signer.Answer(1, new OrderAnswer("order-that-is-damaged-1", "hold", Edge.Storage.Audit.AuditOutcome.Done), SampleBox.Now));
        await SendHitAsync(broker.Address, forge: false, number: 2);

        var (code, output, error) = await watching;

        Assert.Equal(ExitCode.Ok, code);
        Assert.Contains("box-1: the answer to order order-that-is-damaged-1 is not booked: ", error, StringComparison.Ordinal);
        Assert.Contains("34A36837", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_number_has_a_line_of_JSON_also_that_of_a_hit_which_nobody_here_can_open()
    {
        await using var broker = await EmbeddedBroker.StartAsync(_agency.BrokerCertificates, TimeProvider.System);
        _agency.Epochs.DestroyEnded(_agency.Epochs.Held[0].Expires.AddDays(1));
        var watching = WatchAsync(broker.Address, ["--count", "1", "--json", "--all"]);
        await SendAsync(broker.Address, EventType.Hit, (signer, name) => Hit(signer, name, 0, 1));
        using var sheriff = Edge.Storage.Sealing.RecipientKey.Create();
        await SendAsync(broker.Address, EventType.Hit, (signer, name) =>
        {
            using var body = HitBody.Write("34A36837"u8, SampleBox.Facts(8));
            return signer.Hit(SealedHit.Seal(sheriff.Public, new HitHeader(name, 2, "entry-7", SampleBox.Expires) { For = "sheriff" }, body), SampleBox.Now);
        }, topic: "edge/v1/demo/box-1/hit/sheriff");
        await SendHitAsync(broker.Address, forge: false, epoch: 1, number: 3);

        var lines = Lines((await watching).Item2).ConvertAll(line => JsonNode.Parse(line)!);

        Assert.Equal([("hub.unopenable", 1), ("hub.shared", 2), ("edge.hit.v1", 3)], lines.Where(line => line["sequence"] is not null)
            .Select(line => ((string)line["type"]!, (int)line["sequence"]!)));
        Assert.Equal(("demo", "sheriff"), ((string?)lines[0]["for"], (string?)lines[1]["for"]));
        Assert.NotNull(lines[0]["epochEnded"]);
    }

    [Fact]
    public async Task Another_box_under_the_name_is_said_and_its_account_begins_anew()
    {
        await using var broker = await EmbeddedBroker.StartAsync(_agency.BrokerCertificates, TimeProvider.System);
        var first = WatchAsync(broker.Address, ["--count", "1"]);
        await SendHitAsync(broker.Address, forge: false, number: 40);
        await first;
        File.Delete(_folder.File("hub/boxes/box-1.json"));
        Directory.Delete(_box, recursive: true);
        _agency.PrepareBox("box-1", TimeProvider.System.GetUtcNow());
        var watching = WatchAsync(broker.Address, ["--count", "1", "--json", "--all"]);
        await SendHitAsync(broker.Address, forge: false, number: 7);

        var (_, output, error) = await watching;

        Assert.Contains("box-1 has another key than the box of this name before it", error, StringComparison.Ordinal);
        Assert.Contains("""{"type":"hub.anew","agency":"demo","box":"box-1","from":7,"reason":"new-key"}""", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_hit_whose_key_was_destroyed_is_said_to_be_lost_and_raises_no_alarm()
    {
        await using var broker = await EmbeddedBroker.StartAsync(_agency.BrokerCertificates, TimeProvider.System);
        _agency.Epochs.DestroyEnded(_agency.Epochs.Held[0].Expires.AddDays(1));
        var watching = WatchAsync(broker.Address, ["--count", "1"]);
        await SendHitAsync(broker.Address, forge: false, epoch: 0, number: 1);
        await SendHitAsync(broker.Address, forge: false, epoch: 1, number: 2);

        var (code, output, error) = await watching;

        Assert.Equal(ExitCode.Ok, code);
        Assert.Single(output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains("box-1: hit 1 of 2026-03-04 05:06:07.89Z is sealed to a key that no longer exists", error, StringComparison.Ordinal);
        Assert.DoesNotContain("REFUSED", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_agency_and_no_broker_have_their_exit_codes()
    {
        Assert.Equal((int)ExitCode.Configuration, await InvokeAsync([_folder.File("nothing")]));
        Assert.Equal((int)ExitCode.Broker, await InvokeAsync([_folder.File("hub"), "--broker", "localhost:1"]));
        Assert.Equal((int)ExitCode.Usage, await InvokeAsync([_folder.File("hub"), "--broker", "a b"]));
        Assert.Equal((int)ExitCode.Usage, await InvokeAsync([_folder.File("hub"), "--count", "0"]));
        Assert.Equal((int)ExitCode.Usage, await InvokeAsync([_folder.File("hub"), "--crop"]));
        Assert.Equal((int)ExitCode.Usage, await InvokeAsync([_folder.File("hub"), "--group", "desk"]));
        Assert.Equal((int)ExitCode.Usage, await InvokeAsync([_folder.File("hub"), "--group", "desk", "--member", "A B"]));
        Assert.Equal((int)ExitCode.Usage, await InvokeAsync([_folder.File("hub"), "--group", "desk", "--member", "one", "--from", "other"]));
    }

    private static Task<int> InvokeAsync(string[] arguments) => HubWatchCommand.Build().Parse(arguments).InvokeAsync(cancellationToken: Cancel);

    private async Task<(ExitCode, string, string)> WatchAsync(BrokerAddress broker, string[] options)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await HubWatchCommand.Build().Parse([_folder.File("hub"), "--broker", broker.ToString(), .. options])
            .InvokeAsync(new InvocationConfiguration { Output = output, Error = error }, Cancel);
        return ((ExitCode)code, output.ToString(), error.ToString());
    }

    private byte[] Hit(MessageSigner signer, BoxName name, int epoch, long number)
    {
        var entry = Hotlist().Entries[0].Id;
        using var body = HitBody.Write("34A36837"u8, SampleBox.Facts(8, entry));
        var header = new HitHeader(name, number, entry, SampleBox.Expires);
        return signer.Hit(SealedHit.Seal(_agency.PublishedRecipients.Keys[epoch].Key, header, body), SampleBox.Now);
    }

    private Task SendHitAsync(BrokerAddress broker, bool forge, int epoch = 0, long number = 1) => SendAsync(broker, EventType.Hit, (signer, name) =>
    {
        var message = Hit(signer, name, epoch, number);
        if (forge) message[^9] = message[^9] == (byte)'A' ? (byte)'B' : (byte)'A';
        return message;
    });

    private static List<string> Lines(string output) => [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries)];

    private Task SendAsync(BrokerAddress broker, EventType type, Func<MessageSigner, BoxName, byte[]> message, string? topic = null) =>
        SendManyAsync(broker, type, (signer, name) => [message(signer, name)], topic);

    private async Task SendManyAsync(BrokerAddress broker, EventType type, Func<MessageSigner, BoxName, IEnumerable<byte[]>> messages, string? topic = null)
    {
        using var keys = KeyFolder.Open(Path.Combine(_box, "state"), credentialsDirectory: null);
        var enrolment = new EnrolmentFolder(Path.Combine(_box, "enrolment"));
        var name = enrolment.Name();
        await using var link = await MqttLink.OpenAsync(new LinkSettings(broker, enrolment.Certificates, "demo-box-1"), TimeProvider.System, Cancel);
        var said = messages(new MessageSigner(name, keys.Messages, "0.1.0"), name);
        foreach (var publication in said.Select(message => new Publication(topic ?? Topics.Of(name, type), message)))
            while ((await link.PublishAsync(publication, Cancel)).Outcome != PublishOutcome.Acknowledged)
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Cancel); // until the hub is subscribed
    }

    private Edge.Agent.Matching.Hotlist Hotlist()
    {
        var path = Path.Combine(_agency.TrustFolder, Edge.Storage.Trust.TrustPath.Hotlist("demo"));
        Assert.True(Edge.Agent.Matching.Hotlist.TryParse(File.ReadAllBytes(path), _agency.Policy, DateTimeOffset.MinValue, out var hotlist, out _));
        return hotlist;
    }
}
