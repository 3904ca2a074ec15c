using Edge.Agent.Cli;
using Edge.Agent.Governance;
using Edge.Agent.Hub;
using Edge.Storage.Audit;
using Edge.Storage.Keys;
using Edge.Storage.Trust;
using Edge.Tests.Matching;
using Edge.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace Edge.Tests.Hub;

/// <summary>What a hub does by itself every day, and what it tells people to do.</summary>
public sealed class AgencyCareTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();
    private readonly Agency _agency;
    private DateTimeOffset _now = Lists.Now;

    public AgencyCareTests() => _agency = Agency.Create(Folder,
        new AgencyPlan { Agency = "riverton", Wanted = [Lists.Wanted("AB123"), Lists.Wanted("CD456")], Cost = Lists.Cheap }, Lists.Now, null, out _)!;

    private string Folder => _temporary.File("agency");

    public void Dispose()
    {
        _agency.Dispose();
        _temporary.Dispose();
    }

    private int Version(string file) =>
        TrustClient.Open(_temporary.File($"box-{_now:yyyyMMddHH}"), File.ReadAllBytes(Path.Combine(_agency.TrustFolder, "1.root.json")), "riverton", "box-1")
        .Update(TrustSource.Folder(_agency.TrustFolder), _now).Versions[file];

    private List<string> TendDaily(int days)
    {
        var done = new List<string>();
        for (var i = 0; i < days; i++) done.AddRange(_agency.Tend(_now += TimeSpan.FromDays(1)));
        return done;
    }

    [Fact]
    public void A_day_brings_one_new_timestamp_however_often_the_hub_is_tended()
    {
        Assert.Empty(_agency.Tend(Lists.Now));
        Assert.Single(TendDaily(1), "signed a new timestamp, until 2026-11-09T12:00:00Z");
        Assert.Empty(_agency.Tend(_now.AddHours(1)));
        Assert.Equal(2, Version(TrustPath.Timestamp));
    }

    [Fact]
    public void A_hub_that_is_tended_keeps_its_own_signatures_alive_and_loses_each_epoch_in_its_time()
    {
        var done = TendDaily(60);
        Assert.All(["timestamp.json", "snapshot.json", "hotlists-riverton.json"], name => Assert.True(_agency.Expiries[name] > _now, name));
        Assert.InRange(done.Count(line => line.Contains("hotlist's metadata", StringComparison.Ordinal)), 2, 3);
        // Epochs end at the age of 6, 13, … 55 days and an hour, and are needed for a day more.
        Assert.Equal(8, done.Count(line => line.StartsWith("destroyed the key", StringComparison.Ordinal)));
        Assert.Equal(6, _agency.Epochs.Held.Count);
        Version(TrustPath.Timestamp);
    }

    [Fact]
    public void A_clock_that_moved_by_weeks_destroys_nothing_until_somebody_has_looked_at_it()
    {
        var later = Lists.Now.AddDays(365);
        Assert.Contains("look at the clock", Assert.Throws<AgencyException>(() => _agency.Tend(later)).Message, StringComparison.Ordinal);
        Assert.Equal(14, _agency.Epochs.Held.Count);
        Assert.Equal(Lists.Now.AddDays(7), _agency.Expiries[TrustPath.Timestamp]);
        Assert.Contains(_agency.Tend(later, clockIsRight: true), line => line.StartsWith("destroyed", StringComparison.Ordinal));
        Assert.Empty(_agency.Epochs.Held);
    }

    [Fact]
    public void People_hear_in_time_of_what_only_they_can_renew()
    {
        using var key = SigningKey.Create();
        _agency.Ceremony.ProposeOperator(new Operator("investigator-7", AuditRole.Investigator, key.Public, Lists.Now, Lists.Now.AddDays(80)), Lists.Now);

        Assert.Equal(["case C-1: 2 hotlist entries"], _agency.Due(Lists.Now).Select(due => due.What));
        Assert.Contains("the hotlist: then nothing matches", _agency.Due(Lists.Now.AddDays(4)).Select(due => due.What));
        var due = _agency.Due(Lists.Now.AddDays(77)).ToDictionary(one => one.What, one => one.By);
        Assert.Equal(Lists.Now.AddDays(90), due["the keepers' signature on targets.json"]);
        Assert.Equal(Lists.Now.AddDays(80), due["the term of investigator-7, investigator"]);
        Assert.Equal(_agency.PublishedRecipients.Keys[^1].Expires, due["the last epoch: without a key boxes store no hit"]);
        Assert.DoesNotContain("the keepers' signature on root.json", due.Keys);
        Assert.Contains("the keepers' signature on root.json", _agency.Due(Lists.Now.AddDays(340)).Select(one => one.What));
        Assert.Contains(_agency.Due(Lists.Now.AddDays(800)), one => one.What == "the certificate hub.crt");
    }

    [Fact]
    public void What_has_ended_is_overdue_and_has_its_exit_code()
    {
        using var output = new StringWriter();
        Assert.Equal(ExitCode.Ok, HubTendCommand.Once(Folder, json: false, Lists.Now.AddDays(1), output));
        Assert.Contains("soon     case C-1: 2 hotlist entries, ends 2026-11-03T12:00:00Z: if the case goes on", output.ToString(), StringComparison.Ordinal);
        Assert.Equal(ExitCode.Overdue, HubTendCommand.Once(Folder, json: false, Lists.Now.AddDays(8), output));
        Assert.Contains("OVERDUE  the hotlist: then nothing matches, ended 2026-11-08T12:00:00Z: hub hotlist publish", output.ToString(),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Watching_says_what_changes_and_ends_in_order_when_it_is_stopped()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var time = new FakeTimeProvider(Lists.Now.AddDays(1));
        using var output = new StringWriter();
        var watching = HubTendCommand.WatchAsync(Folder, json: true, time, output, TextWriter.Null, stop.Token);
        var first = output.ToString();
        Assert.Contains("signed a new timestamp", first, StringComparison.Ordinal);
        time.Advance(TimeSpan.FromHours(1));
        time.Advance(TimeSpan.FromHours(1));
        await stop.CancelAsync();
        Assert.Equal(ExitCode.Ok, await watching);
        Assert.Equal(2, output.ToString().Count(character => character == '\n')); // the second line no longer has the timestamp, the third is the second
    }

    [Fact]
    public void What_residents_would_read_of_a_policy_that_nobody_finished_is_left_to_do_until_it_is_done()
    {
        Assert.Equal(3, _agency.Unfinished.Count(one => one.StartsWith("the policy", StringComparison.Ordinal)));
        var policy = _agency.Policy;
        Assert.True(_agency.Ceremony.Propose(new Dictionary<string, byte[]>
        {
            [TrustPath.Policy] = (policy with
            {
                Version = policy.Version + 1, Purposes = [.. policy.Purposes.Select(purpose => purpose with { Basis = "Road Act, section 4" })],
                Complaints = new Office("Data Protection Officer", "privacy@riverton.example", null, null, null),
            }).Write(),
        }, Lists.Now));
        Assert.Empty(_agency.Unfinished);
        _agency.PrepareBox("box-1", Lists.Now);
        Assert.Contains("to-box/", Assert.Single(_agency.Unfinished), StringComparison.Ordinal);
    }

    [Fact]
    public void What_ends_begins_with_how_long_boxes_match_not_with_how_long_the_list_is_signed()
    {
        Assert.Equal(("hotlist: boxes match", Lists.Now + HotlistBook.Life), _agency.Ends[0]);
        Assert.True(_agency.Ends.Single(one => one.What.StartsWith("hotlists-riverton.json", StringComparison.Ordinal)).Until > _agency.Ends[0].Until);
    }
}
