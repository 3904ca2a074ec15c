using Edge.Agent.Door;
using Edge.Agent.Governance;
using Edge.Tests.Support;
using Edge.Vision.Aiming;
using Edge.Vision.Capture;

namespace Edge.Tests.Door;

/// <summary>Another configuration while a link stands: which camera a place means is never in doubt, and a vision that cannot, or does not answer, changes
/// nothing.</summary>
public sealed class ChangeAtTheDoorTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static ToVision.Configure Turned(DoorLab lab) =>
        lab.Settings with { Cameras = [.. lab.Settings.Cameras.Reverse(), lab.Settings.Cameras[0] with { Name = "lane-3" }] };

    [Fact]
    public async Task Hits_and_tallies_before_the_answer_are_of_the_old_places_and_those_after_it_of_the_new()
    {
        await using var lab = new DoorLab();
        using var vision = await lab.EnterAsync();
        await vision.SayAsync(new ToAgent.Tally(5, 0, 0, [Camera(5), Camera(7)]));
        var changing = lab.Keeper.ChangeAsync(Turned(lab), Cancel);
        Assert.IsType<ToVision.Configure>(await vision.HearAsync());
        await vision.SayAsync(lab.Hit(number: 1, camera: 1), new ToAgent.Tally(6, 0, 0, [Camera(6), Camera(8)]), new ToAgent.Configured(true));
        Assert.Null(await changing);
        Assert.Equal(["lane-2", "lane-1", "lane-3"], lab.Keeper.Cameras.Select(camera => camera.Name));
        // Counters of cameras may begin anew.
        await vision.SayAsync(lab.Hit(number: 2, camera: 2), new ToAgent.Tally(7, 0, 0, [Camera(1), Camera(0), Camera(0)]));
        await Eventually.True(() => lab.Stored.Hits == 2 && lab.Keeper.Frames == 7, "both are stored");
        Assert.Empty(lab.Incidents);
    }

    [Fact]
    public async Task What_vision_cannot_open_leaves_all_as_it_was()
    {
        await using var lab = new DoorLab();
        using var vision = await lab.EnterAsync();
        var changing = lab.Keeper.ChangeAsync(Turned(lab), Cancel);
        Assert.IsType<ToVision.Configure>(await vision.HearAsync());
        await vision.SayAsync(new ToAgent.Configured(false));
        Assert.Contains("cannot open a camera", await changing, StringComparison.Ordinal);
        Assert.Equal([DoorLab.LiveCamera, DoorLab.Recording], lab.Keeper.Cameras.Select(camera => camera.Name));
        await vision.SayAsync(lab.Hit(number: 1, camera: 1));
        await Eventually.True(() => lab.Stored.Hits == 1, "it goes on");
        Assert.Empty(lab.Incidents);
    }

    [Fact]
    public async Task A_vision_that_leaves_in_between_is_told_the_old_one_when_it_comes_again()
    {
        await using var lab = new DoorLab();
        var vision = await lab.EnterAsync();
        var changing = lab.Keeper.ChangeAsync(Turned(lab), Cancel);
        Assert.IsType<ToVision.Configure>(await vision.HearAsync());
        vision.Dispose();
        Assert.Contains("left, or did not answer", await changing, StringComparison.Ordinal);
        using var again = await lab.EnterAsTimePassesAsync();
        Assert.Equal([DoorLab.LiveCamera, DoorLab.Recording], lab.Keeper.Cameras.Select(camera => camera.Name));
        Assert.Empty(lab.Incidents);
    }

    [Fact]
    public async Task A_vision_that_does_not_answer_in_a_minute_is_sent_away_and_its_late_answer_is_not_heard()
    {
        await using var lab = new DoorLab();
        using var vision = await lab.EnterAsync();
        var changing = lab.Keeper.ChangeAsync(Turned(lab), Cancel);
        Assert.IsType<ToVision.Configure>(await vision.HearAsync());
        for (var second = 0; second < 60 && !changing.IsCompleted; second++)
        {
            await vision.SayAsync(new ToAgent.Tally(0, 0, 0, [Camera(0), Camera(0)])); // it lives
            lab.Time.Advance(TimeSpan.FromSeconds(1));
        }
        Assert.Contains("left, or did not answer", await changing, StringComparison.Ordinal);
        await vision.SayAsync(new ToAgent.Configured(true));
        await Eventually.True(() => !lab.Keeper.Look.Open, "it is sent away");
        Assert.Equal([DoorLab.LiveCamera, DoorLab.Recording], lab.Keeper.Cameras.Select(camera => camera.Name));
        Assert.Empty(lab.Incidents);
    }

    [Fact]
    public async Task Where_nobody_is_at_the_door_the_next_is_told_the_new_one()
    {
        await using var lab = new DoorLab();
        Assert.Null(await lab.Keeper.ChangeAsync(Turned(lab), Cancel));
        using var vision = await lab.EnterAsync();
        await vision.SayAsync(lab.Hit(number: 1, camera: 2));
        await Eventually.True(() => lab.Stored.Hits == 1, "its third camera is one");
    }

    [Fact]
    public async Task Who_begins_to_look_while_vision_changes_over_is_not_asked_for_by_a_place_that_may_be_another_cameras_by_then()
    {
        await using var lab = new DoorLab();
        using var vision = await lab.EnterAsync();
        await Eventually.True(() => lab.Keeper.Look.Open, "it is in");
        var changing = lab.Keeper.ChangeAsync(Turned(lab), Cancel);
        Assert.IsType<ToVision.Configure>(await vision.HearAsync());
        await using var early = Watch(lab);
        var first = early.MoveNextAsync();
        await vision.SayAsync(new ToAgent.Configured(true));
        Assert.Null(await changing);
        Assert.False(await first); // what was in force when they began is not any more
        await using var late = Watch(lab);
        var second = late.MoveNextAsync();
        Assert.Equal(new ToVision.AimAt(1, 60), await vision.HearAsync());
        await vision.SayAsync(AimAtTheDoorTests.View(lab) with { Camera = 1 });
        Assert.True(await second);
        Assert.Empty(lab.Incidents);
    }

    [Fact]
    public async Task Where_all_stays_as_it_was_vision_learns_who_has_begun_and_who_has_stopped_looking_meanwhile()
    {
        await using var lab = new DoorLab();
        using var vision = await lab.EnterAsync();
        await Eventually.True(() => lab.Keeper.Look.Open, "it is in");
        var stops = Watch(lab, DoorLab.Recording);
        var first = stops.MoveNextAsync();
        Assert.Equal(new ToVision.AimAt(1, 60), await vision.HearAsync());
        await vision.SayAsync(AimAtTheDoorTests.View(lab) with { Camera = 1 });
        Assert.True(await first);
        var changing = lab.Keeper.ChangeAsync(Turned(lab), Cancel);
        Assert.IsType<ToVision.Configure>(await vision.HearAsync());
        await stops.DisposeAsync();
        await using var begins = Watch(lab);
        var second = begins.MoveNextAsync();
        await vision.SayAsync(new ToAgent.Configured(false));
        Assert.Contains("cannot open a camera", await changing, StringComparison.Ordinal);
        Assert.Equal([new ToVision.AimAt(0, 60), new ToVision.AimAt(1, 0)], new[] { await vision.HearAsync(), await vision.HearAsync() }
            .Cast<ToVision.AimAt>().OrderBy(asked => asked.Camera));
        await vision.SayAsync(AimAtTheDoorTests.View(lab));
        Assert.True(await second);
        Assert.Empty(lab.Incidents);
    }

    [Fact]
    public async Task An_answer_that_nobody_asked_for_is_refused()
    {
        await using var lab = new DoorLab();
        using var vision = await lab.EnterAsync();
        await vision.SayAsync(new ToAgent.Configured(true));
        await Eventually.True(() => !lab.Incidents.IsEmpty, "an incident");
        Assert.Equal((IncidentKind.VisionRefused, "out-of-order"), Assert.Single(lab.Incidents));
    }

    private static IAsyncEnumerator<AimView> Watch(DoorLab lab, string camera = DoorLab.LiveCamera) =>
        lab.Keeper.WatchAsync(new AimRequest(camera, TimeSpan.FromMinutes(1)), Cancel).GetAsyncEnumerator(Cancel);

    private static ToAgent.CameraTally Camera(long frames) => new(CameraState.Running, CameraFault.None, frames, 0, 0);
}
