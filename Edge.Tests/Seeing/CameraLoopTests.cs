using System.Text;
using Edge.Agent.Device;
using Edge.Agent.Door;
using Edge.Agent.Evaluation;
using Edge.Agent.Hits;
using Edge.Agent.Matching;
using Edge.Agent.Seeing;
using Edge.Storage.Sealing;
using Edge.Tests.Hits;
using Edge.Tests.Support;
using Edge.Vision;
using Edge.Vision.Evaluation;
using Microsoft.Extensions.Time.Testing;

namespace Edge.Tests.Seeing;

/// <summary>A camera's frames are looked at while what was read is decided on.</summary>
public sealed class CameraLoopTests : IAsyncLifetime
{
    private const int Roads = 30;

    private readonly FakeTimeProvider _time = new();
    private readonly WaitingHits _waiting;
    private readonly WatchedLists _lists;
    private readonly ReadCounter _counter = new();
    private readonly PlateModels _models = PlateModels.Open(Repository.Models);
    private readonly CancellationTokenSource _stop = new();

    public CameraLoopTests() => (_waiting, _lists) = (new WaitingHits(_time), new WatchedLists(_time));

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        for (var i = 0; i < DoorLimits.MostWaiting; i++)
        {
            using var passage = Passages.Of("AB123CD");
            await _waiting.AddAsync("lane-2", default, Sighting.Of(passage), asked: null, within: null, Cancel);
        }
    }

    [Fact]
    public async Task A_hit_that_nobody_takes_holds_up_no_frame()
    {
        await using var loop = await WatchAsync(vehicles: 1);
        var running = loop.RunAsync(_stop.Token);
        await Eventually.True(() => loop.Frames == DrawnTraffic.InView + Roads, "every frame is looked at", seconds: 60);
        Assert.False(running.IsCompleted);
        _waiting.Forget(_waiting.Next()!);
        await running;
        Assert.Equal((DoorLimits.MostWaiting, 0), (_waiting.Count, _counter.Total.Discarded));
    }

    [Fact]
    public async Task All_that_were_read_in_one_picture_are_decided_on_before_the_camera_is_over()
    {
        await using var loop = await WatchAsync(vehicles: 5);
        var running = loop.RunAsync(_stop.Token);
        for (var i = 0; i < 5; i++) _waiting.Forget(_waiting.Next()!);
        await running;
        Assert.Equal((DoorLimits.MostWaiting, 0), (_waiting.Count, _counter.Total.Discarded));
    }

    [Fact]
    public async Task Told_to_stop_it_wipes_and_counts_a_hit_for_which_there_is_no_room()
    {
        await using var loop = await WatchAsync(vehicles: 1);
        var running = loop.RunAsync(_stop.Token);
        await Eventually.True(() => loop.Frames == DrawnTraffic.InView + Roads, "every frame is looked at", seconds: 60);
        await _stop.CancelAsync();
        await running;
        Assert.Equal((1, 1), (_counter.Total.Discarded, _waiting.GivenUp));
    }

    public ValueTask DisposeAsync()
    {
        _waiting.Dispose();
        _lists.Dispose();
        _models.Dispose();
        _stop.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<CameraLoop> WatchAsync(int vehicles)
    {
        var street = await DrawnStreet.ReadAsync(vehicles, Repository.Models, Cancel).FirstAsync(Cancel);
        var salt = new byte[BlindTag.SaltSize];
        var tags = new BlindedTags(salt, BlindCost.Default, [.. street.Select(vehicle => (TagOf(vehicle.Text, salt), MatchForm.Exact))]);
        var always = new WatchedList.Term(TimeSpan.MinValue, TimeSpan.MaxValue);
        _lists.Replace(new ToVision.Lists(1, [new WatchedList(tags, [.. street.Select(_ => always)])]));
        var pictures = Enumerable.Repeat(DrawnStreet.Draw(street), DrawnTraffic.InView)
            .Concat(Enumerable.Range(0, Roads).Select(tick => Footage.EmptyRoad(1280, 720, tick)));
        return new CameraLoop("lane-1", new JpegSource(pictures.ToAsyncEnumerable(), TimeSpan.FromSeconds(1.0 / 15), isStill: false),
            PlatePipeline.Open(_models, new PipelineOptions(), _time), _lists, _waiting, _counter, _time,
            new PipelineProgress(_time).Begin("a frame", DoorLimits.LongestLook).Resting(), witness: null);
    }

    private static ReadOnlyMemory<byte> TagOf(string text, byte[] salt)
    {
        var tag = new byte[BlindTag.Size];
        BlindTag.Derive(Encoding.ASCII.GetBytes(text), salt, BlindCost.Default, tag);
        return tag;
    }
}
