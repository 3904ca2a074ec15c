using Edge.Agent.Fleet;
using Edge.Agent.Publishing;
using Microsoft.Extensions.Time.Testing;

namespace Edge.Tests.Fleet;

public sealed class FleetTallyTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly FleetTally _tally;
    private readonly BoxName _box = new("city", "sim-1");

    public FleetTallyTests() => _tally = new FleetTally(_time);

    private FleetCounts Counts => _tally.Count(0);

    [Fact]
    public void Latency_is_from_committed_to_the_line_of_the_hub()
    {
        _tally.Commit(_box, 1);
        _time.Advance(TimeSpan.FromMilliseconds(7));
        _tally.Take(Hit(1));
        Assert.Equal(7, Counts.Latency!.P50);
    }

    [Fact]
    public void Percentiles_are_those_of_the_nearest_rank()
    {
        var latency = Latency.Of([.. Enumerable.Range(1, 200).Select(value => (double)value)])!;
        Assert.Equal(new Latency(100, 190, 198, 200), latency);
        Assert.Null(Latency.Of([]));
    }

    [Fact]
    public void A_hit_that_did_not_come_is_on_the_way_and_one_that_the_hub_named_is_missing()
    {
        for (var number = 1; number <= 3; number++) _tally.Commit(_box, number);
        _tally.Take(Hit(1));
        _tally.Take(HubLine.Parse("""{"type":"hub.missing","agency":"city","box":"sim-1","numbers":[2,3]}""")!);
        _tally.Take(HubLine.Parse("""{"type":"hub.late","agency":"city","box":"sim-1","numbers":[3]}""")!);
        Assert.Equal((3, 1, 2, 1), (Counts.Sent, Counts.Opened, Counts.OnTheWay, Counts.Missing));
    }

    [Fact]
    public void A_hit_that_is_shown_twice_counts_once_and_one_of_a_stranger_is_refused()
    {
        _tally.Commit(_box, 1);
        _tally.Take(Hit(1));
        _tally.Take(Hit(1) with { Again = true });
        _tally.Take(Hit(9));
        _tally.Take(HubLine.Parse("""{"type":"hub.ended","agency":"city","hits":3,"refused":4,"repeats":5}""")!);
        Assert.Equal((1, 1, 5, 5), (Counts.Opened, Counts.ShownAgain, Counts.Refused, Counts.Repeats));
    }

    [Fact]
    public void Only_a_box_that_is_online_is_there()
    {
        _tally.Take(HubLine.Parse("""{"type":"edge.status.v1","agency":"city","box":"sim-1","sequence":0,"data":{"state":"offline"},"again":false}""")!);
        Assert.Equal(0, _tally.Online);
        _tally.Take(HubLine.Parse("""{"type":"edge.status.v1","agency":"city","box":"sim-1","sequence":0,"data":{"state":"online"},"again":false}""")!);
        Assert.Equal(1, _tally.Online);
    }

    private static HubLine Hit(long number) => new("edge.hit.v1", "sim-1", number, Again: false, []);
}
