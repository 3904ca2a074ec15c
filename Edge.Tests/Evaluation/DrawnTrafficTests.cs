using Edge.Agent.Evaluation;
using Edge.Vision.Evaluation;

namespace Edge.Tests.Evaluation;

public sealed class DrawnTrafficTests
{
    private static readonly DrawnTraffic Traffic = Of(every: 3), Apart = Of(every: 15);

    [Theory]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(8)]
    [InlineData(15)]
    public void Every_group_is_seen_in_as_many_pictures_one_after_the_other(int every)
    {
        var (traffic, count) = (Of(every), 7);
        var seen = Enumerable.Range(0, traffic.PicturesOf(count)).Select(tick => (Tick: tick, Seen: traffic.Seen(tick, count))).ToList();
        for (var group = 0; group < count; group++)
            Assert.Equal(Enumerable.Range(group * every, DrawnTraffic.InView),
                seen.Where(one => one.Seen.First <= group && group < one.Seen.First + one.Seen.Count).Select(one => one.Tick));
    }

    [Fact]
    public void No_vehicle_begins_that_is_not_shown_whole()
    {
        Assert.Equal(15 * 90, Apart.PicturesOf(90));
        Assert.Equal(3 * 124 + DrawnTraffic.InView, Traffic.PicturesOf(125));
        Assert.Equal(0, Apart.Seen(14, 90).Count);
    }

    [Fact]
    public void After_the_last_group_comes_the_first_again_in_the_same_picture()
    {
        Assert.Equal(Traffic.TextsOf(0), Traffic.TextsOf(2));
        Assert.Same(Traffic.Picture(0, 1), Traffic.Picture(2, 1));
        Assert.NotEqual(Traffic.Picture(0, 1), Traffic.Picture(0, 2));
    }

    private static DrawnTraffic Of(int every) => new([.. DrawnStreet.Vehicles(2, seed: 1).Select(vehicle => (IReadOnlyList<DrawnVehicle>)[vehicle])], every);
}
