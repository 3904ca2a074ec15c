using CsCheck;
using Edge.Agent.Hub;

namespace Edge.Tests.Hub;

public sealed class NumberRangesTests
{
    [Fact]
    public void They_are_a_set_whatever_is_added_and_taken() => Gen.Select(Gen.Int[0, 3], Gen.Long[1, 50], Gen.Long[0, 9]).Array[1, 60].Sample(steps =>
    {
        var (ranges, set) = (new NumberRanges(100), new SortedSet<long>());
        foreach (var (step, number, length) in steps)
        {
            if (step <= 1) ranges.Add(number, number + length);
            else if (step == 2) ranges.Remove(number, number + length);
            else if (ranges.TakeEndingAt(number) is { } first) set.ExceptWith(Numbers(first, number));
            else Assert.False(set.Contains(number) && !set.Contains(number + 1));
            if (step <= 1) set.UnionWith(Numbers(number, number + length));
            if (step == 2) set.ExceptWith(Numbers(number, number + length - 1));
        }
        for (var number = 0L; number < 65; number++)
            Assert.Equal(set.Contains(number), ranges.EndOf(number) is { } end && set.IsSupersetOf(Numbers(number, end)) && !set.Contains(end + 1));
        Assert.Equal(set.Count(number => !set.Contains(number - 1)), ranges.Count);
    }, iter: 500, threads: 1);

    [Fact]
    public void The_highest_is_forgotten_where_there_are_too_many()
    {
        var ranges = new NumberRanges(2);
        foreach (var number in new[] { 1L, long.MaxValue, 5, long.MaxValue - 1 }) ranges.Add(number);
        Assert.Equal(["1 1", "5 5"], ranges.Lines());
    }

    private static IEnumerable<long> Numbers(long first, long last)
    {
        for (var number = first; number <= last; number++) yield return number;
    }
}
