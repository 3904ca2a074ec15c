using CsCheck;
using Edge.Agent.Hub;

namespace Edge.Tests.Hub;

public sealed class BoxArrivalsTests
{
    private readonly BoxArrivals _box = new();

    private void Came(long number)
    {
        if (_box.From == 0) _box.Apply(BoxArrivals.Begins("key", number));
        _box.Apply(BoxArrivals.Came(number, (ulong)number | 1UL << 63));
    }

    private List<long> Summary(long number, params long[] dropped)
    {
        if (_box.From == 0) _box.Apply(BoxArrivals.Begins("key", number));
        var accounted = _box.Look(number, dropped, out var missing, out _);
        Came(number);
        foreach (var line in _box.Looked(number, number, dropped, missing, accounted).ToList()) Assert.True(_box.Apply(line));
        return missing;
    }

    [Fact]
    public void The_account_goes_no_further_than_what_can_be_remembered_as_missing()
    {
        Came(1);
        Summary(2);
        Summary(20_002); // 3 … 20,001 are lost
        Assert.Equal(Enumerable.Range(3, BoxArrivals.Window).Select(number => (long)number), Summary(20_003));
        Assert.Equal(2 + BoxArrivals.Window, _box.Through);
        Summary(30_000);
        Assert.Empty(Summary(30_001));
        Assert.Equal((2 + BoxArrivals.Window, BoxArrivals.Window), (_box.Through, _box.Missing.Count));

        for (var number = 3; number <= 10_002; number++) Came(number); // 10,000 are sent again
        Assert.Equal(10_000, Summary(30_002).Count + Summary(30_003).Count);
        Assert.Equal(BoxArrivals.Window, _box.Missing.Count);
    }

    [Fact]
    public void A_number_of_a_thief_costs_no_more_than_that()
    {
        Came(1);
        Summary(2);
        Summary(long.MaxValue - 1);
        Assert.Equal(BoxArrivals.Window, Summary(long.MaxValue).Count);
        Assert.Equal(2 + BoxArrivals.Window, _box.Through);
    }

    [Fact]
    public void A_message_that_overtakes_a_backlog_longer_than_the_window_hides_none_of_its_gaps()
    {
        Came(1);
        Summary(2);
        Came(20_000); // an incident leaves first
        for (var number = 3; number < 20_000; number++)
            if (number != 19_000) Came(number);
        Assert.False(_box.MayBeForgotten(19_000));
        Assert.True(_box.MayBeForgotten(20_000));
        Summary(20_001);
        Assert.Equal([19_000], Summary(20_002));
        Assert.Equal(20_000, _box.Through);
    }

    [Fact]
    public void A_summary_that_comes_late_does_not_name_itself()
    {
        Came(1);
        Summary(5);
        Assert.Equal([2, 3, 4], Summary(7));
        Assert.Equal([6], Summary(8));
        Assert.Empty(Summary(6));
        Assert.DoesNotContain(6, _box.Missing);
    }

    [Fact]
    public void Its_lines_say_all_of_it_again() => Gen.Select(Gen.Int[0, 9], Gen.Int[1, 60]).Array[1, 80].Sample(steps =>
    {
        var tests = new BoxArrivalsTests();
        foreach (var (step, number) in steps)
            if (step <= 5) tests.Came(number);
            else if (step <= 8) tests.Summary(number, number / 2 + 1);
            else tests._box.Apply(BoxArrivals.Begins("key", number));
        var again = new BoxArrivals();
        foreach (var line in tests._box.Lines()) Assert.True(again.Apply(line), line);
        Assert.Equal(tests._box.Lines(), again.Lines());
        Assert.Equal((tests._box.Key, tests._box.From, tests._box.Through), (again.Key, again.From, again.Through));
        Assert.Equal(tests._box.Missing, again.Missing);
        for (var number = 1; number < 70; number++)
            Assert.Equal((tests._box.IsUsed(number), tests._box.MayBeForgotten(number)), (again.IsUsed(number), again.MayBeForgotten(number)));
    }, iter: 300, threads: 1);
}
