using Edge.Agent.Door;
using Edge.Agent.Hits;
using Edge.Agent.Seeing;
using Edge.Tests.Hits;
using Microsoft.Extensions.Time.Testing;

namespace Edge.Tests.Seeing;

/// <summary>Hits wait in memory, bounded in number and time, until the agent has stored them.</summary>
public sealed class WaitingHitsTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly WaitingHits _waiting;

    public WaitingHitsTests() => _waiting = new WaitingHits(_time);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_hit_stays_until_it_is_stored_and_is_wiped_then()
    {
        var seen = await AddAsync();
        var hit = _waiting.Next()!;
        var number = _waiting.Number(hit);
        Assert.Null(_waiting.Next());
        Assert.Equal(1, _waiting.Count);
        _waiting.Stored(number);
        Assert.Equal(0, _waiting.Count);
        Assert.All(seen.Plate.Ascii.ToArray(), letter => Assert.Equal(0, letter));
        Assert.All(seen.Crop, pixel => Assert.Equal(0, pixel));
    }

    [Fact]
    public async Task A_camera_that_has_sent_all_it_may_holds_up_no_other()
    {
        await AddAsync(camera: "lane-1");
        await AddAsync(camera: "lane-2");
        Assert.Equal("lane-2", _waiting.Next(but: new HashSet<string> { "lane-1" })!.Camera);
        Assert.Null(_waiting.Next(but: new HashSet<string> { "lane-1", "lane-2" }));
        Assert.Equal("lane-1", _waiting.Next()!.Camera);
    }

    [Fact]
    public async Task On_a_new_link_what_was_not_stored_is_sent_anew_under_another_number()
    {
        await AddAsync();
        var first = _waiting.Number(_waiting.Next()!);
        _waiting.Rewind();
        var second = _waiting.Number(_waiting.Next()!);
        Assert.True(second > first);
        _waiting.Stored(first); // an acknowledgement of the old link names nothing
        Assert.Equal(1, _waiting.Count);
    }

    [Fact]
    public async Task A_hit_that_nobody_takes_for_ten_minutes_is_wiped_and_counted()
    {
        var seen = await AddAsync();
        _time.Advance(DoorLimits.KeptFor);
        Assert.Equal(0, _waiting.GiveUp());
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, _waiting.GiveUp());
        Assert.Equal((0, 1L), (_waiting.Count, _waiting.GivenUp));
        Assert.All(seen.Plate.Ascii.ToArray(), letter => Assert.Equal(0, letter));
    }

    [Fact]
    public async Task When_it_is_full_a_recording_waits_until_one_is_stored()
    {
        for (var i = 0; i < DoorLimits.MostWaiting; i++) await AddAsync();
        var next = AddAsync();
        Assert.False(next.IsCompleted);
        _waiting.Forget(_waiting.Next()!);
        await next;
        Assert.Equal(DoorLimits.MostWaiting, _waiting.Count);
    }

    [Fact]
    public async Task When_it_is_full_a_live_camera_waits_three_seconds_and_then_no_more_until_there_is_room()
    {
        for (var i = 0; i < DoorLimits.MostWaiting; i++) await AddAsync();
        var late = TryAddAsync();
        _time.Advance(DoorLimits.RoomWithin - TimeSpan.FromMilliseconds(1));
        Assert.False(late.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        var (taken, seen) = await late;
        Assert.False(taken);
        Assert.All(seen.Plate.Ascii.ToArray(), letter => Assert.Equal(0, letter));
        Assert.False((await TryAddAsync()).Taken); // at once: what else is in the picture is not kept meanwhile
        Assert.Equal((DoorLimits.MostWaiting, 2L), (_waiting.Count, _waiting.GivenUp));

        _waiting.Forget(_waiting.Next()!);
        Assert.True((await TryAddAsync()).Taken);
        var next = TryAddAsync();
        Assert.False(next.IsCompleted);
        _waiting.Forget(_waiting.Next()!);
        Assert.True((await next).Taken);
    }

    [Theory]
    [InlineData(-5, 0)]
    [InlineData(2, 2)]
    [InlineData(4000, 60)] // a recording's own time may lie anywhere
    public async Task A_passage_was_seen_at_most_a_minute_ago_and_never_in_the_future(int age, int expected)
    {
        _time.Advance(TimeSpan.FromHours(3));
        await AddAsync(TimeSpan.FromSeconds(age));
        Assert.Equal(TimeSpan.FromSeconds(expected), _time.Monotonic() - _waiting.Next()!.Seen);
    }

    public void Dispose() => _waiting.Dispose();

    private async Task<Sighting> AddAsync(TimeSpan age = default, string camera = "lane-1")
    {
        var seen = Seen();
        Assert.True(await _waiting.AddAsync(camera, age, seen, asked: null, within: null, Cancel));
        return seen;
    }

    private async Task<(bool Taken, Sighting Seen)> TryAddAsync()
    {
        var seen = Seen();
        return (await _waiting.AddAsync("lane-1", default, seen, asked: null, DoorLimits.RoomWithin, Cancel), seen);
    }

    private static Sighting Seen()
    {
        using var passage = Passages.Of("AB123CD");
        return Sighting.Of(passage);
    }
}
