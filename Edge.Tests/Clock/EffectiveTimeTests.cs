using Edge.Agent.Clock;
using Edge.Storage.Database;
using Edge.Tests.Support;

namespace Edge.Tests.Clock;

public sealed class EffectiveTimeTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 11, 1, 12, 0, 0, TimeSpan.Zero);
    private readonly TemporaryFolder _folder = new();
    private readonly MachineClock _machine = new(Start);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_clock_that_runs_well_is_the_time()
    {
        var time = EffectiveTime.Open(_folder.Path, _machine);
        Assert.Equal(Start, time.GetUtcNow());
        _machine.Advance(TimeSpan.FromHours(3));
        Assert.Equal((Start.AddHours(3), TimeSpan.Zero), (time.GetUtcNow(), time.Behind));
    }

    [Fact]
    public void A_clock_set_back_a_year_changes_nothing_and_time_goes_on_by_the_monotonic_counter()
    {
        var time = EffectiveTime.Open(_folder.Path, _machine);
        Assert.Equal(Start, time.GetUtcNow());
        _machine.Set(Start.AddYears(-1));
        Assert.Equal(Start, time.GetUtcNow());
        _machine.Advance(TimeSpan.FromHours(1));
        Assert.Equal(Start.AddHours(1), time.GetUtcNow());
        Assert.Equal(TimeSpan.FromDays(365), time.Behind);
    }

    [Fact]
    public void What_was_reached_outlasts_a_restart_with_a_clock_that_forgot_everything()
    {
        EffectiveTime.Open(_folder.Path, _machine).Save();
        var forgetful = new MachineClock(DateTimeOffset.UnixEpoch.AddDays(1));
        var time = EffectiveTime.Open(_folder.Path, forgetful);
        Assert.Equal(Start, time.GetUtcNow());
        forgetful.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(Start.AddMinutes(5), time.GetUtcNow());
        time.Save();
        Assert.Equal(Start.AddMinutes(5), EffectiveTime.Open(_folder.Path, new MachineClock(Start.AddYears(-9))).GetUtcNow());
    }

    [Fact]
    public void A_right_clock_after_days_without_power_is_taken()
    {
        EffectiveTime.Open(_folder.Path, _machine).Save();
        Assert.Equal(Start.AddDays(20), EffectiveTime.Open(_folder.Path, new MachineClock(Start.AddDays(20))).GetUtcNow());
    }

    [Fact]
    public void A_damaged_floor_is_refused_and_the_message_says_what_to_do()
    {
        File.WriteAllText(_folder.File("clock.json"), """{"floor":"yesterday"}""");
        Assert.Contains("delete the file", Assert.Throws<StateDamagedException>(() => EffectiveTime.Open(_folder.Path, _machine)).Message,
            StringComparison.Ordinal);
    }
}
