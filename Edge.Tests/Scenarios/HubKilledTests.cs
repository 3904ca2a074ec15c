using System.Diagnostics;
using Edge.Agent.Cli;
using Edge.Agent.Enrolment;
using Edge.Agent.Hub;
using Edge.Agent.Publishing;
using Edge.Storage.Database;
using Edge.Storage.Hits;
using Edge.Storage.Keys;
using Edge.Storage.Outbox;
using Edge.Storage.Sealing;
using Edge.Tests.Matching;
using Edge.Tests.Support;

namespace Edge.Tests.Scenarios;

/// <summary>A real Mosquitto, the real outbox worker of a box, and the real hub, which is killed or shares the load.</summary>
public sealed class HubKilledTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private readonly Agency _agency;
    private readonly KeyFolder _keys;
    private readonly StateDatabase _state;
    private readonly BoxName _name;
    private readonly MessageSigner _signer;
    private readonly LinkCertificates _certificates;
    private readonly RecipientPublicKey _recipient;
    private const string Entry = "entry-7";
    private MosquittoBroker _broker = null!;

    public HubKilledTests()
    {
        var now = TimeProvider.System.GetUtcNow();
        _agency = Agency.Create(_folder.File("city"), new AgencyPlan { Agency = "city", Cost = Lists.Cheap }, now, null, out _)!;
        var box = _agency.PrepareBox("box-1", now);
        _keys = KeyFolder.Open(Path.Combine(box, "state"), credentialsDirectory: null);
        _state = StateDatabase.Open(Path.Combine(box, "state"), _keys.Hours, TimeProvider.System);
        var enrolment = new EnrolmentFolder(Path.Combine(box, "enrolment"));
        (_name, _certificates, _recipient) = (enrolment.Name(), enrolment.Certificates, _agency.PublishedRecipients.At(now)!);
        _signer = new MessageSigner(_name, _keys.Messages, "0.1.0");
    }

    private static IReadOnlyList<HubMember> Members { get; } = [new("desk", "one"), new("desk", "two")];

    public async ValueTask InitializeAsync()
    {
        var own = _agency.BrokerCertificates;
        var access = _folder.File("acl");
        await File.WriteAllTextAsync(access, FirstInstall.Access("city") + string.Concat(Members.Select(member => member.Access("city"))));
        _broker = await MosquittoBroker.StartAsync(_folder.Path, port => $"""
            listener {port} 127.0.0.1
            cafile {own.CaFile}
            certfile {own.CertificateFile}
            keyfile {own.KeyFile}
            tls_version tlsv1.3
            require_certificate true
            use_identity_as_username true
            use_username_as_clientid true
            acl_file {access}

            """);
    }

    public async ValueTask DisposeAsync()
    {
        if (_broker is not null) await _broker.DisposeAsync();
        _state.Dispose();
        _keys.Dispose();
        _agency.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public Task Every_hit_is_shown_and_none_twice_unmarked_though_the_hub_is_killed_10_times_while_a_box_sends() => KillAsync(kills: 10, perKill: 12);

    [Fact(Explicit = true)]
    public Task Every_hit_is_shown_and_none_twice_unmarked_though_the_hub_is_killed_200_times_while_a_box_sends() => KillAsync(kills: 200, perKill: 25);

    [Fact]
    public async Task Two_hubs_of_a_group_get_each_hit_exactly_once_between_them()
    {
        const int count = 40;
        using var one = new RunningHub(Start("--group", "desk", "--member", "one"));
        using var two = new RunningHub(Start("--group", "desk", "--member", "two"));
        await Eventually.True(() => one.Linked && two.Linked, "both are linked", seconds: 60);
        await using (var worker = new RunningWorker(_state, Settings, _signer))
        {
            for (var sent = 0; sent < count; sent++) Hit();
            await Eventually.True(() => one.Hits.Count + two.Hits.Count >= count, "all hits came", seconds: 60);
        }

        await one.KillAsync();
        await two.KillAsync();
        var (first, second) = (one.Hits.Select(hit => hit.Sequence).ToList(), two.Hits.Select(hit => hit.Sequence).ToList());
        Assert.NotEmpty(first);
        Assert.NotEmpty(second);
        Assert.Equal(Enumerable.Range(1, count).Select(number => (long)number), first.Concat(second).Order());
        Assert.Contains("messages that do not come are not noticed here", one.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_hub_watch_on_one_folder_says_so()
    {
        using var first = new RunningHub(Start());
        await Eventually.True(() => first.Linked, "the first is linked", seconds: 60);

        var second = await EdgeAgent.RunAsync("hub", "watch", _folder.File("city"), "--broker", _broker.Address.ToString());

        Assert.Equal(ExitCode.Busy, second.Code);
        Assert.Contains("another hub watch is at work", second.Error, StringComparison.Ordinal);
        await first.KillAsync();
    }

    /// <summary>Kills at places drawn from a seed: after so many further lines, whatever the hub is doing then.</summary>
    private async Task KillAsync(int kills, int perKill)
    {
        var random = new Random(20261125);
        var lines = new List<RunningHub.Line>();
        var hits = new HashSet<long>();
        await using (var worker = new RunningWorker(_state, Settings, _signer))
        {
            for (var round = 0; round <= kills; round++)
            {
                using var hub = new RunningHub(Start("--all"));
                // Later the broker keeps for it what it misses.
                if (round == 0) await Eventually.True(() => hub.Linked, "the hub is linked", seconds: 60);
                for (var sent = 0; sent < perKill; sent++) hits.Add(Hit());
                Summary();
                if (round < kills)
                {
                    var after = random.Next(perKill + 1);
                    await Eventually.True(() => hub.Hits.Count >= after || hub.Ended, $"round {round}: {after} hits", seconds: 60);
                    Assert.False(hub.Ended, hub.Errors);
                }
                else
                {
                    Summary();
                    await Eventually.True(() => _state.Outbox.Count().Ready == 0 && _state.LastSequence
                        == hub.Numbered.Concat(lines).Select(line => line.Sequence).Distinct().Count(), "everything came", seconds: 120);
                }
                await hub.KillAsync();
                lines.AddRange(hub.Numbered);
                Assert.DoesNotContain("have not come", hub.Errors, StringComparison.Ordinal);
                Assert.DoesNotContain("REFUSED", hub.Errors, StringComparison.Ordinal);
            }
        }
        Assert.Equal(hits.Order(), lines.Where(line => line.Type == "edge.hit.v1").Select(line => line.Sequence).Distinct().Order());
        Assert.Equal(Enumerable.Range(1, (int)_state.LastSequence).Select(number => (long)number), lines.Select(line => line.Sequence).Distinct().Order());
        Assert.All(lines.GroupBy(line => line.Id),
            same => Assert.All(same.Skip(1), line => Assert.True(line.Again, $"number {line.Sequence} was shown twice unmarked")));
        TestContext.Current.SendDiagnosticMessage("{0} lines, {1} shown again and marked", lines.Count,
            lines.Count - lines.Select(line => line.Id).Distinct().Count());
    }

    private LinkSettings Settings => new(_broker.Address, _certificates, "city-box-1");

    private Process Start(params string[] more) =>
        EdgeAgent.Start(["hub", "watch", _folder.File("city"), "--json", "--broker", _broker.Address.ToString(), .. more]);

    private long Hit()
    {
        var (now, expires) = (TimeProvider.System.GetUtcNow(), TimeProvider.System.GetUtcNow().AddHours(20));
        var number = _state.Hits.Commit(sequence =>
        {
            using var body = HitBody.Write("34A36837"u8, SampleBox.Facts(8, Entry));
            var hit = SealedHit.Seal(_recipient, new HitHeader(_name, sequence, Entry, expires), body);
            return new HitEntry(new NewHit(Entry, now, expires, hit.ToJson()), new OutboxMessage(sequence, MessageKind.Hit, _signer.Hit(hit, now), expires));
        });
        _state.Outbox.MarkLogged(number, number);
        return number;
    }

    private void Summary() => _state.Outbox.Enqueue(MessageKind.Summary, TimeProvider.System.GetUtcNow().AddHours(20),
        sequence => _signer.Summary(sequence, SampleBox.Summary(), SampleBox.Now), logged: true);
}
