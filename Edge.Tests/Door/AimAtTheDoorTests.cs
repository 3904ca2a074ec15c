using Edge.Agent.Door;
using Edge.Agent.LanConsole;
using Edge.Tests.Support;
using Edge.Vision.Aiming;
using Edge.Vision.Capture;

namespace Edge.Tests.Door;

/// <summary>Looking through a camera that another process reads.</summary>
public sealed class AimAtTheDoorTests
{
    private static readonly AimFigures Figures = new()
    {
        Width = 1920, Height = 1080, Brightness = 97.5, Plates = 1, FramesWithPlate = 3, Seconds = 12.5, Reads = 2, Unread = 1,
        Now = new PlateFigures(31, 140, 0.08, 210, 160, 0.01, -2.5, 14),
    };

    [Fact]
    public async Task Whoever_looks_sees_what_vision_draws_and_vision_is_told_when_they_stop()
    {
        await using var lab = new DoorLab();
        using var vision = await lab.EnterAsync();
        await Eventually.True(() => lab.Keeper.Look.Open, "it is in");
        var views = Watch(lab);
        var first = views.MoveNextAsync();
        Assert.Equal(new ToVision.AimAt(0, 60), await vision.HearAsync());

        await vision.SayAsync(View(lab, TimeSpan.FromSeconds(2)));

        Assert.True(await first);
        Assert.Equal(Figures, views.Current.Figures);
        Assert.Equal(lab.Time.GetUtcNow() - TimeSpan.FromSeconds(2), views.Current.At);
        await views.DisposeAsync();
        Assert.Equal(new ToVision.AimAt(0, 0), await vision.HearAsync());
        Assert.Empty(lab.Incidents);
    }

    [Fact]
    public async Task A_view_that_was_under_way_when_somebody_stopped_looking_is_no_offence_and_a_later_one_is()
    {
        await using var lab = new DoorLab();
        using var vision = await lab.EnterAsync();
        await Eventually.True(() => lab.Keeper.Look.Open, "it is in");
        var views = Watch(lab);
        var first = views.MoveNextAsync();
        await vision.SayAsync(View(lab));
        Assert.True(await first);
        await views.DisposeAsync();
        lab.Time.Advance(DoorLimits.LateView / 2);
        await vision.SayAsync(View(lab), lab.Hit());
        await Eventually.True(() => lab.Counter.Total.Hits == 1, "the hit after it");
        Assert.Empty(lab.Incidents);

        lab.Time.Advance(DoorLimits.LateView);
        await vision.SayAsync(View(lab));

        await Eventually.True(() => !lab.Incidents.IsEmpty, "an incident");
        Assert.Equal("out-of-order", Assert.Single(lab.Incidents).Detail);
    }

    [Fact]
    public async Task A_vision_that_was_started_anew_is_asked_again_for_as_long_as_is_left()
    {
        await using var lab = new DoorLab();
        using (var vision = await lab.EnterAsync()) await Eventually.True(() => lab.Keeper.Look.Open, "it is in");
        await Eventually.True(() => !lab.Keeper.Look.Open, "it has left");
        await using var views = Watch(lab);
        var first = views.MoveNextAsync();
        lab.Time.Advance(TimeSpan.FromSeconds(20));
        using var next = await lab.EnterAsync();
        Assert.Equal(new ToVision.AimAt(0, 40), await next.HearAsync());
        await next.SayAsync(View(lab));
        Assert.True(await first);
    }

    [Fact]
    public async Task A_vision_that_floods_whoever_looks_is_refused()
    {
        await using var lab = new DoorLab();
        using var vision = await lab.EnterAsync();
        await Eventually.True(() => lab.Keeper.Look.Open, "it is in");
        await using var views = Watch(lab);
        var first = views.MoveNextAsync();
        Assert.Equal(new ToVision.AimAt(0, 60), await vision.HearAsync());
        for (var i = 0; i <= DoorLimits.ViewsPerMinute; i++) await vision.SayAsync(View(lab));
        await Eventually.True(() => !lab.Incidents.IsEmpty, "an incident");
        Assert.Equal("too-many-messages", Assert.Single(lab.Incidents).Detail);
    }

    [Fact]
    public async Task Looking_ends_by_itself()
    {
        await using var lab = new DoorLab();
        await using var views = Watch(lab);
        var first = views.MoveNextAsync();
        lab.Time.Advance(TimeSpan.FromSeconds(61));
        Assert.False(await first);
    }

    [Fact]
    public async Task A_camera_that_is_none_shows_nothing()
    {
        await using var lab = new DoorLab();
        await using var views = lab.Keeper.WatchAsync(new AimRequest("lane-9", TimeSpan.FromMinutes(1)), TestContext.Current.CancellationToken)
            .GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Assert.False(await views.MoveNextAsync());
    }

    [Fact]
    public async Task The_brightness_of_the_cameras_comes_with_the_counters()
    {
        await using var lab = new DoorLab();
        using var vision = await lab.EnterAsync();
        Assert.Null(lab.Keeper.Brightness);
        await vision.SayAsync(new ToAgent.Tally(0, 0, 0,
            [new(CameraState.Running, CameraFault.None, 0, 0, 0) { Brightness = 40 }, new(CameraState.Starting, CameraFault.None, 0, 0, 0)]));
        await Eventually.True(() => lab.Keeper.Brightness == 40, "the brightness of the camera that has one");
    }

    internal static ToAgent.View View(DoorLab lab, TimeSpan age = default) => new(0, lab.Time.Monotonic() - age, lab.Hit().What.Crop, Figures);

    private static IAsyncEnumerator<AimView> Watch(DoorLab lab) =>
        lab.Keeper.WatchAsync(new AimRequest(DoorLab.LiveCamera, TimeSpan.FromMinutes(1)), TestContext.Current.CancellationToken)
            .GetAsyncEnumerator(TestContext.Current.CancellationToken);
}
