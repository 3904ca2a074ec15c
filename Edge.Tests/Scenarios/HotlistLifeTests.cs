using Edge.Agent.Clock;
using Edge.Agent.Governance;
using Edge.Agent.Hub;
using Edge.Agent.Matching;
using Edge.Agent.Publishing;
using Edge.Agent.Enrolment;
using Edge.Storage.Audit;
using Edge.Storage.Keys;
using Edge.Storage.Trust;
using Edge.Tests.Matching;
using Edge.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Scenarios;

/// <summary>An agency's list from its publication to its end, on a box that has the real trust client, log and clock.</summary>
public sealed class HotlistLifeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly MachineClock _machine = new(Lists.Now);
    private readonly Agency _agency;
    private readonly KeyFolder _keys;
    private readonly EnrolmentFolder _enrolment;

    public HotlistLifeTests()
    {
        _agency = Agency.Create(_folder.File("agency"), new AgencyPlan
        {
            Agency = "riverton", Cost = Lists.Cheap, Wanted = [Lists.Wanted("AB123"), Lists.Wanted("CD456", "C-2")],
        }, Lists.Now, null, out _)!;
        _keys = KeyFolder.Open(_folder.File("state"), null);
        _enrolment = new EnrolmentFolder(_folder.File("enrolment"));
        _enrolment.Accept(_agency.Enrol(_enrolment.Prepare(new BoxName("riverton", "box-1"), _keys), Lists.Now), Lists.Now);
    }

    public void Dispose()
    {
        _keys.Dispose();
        _agency.Dispose();
        _folder.Dispose();
    }

    /// <summary>The box from a start: what it verified before is in force, and its clock goes on from where it was.</summary>
    private Box Start() => new(this);

    [Fact]
    public void The_agency_removes_a_case_and_the_box_stops_matching_it_at_once()
    {
        using var box = Start();
        box.Refresh();
        Assert.Equal(("C-1", "C-2"), (box.CaseOf("AB123"), box.CaseOf("CD456")));

        var outcome = _agency.Hotlists.Change(new HotlistChange { Cases = new HashSet<string> { "C-1" } }, Lists.Now, null,
            TestContext.Current.CancellationToken);
        Assert.Equal((1, 1), (outcome.Removed, outcome.Carried));
        Assert.Equal("C-1", box.CaseOf("AB123")); // the box has not heard of it
        box.Refresh();
        Assert.Equal((null, "C-2"), (box.CaseOf("AB123"), box.CaseOf("CD456")));
        Assert.Equal([2L, 1L], box.Activated);
    }

    [Fact]
    public void A_plate_added_alone_is_found_and_the_ones_carried_over_still_are()
    {
        using var box = Start();
        _agency.Hotlists.Change(new HotlistChange { Wanted = [Lists.Wanted("EF789", "C-3")] }, Lists.Now, null, TestContext.Current.CancellationToken);
        box.Refresh();
        Assert.Equal(("C-1", "C-2", "C-3"), (box.CaseOf("AB123"), box.CaseOf("CD456"), box.CaseOf("EF789")));
    }

    [Fact]
    public void An_expired_entry_stops_matching_without_a_network()
    {
        using var box = Start();
        box.Refresh();
        _machine.Advance(TimeSpan.FromDays(2) - TimeSpan.FromSeconds(1));
        Assert.Equal("C-1", box.CaseOf("AB123"));
        _machine.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(box.CaseOf("AB123"));
    }

    [Fact]
    public void An_expired_entry_stays_expired_when_the_clock_is_set_back()
    {
        using var box = Start();
        box.Refresh();
        _machine.Advance(TimeSpan.FromDays(1));
        Assert.Equal("C-1", box.CaseOf("AB123"));
        _machine.Set(Lists.Now.AddYears(-1));
        Assert.Equal("C-1", box.CaseOf("AB123"));
        _machine.Advance(TimeSpan.FromDays(1));
        Assert.Null(box.CaseOf("AB123"));
    }

    [Fact]
    public void An_expired_entry_stays_expired_after_a_restart_with_a_clock_that_forgot_the_time()
    {
        using (var box = Start())
        {
            box.Refresh();
            _machine.Advance(TimeSpan.FromDays(2));
            Assert.Null(box.CaseOf("AB123"));
        }
        _machine.Set(Lists.Now.AddHours(-1));
        using var restarted = Start();
        Assert.Null(restarted.CaseOf("AB123"));
    }

    private sealed class Box : IDisposable
    {
        private readonly HotlistLifeTests _life;
        private readonly EffectiveTime _time;
        private readonly AuditLog _audit;
        private readonly TrustWatch _trust;

        public Box(HotlistLifeTests life)
        {
            _life = life;
            _time = EffectiveTime.Open(life._folder.File("state"), life._machine, life._machine);
            _audit = AuditLog.Open(life._folder.File("audit"), "edge/v1/riverton/box-1", life._keys.Log, _time);
            var client = TrustClient.Open(life._folder.File("trust"), life._enrolment.Root(), "riverton", "box-1");
            _trust = new TrustWatch(client, _audit, NullLogger.Instance);
            _trust.Restore(_time.GetUtcNow());
        }

        /// <summary>Entries of each list that came into use.</summary>
        public List<long> Activated { get; } = [];

        public void Refresh()
        {
            _trust.Refresh(TrustSource.Folder(_life._agency.TrustFolder), _time.GetUtcNow());
            Activated.Add(_trust.Current!.Matcher.Hotlist.Entries.Count);
        }

        public string? CaseOf(string text)
        {
            using var plate = Lists.Plate(text);
            return _trust.Current?.Match(plate, _time.GetUtcNow()) is [var first, ..] ? first.Entry.Case : null;
        }

        public void Dispose()
        {
            _time.Save();
            _audit.Dispose();
        }
    }
}
