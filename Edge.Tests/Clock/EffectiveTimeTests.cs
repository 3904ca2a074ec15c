using Edge.Agent.Clock;
using Edge.Storage.Audit;
using Edge.Storage.Database;
using Edge.Tests.Support;

namespace Edge.Tests.Clock;

public sealed class EffectiveTimeTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 11, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);
    private readonly TemporaryFolder _folder = new();
    private readonly MachineClock _machine = new(Start);

    public void Dispose() => _folder.Dispose();

    private EffectiveTime Open() => EffectiveTime.Open(_folder.Path, _machine, _machine);

    /// <summary>The agent stops and starts again; the machine may have been off in between.</summary>
    private EffectiveTime Restart(EffectiveTime time, TimeSpan? off = null, DateTimeOffset? clock = null)
    {
        time.Save();
        if (off is { } dark) _machine.Reboot(dark);
        if (clock is { } set) _machine.Set(set);
        return Open();
    }

    [Fact]
    public void A_clock_that_runs_well_is_the_time()
    {
        var time = Open();
        Assert.Equal(Start, time.GetUtcNow());
        _machine.Advance(3 * Hour);
        Assert.Equal((Start + 3 * Hour, TimeSpan.Zero, null, ClockState.Held), (time.GetUtcNow(), time.Jump, time.UntoldJump, time.State));
    }

    [Fact]
    public void A_clock_set_back_a_year_changes_nothing_and_time_goes_on_by_the_counter()
    {
        var time = Open();
        _machine.Set(Start.AddYears(-1));
        Assert.Equal(Start, time.GetUtcNow());
        _machine.Advance(Hour);
        Assert.Equal((Start + Hour, TimeSpan.FromDays(-365), ClockState.Floor), (time.GetUtcNow(), time.Jump, time.State));
    }

    [Fact]
    public void A_clock_set_forward_a_year_changes_nothing_and_time_goes_on_by_the_counter()
    {
        var time = Open();
        _machine.Set(Start.AddYears(1));
        Assert.Equal(Start, time.GetUtcNow());
        _machine.Advance(Hour);
        Assert.Equal((Start + Hour, TimeSpan.FromDays(365), ClockState.Held), (time.GetUtcNow(), time.Jump, time.State));
    }

    [Theory, InlineData(-365), InlineData(365)]
    public void A_jump_is_told_once_also_over_restarts_of_the_agent(int days)
    {
        var time = Open();
        _machine.Set(Start.AddDays(days));
        Assert.Equal(TimeSpan.FromDays(days), time.UntoldJump);
        time = Restart(time); // before anybody was told
        Assert.Equal(TimeSpan.FromDays(days), time.UntoldJump);
        time.JumpTold();
        for (var i = 0; i < 3; i++)
        {
            _machine.Advance(Day);
            Assert.Null(time.UntoldJump);
            time = Restart(time);
            Assert.Null(time.UntoldJump);
        }
        Assert.Equal(Start + 3 * Day, time.GetUtcNow());

        _machine.Set(Start.AddDays(3 + 2 * days)); // a further one is another
        Assert.Equal(TimeSpan.FromDays(2 * days), time.UntoldJump);
        time.JumpTold();
        _machine.Set(Start.AddDays(3)); // back: it agrees
        Assert.Equal((null, TimeSpan.Zero), (time.UntoldJump, time.Jump));
        _machine.Set(Start.AddDays(3 + days));
        Assert.NotNull(time.UntoldJump);
    }

    [Fact]
    public void A_jump_that_is_over_before_anybody_was_told_is_told_all_the_same()
    {
        var time = Open();
        _machine.Set(Start.AddDays(-1));
        time.GetUtcNow();
        _machine.Set(Start);
        Assert.Equal((TimeSpan.Zero, -Day), (time.Jump, time.UntoldJump));
    }

    [Fact]
    public void Small_corrections_forward_are_followed_by_a_minute_a_day_and_no_more()
    {
        var time = Open();
        for (var day = 0; day < 3; day++)
        {
            for (var step = 0; step < 6; step++)
            {
                _machine.Set(_machine.GetUtcNow().AddSeconds(20));
                _ = time.GetUtcNow();
                time = Restart(time); // restarting the agent buys nothing
            }
            _machine.Advance(Day);
        }
        Assert.InRange(time.GetUtcNow() - (Start + 3 * Day), TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(4));
        Assert.NotNull(time.UntoldJump);
    }

    [Fact]
    public void Small_corrections_back_are_no_jump_and_do_not_slow_time()
    {
        var time = Open();
        _machine.Set(Start.AddSeconds(-30));
        _machine.Advance(Hour);
        Assert.Equal((Start + Hour, null), (time.GetUtcNow(), time.UntoldJump));
    }

    [Fact]
    public void Elapsed_time_is_known_exactly_over_a_restart_of_the_agent()
    {
        var time = Open();
        _machine.Set(Start.AddYears(1));
        _machine.Advance(TimeSpan.FromMilliseconds(1234));
        time.Save();
        _machine.Advance(5 * Day + TimeSpan.FromMilliseconds(500));
        Assert.Equal(Start + 5 * Day + TimeSpan.FromMilliseconds(1734), Open().GetUtcNow());
    }

    [Fact]
    public void What_was_reached_outlasts_a_reboot_with_a_clock_that_forgot_everything()
    {
        var time = Restart(Open(), off: 2 * Hour, clock: DateTimeOffset.UnixEpoch);
        Assert.Equal((Start, ClockState.Floor), (time.GetUtcNow(), time.State));
        Assert.NotNull(time.UntoldJump);
        _machine.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(Start.AddMinutes(5), time.GetUtcNow());
    }

    [Fact]
    public void A_right_clock_after_a_long_weekend_without_power_is_taken()
    {
        var time = Restart(Open(), off: 3 * Day);
        Assert.Equal((Start + 3 * Day, null, ClockState.Held), (time.GetUtcNow(), time.UntoldJump, time.State));
    }

    [Fact]
    public void A_clock_a_year_ahead_after_a_reboot_is_held_at_what_was_reached_and_told()
    {
        var time = Restart(Open(), off: Hour, clock: Start.AddYears(1));
        Assert.Equal((Start, TimeSpan.FromDays(365)), (time.GetUtcNow(), time.UntoldJump));
        _machine.Advance(Hour);
        Assert.Equal(Start + Hour, time.GetUtcNow());
    }

    [Fact]
    public void Many_reboots_do_not_bring_the_time_forward_by_more_than_one()
    {
        var time = Open();
        for (var i = 0; i < 20; i++) time = Restart(time, off: TimeSpan.FromMinutes(1), clock: _machine.GetUtcNow().AddDays(1));
        Assert.InRange(time.GetUtcNow() - Start, TimeSpan.Zero, EffectiveTime.LongestOff + TimeSpan.FromMinutes(20));
        Assert.NotNull(time.UntoldJump);
    }

    [Fact]
    public void A_newly_signed_timestamp_confirms_the_machine_s_clock()
    {
        var time = Open();
        _machine.Advance(Hour);
        time.Confirm(Start + Hour - TimeSpan.FromMinutes(1));
        Assert.Equal((Start + Hour, ClockState.Synced), (time.GetUtcNow(), time.State));
        time = Restart(time);
        Assert.Equal(ClockState.Synced, time.State);
        _machine.Set(Start.AddYears(1));
        Assert.Equal(ClockState.Held, time.State);
        _machine.Set(Start + Hour);
        Assert.Equal(ClockState.Held, Restart(time, off: Hour).State); // nobody knows how long it was off
    }

    [Fact]
    public void A_box_that_was_off_for_weeks_is_held_until_a_new_timestamp_confirms_its_clock()
    {
        var time = Restart(Open(), off: 30 * Day);
        Assert.Equal(Start, time.GetUtcNow());
        Assert.NotNull(time.UntoldJump);
        time.JumpTold();
        time.Confirm(Start + 29 * Day);
        Assert.Equal((Start + 30 * Day, TimeSpan.Zero, null, ClockState.Synced), (time.GetUtcNow(), time.Jump, time.UntoldJump, time.State));
    }

    [Fact]
    public void A_timestamp_does_not_confirm_a_clock_that_is_far_ahead_of_it_but_time_is_at_least_its_signing()
    {
        var time = Restart(Open(), off: 30 * Day, clock: Start.AddYears(1));
        time.JumpTold();
        time.Confirm(Start + 29 * Day);
        Assert.Equal((Start + 29 * Day, null, ClockState.Held), (time.GetUtcNow(), time.UntoldJump, time.State));
    }

    [Fact]
    public void A_timestamp_raises_the_time_of_a_machine_that_forgot_it()
    {
        var time = Restart(Open(), off: 30 * Day, clock: DateTimeOffset.UnixEpoch);
        time.JumpTold();
        time.Confirm(Start + 30 * Day);
        _machine.Advance(Hour);
        Assert.Equal((Start + 30 * Day + Hour, null, ClockState.Floor), (time.GetUtcNow(), time.UntoldJump, time.State));
    }

    [Fact]
    public void A_timestamp_that_was_held_back_brings_no_time_back_and_no_clock_far_forward()
    {
        var time = Open();
        _machine.Advance(30 * Day);
        _machine.Set(Start.AddYears(1));
        time.Confirm(Start);
        Assert.Equal(Start + 30 * Day, time.GetUtcNow());
        _machine.Set(Start + EffectiveTime.LongestOff);
        time.Confirm(Start);
        Assert.Equal(Start + 30 * Day, time.GetUtcNow());
    }

    [Fact]
    public void A_confirmation_lets_a_box_be_off_again()
    {
        var time = Restart(Open(), off: 3 * Day);
        time.Confirm(Start + 3 * Day);
        time = Restart(time, off: 3 * Day);
        Assert.Equal((Start + 6 * Day, null), (time.GetUtcNow(), time.UntoldJump));
    }

    [Fact]
    public void Time_never_goes_back_whatever_is_done_to_the_clock()
    {
        var random = new Random(4711);
        var time = Open();
        var reached = time.GetUtcNow();
        for (var i = 0; i < 500; i++)
        {
            _machine.Set(Start.AddSeconds(random.Next(-40_000_000, 40_000_000)));
            _machine.Advance(TimeSpan.FromMilliseconds(random.Next(100_000)));
            if (random.Next(5) == 0) time.Confirm(Start.AddSeconds(random.Next(-1_000_000, 1_000_000)));
            if (random.Next(7) == 0) time = Restart(time, random.Next(2) == 0 ? TimeSpan.FromSeconds(random.Next(1000)) : null);
            var now = time.GetUtcNow();
            Assert.True(now >= reached, $"went back by {reached - now} at step {i}");
            reached = now;
        }
    }

    [Theory]
    [InlineData("""{"floor":"yesterday"}""")]
    [InlineData("")]
    public void What_is_damaged_is_refused_and_the_message_says_what_to_do(string json)
    {
        File.WriteAllText(_folder.File("clock.json"), json);
        Assert.Contains("delete the file", Assert.Throws<StateDamagedException>(Open).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_kernel_counts_and_names_its_boot()
    {
        var kernel = new KernelBootCounter();
        var before = kernel.Elapsed;
        Assert.InRange(kernel.Boot.Length, 1, 64);
        Assert.True(before > TimeSpan.Zero && kernel.Elapsed >= before);
    }
}
