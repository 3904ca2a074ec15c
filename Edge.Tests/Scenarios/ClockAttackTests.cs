using Edge.Agent.Governance;
using Edge.Agent.Hub;
using Edge.Storage.Audit;
using Edge.Storage.Hits;
using Edge.Storage.Outbox;
using Edge.Storage.Trust;
using Edge.Tests.Matching;

namespace Edge.Tests.Scenarios;

/// <summary>Short retention, expiry and breach notification against whoever can set the clock, cut the power and keep old files.</summary>
public sealed class ClockAttackTests : IDisposable
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);
    private readonly BoxInTime _box = new();

    public void Dispose() => _box.Dispose();

    [Theory, InlineData(false), InlineData(true)]
    public void A_clock_set_back_a_year_keeps_no_hit_longer(bool powerCut)
    {
        _box.Turn();
        Store(Day);
        if (powerCut) _box.CutPower(TimeSpan.FromMinutes(1), clock: Lists.Now.AddYears(-1));
        else _box.Machine.Set(Lists.Now.AddYears(-1));
        _box.Run(Day - TimeSpan.FromHours(1));
        Assert.Equal(1, _box.State.Hits.Count);
        _box.Run(TimeSpan.FromHours(1));
        Assert.Equal(0, _box.State.Hits.Count);
        Assert.Equal("behind", Jump().Detail);
    }

    [Theory, InlineData(false), InlineData(true)]
    public void A_clock_set_forward_a_year_raises_one_incident_and_loses_nothing_it_must_keep(bool powerCut)
    {
        _box.Turn();
        Store(Day);
        if (powerCut) _box.CutPower(TimeSpan.FromMinutes(1), clock: Lists.Now.AddYears(1));
        else _box.Machine.Set(Lists.Now.AddYears(1));
        _box.Run(Day - TimeSpan.FromHours(1));
        Assert.Equal((1, true), (_box.State.Hits.Count, Matches()));
        Assert.True(_box.Trust.Current!.TakesOrders(_box.Time.GetUtcNow()));
        Assert.Equal("ahead", Jump().Detail);
        _box.Run(TimeSpan.FromHours(2)); // and nothing longer either
        Assert.Equal(0, _box.State.Hits.Count);
    }

    [Fact]
    public void A_clock_set_forward_by_days_is_not_believed_because_the_hub_signs_a_timestamp_meanwhile()
    {
        _box.Turn();
        Store(Day);
        _box.Machine.Set(Lists.Now + 3 * Day);
        for (var hour = 1; hour < 24; hour++)
        {
            _box.Agency.RefreshTrust(_box.Time.GetUtcNow());
            _box.Run(TimeSpan.FromHours(1));
        }
        Assert.Equal((1, "ahead"), (_box.State.Hits.Count, Jump().Detail));
        _box.Run(TimeSpan.FromHours(1));
        Assert.Equal(0, _box.State.Hits.Count);
    }

    [Fact]
    public void An_expired_entry_stops_matching_without_a_network_whatever_the_clock_is_set_to()
    {
        _box.Turn();
        foreach (var years in new[] { -1, 1, -20 })
        {
            _box.Machine.Set(_box.Machine.GetUtcNow().AddYears(years));
            _box.Run(TimeSpan.FromHours(15));
            Assert.True(Matches());
            _box.Restart();
        }
        _box.Run(TimeSpan.FromHours(3));
        Assert.False(Matches());
    }

    [Fact]
    public void Retention_ends_at_the_start_after_a_long_weekend_without_power()
    {
        _box.Turn();
        Store(Day);
        _box.CutPower(3 * Day);
        Assert.Equal(0, _box.State.Hits.Count);
        Assert.Empty(_box.Notices);
    }

    [Fact]
    public void A_fresh_list_is_not_taken_for_expired_by_a_box_whose_clock_leapt_ahead()
    {
        _box.Turn();
        _box.CutPower(Day, clock: Lists.Now.AddYears(1));
        Add("CD456", Lists.Now + Day);
        _box.Turn();
        Assert.True(Matches("CD456"));
        Assert.Equal((Lists.Now + Day, ClockState.Held), (_box.Time.GetUtcNow(), _box.Time.State));
    }

    [Fact]
    public void A_box_led_astray_as_far_as_a_power_cut_allows_still_finds_its_way_back_to_its_hub()
    {
        _box.Turn();
        _box.CutPower(TimeSpan.FromMinutes(1), clock: Lists.Now + Edge.Agent.Clock.EffectiveTime.LongestOff - TimeSpan.FromMinutes(1));
        Assert.True(_box.Time.GetUtcNow() > Lists.Now + 3.9 * Day);
        Add("CD456", Lists.Now.AddMinutes(1));
        _box.Turn();
        Assert.True(Matches("CD456"));
    }

    [Fact]
    public void A_box_off_for_weeks_is_told_of_and_right_again_with_the_first_word_from_its_hub()
    {
        _box.Turn();
        Store(Day);
        _box.CutPower(30 * Day);
        Assert.Equal((1, Lists.Now), (_box.State.Hits.Count, _box.Time.GetUtcNow()));
        Add("CD456", Lists.Now + 30 * Day);
        _box.Turn();
        Assert.Equal((0, ClockState.Synced, Lists.Now + 30 * Day), (_box.State.Hits.Count, _box.Time.State, _box.Time.GetUtcNow()));
        Assert.Equal((false, true), (Matches(), Matches("CD456")));
        Assert.Equal("ahead", Jump().Detail);
    }

    [Fact]
    public void The_log_says_how_far_its_times_can_be_trusted()
    {
        _box.Turn();
        Assert.Equal(ClockState.Synced, Logged());
        _box.CutPower(TimeSpan.FromHours(1));
        Assert.Equal(ClockState.Held, Logged());
        _box.Machine.Set(Lists.Now.AddYears(-1));
        Assert.Equal(ClockState.Floor, Logged());
    }

    private ClockState Logged()
    {
        _box.Audit.Append(new AuditEntry { Action = AuditAction.AgentStart });
        return _box.Audit.ReadTail(1)[0].Entry!.Clock;
    }

    private Edge.Agent.Publishing.IncidentNotice Jump()
    {
        var notice = Assert.Single(_box.Notices);
        Assert.Equal(IncidentKind.ClockJump, notice.Kind);
        return notice;
    }

    private bool Matches(string text = "AB123")
    {
        using var plate = Lists.Plate(text);
        return _box.Trust.Current!.Match(plate, _box.Time.GetUtcNow()).Count > 0;
    }

    private void Add(string plate, DateTimeOffset now) => _box.Agency.Hotlists.Change(
        new HotlistChange { Wanted = [Lists.Wanted(plate, "C-2") with { NotBefore = now, Expires = now.AddDays(6) }] }, now, null,
        TestContext.Current.CancellationToken);

    private void Store(TimeSpan life)
    {
        var expires = _box.Time.GetUtcNow() + life;
        _box.State.Hits.Commit(sequence => new HitEntry(new NewHit("case-1", _box.Time.GetUtcNow(), expires, "{}"u8.ToArray()),
            new OutboxMessage(sequence, MessageKind.Hit, "{}"u8.ToArray(), expires)));
    }
}
