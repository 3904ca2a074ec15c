using Edge.Agent.Door;
using Edge.Agent.Hits;
using Edge.Tests.Matching;
using Edge.Tests.Support;
using Edge.Vision.Capture;

namespace Edge.Tests.Door;

/// <summary>The agent's side of the door, with a vision that says what it should.</summary>
public sealed class DoorkeeperTests
{
    [Fact]
    public async Task Vision_is_told_what_to_watch_and_what_to_look_for_without_a_plate_a_case_or_an_agency()
    {
        await using var lab = new DoorLab();
        using var vision = await lab.GreetAsync();
        using var written = vision.Lists!.Write();
        var bytes = System.Text.Encoding.Latin1.GetString(written.Message.Span);
        Assert.All([DoorLab.Wanted, "C-1", "riverton", "stolen-vehicle", "report 7"],
            word => Assert.DoesNotContain(word, bytes, StringComparison.OrdinalIgnoreCase));
        var list = Assert.Single(vision.Lists.All);
        using var plate = Lists.Plate(DoorLab.Wanted);
        Assert.Equal([0], list.InForce(list.Tags.Find(plate), lab.Time.Monotonic()));
        Assert.Empty(list.InForce(list.Tags.Find(plate), lab.Time.Monotonic() + TimeSpan.FromDays(1)));
    }

    [Fact]
    public async Task A_hit_is_stored_and_only_then_acknowledged()
    {
        await using var lab = new DoorLab();
        using var vision = await lab.EnterAsync();
        await vision.SayAsync(lab.Hit(number: 7));
        Assert.Equal(new ToVision.Stored(7), await vision.HearAsync());
        Assert.Equal((1, 1), lab.Stored);
        Assert.Equal(1, lab.Audit.Latest.Size);
        Assert.Equal(new ReadCounts(0, 0, 1), lab.Counter.Total);
        Assert.Empty(lab.Incidents);
    }

    [Fact]
    public async Task A_hit_that_comes_again_is_acknowledged_and_neither_stored_nor_counted_twice()
    {
        await using var lab = new DoorLab();
        var (first, same, another) = (lab.Hit(number: 1, instant: 1), lab.Hit(number: 2, instant: 1), lab.Hit(number: 3, instant: 2));
        using (var vision = await lab.EnterAsync())
        {
            await vision.SayAsync(first);
            Assert.Equal(new ToVision.Stored(1), await vision.HearAsync()); // and vision never heard it
        }
        using var again = await lab.EnterAsTimePassesAsync();
        await again.SayAsync(same, another);
        Assert.Equal([new ToVision.Stored(2), new ToVision.Stored(3)], [await again.HearAsync(), await again.HearAsync()]);
        Assert.Equal((2, 2), lab.Stored); // the same vehicle at another instant is another hit
        Assert.Equal(new ReadCounts(0, 0, 2), lab.Counter.Total);
        Assert.Empty(lab.Incidents);
    }

    [Fact]
    public async Task A_hit_for_what_has_ended_meanwhile_is_discarded_and_nobody_is_blamed()
    {
        await using var lab = new DoorLab(life: TimeSpan.FromSeconds(30));
        using var vision = await lab.EnterAsync();
        lab.Time.Advance(TimeSpan.FromSeconds(30)); // the list has ended; vision matched a moment before
        await vision.SayAsync(lab.Hit());
        Assert.Equal(new ToVision.Stored(1), await vision.HearAsync());
        Assert.Equal((0, 0), lab.Stored);
        Assert.Equal(new ReadCounts(0, 1, 0), lab.Counter.Total);
        Assert.Empty(lab.Incidents);
    }

    [Fact]
    public async Task A_case_that_is_closed_while_its_hit_is_on_the_way_gets_no_hit()
    {
        await using var lab = new DoorLab();
        using var vision = await lab.EnterAsync();
        lab.Trust = lab.TrustIn(Lists.Wanted("XY98ZZ", "C-2"));
        await vision.SayAsync(lab.Hit());
        Assert.Equal(new ToVision.Stored(1), await vision.HearAsync());
        Assert.Equal((0, 0), lab.Stored);
        Assert.Empty(lab.Incidents);
    }

    [Fact]
    public async Task New_trust_reaches_vision_with_its_next_word_and_hits_mean_the_lists_that_were_taken()
    {
        await using var lab = new DoorLab();
        using var vision = await lab.EnterAsync();
        lab.Trust = lab.TrustIn(Lists.Wanted("XY98ZZ", "C-2"), Lists.Wanted(DoorLab.Wanted));
        await vision.SayAsync(Tally(0, 0));
        var next = Assert.IsType<ToVision.Lists>(await vision.HearAsync());
        Assert.Equal(2u, next.Generation);
        await vision.SayAsync(lab.Hit(number: 1, entry: 0)); // by the old lists
        await vision.SayAsync(new ToAgent.ListsTaken(2), lab.Hit(number: 2, entry: 1)); // by the new ones
        Assert.Equal(new ToVision.Stored(1), await vision.HearAsync());
        Assert.Equal(new ToVision.Stored(2), await vision.HearAsync());
        Assert.Equal((2, 2), lab.Stored);
    }

    [Fact]
    public async Task Counters_and_cameras_are_what_vision_says_and_go_on_over_its_restarts()
    {
        await using var lab = new DoorLab();
        for (var life = 1; life <= 2; life++)
        {
            using var vision = await lab.EnterAsTimePassesAsync();
            await vision.SayAsync(Tally(100, 3));
            await vision.SayAsync(Tally(150, 5));
            await Eventually.True(() => lab.Keeper.Frames == life * 150, "the frames");
            Assert.All(lab.Keeper.Reports(), camera => Assert.Equal(CameraState.Running, camera.State));
            vision.EndWriting();
            await Eventually.True(() => !lab.Keeper.Look.Open, "it has left");
        }
        Assert.Equal(new ReadCounts(0, 10, 0), lab.Counter.Total);
        // It has left: nobody knows how they are now.
        Assert.Equal([(DoorLab.LiveCamera, CameraState.Starting, 150L), (DoorLab.Recording, CameraState.Starting, 150L)],
            lab.Keeper.Reports().Select(camera => (camera.Name, camera.State, camera.Frames)));
        Assert.All(lab.Keeper.Cameras, camera => Assert.Equal("waiting for the service that sees", camera.Health.LastError));
        Assert.Null(lab.Keeper.Brightness);
    }

    [Fact]
    public async Task A_camera_s_fault_is_told_in_the_agent_s_own_words()
    {
        await using var lab = new DoorLab();
        using var vision = await lab.EnterAsync();
        await vision.SayAsync(new ToAgent.Tally(0, 0, 0,
            [new(CameraState.Starting, CameraFault.Refused, 0, 0, 1), new(CameraState.Running, CameraFault.None, 0, 0, 0)]));
        await Eventually.True(() => lab.Keeper.Cameras[0].Health.Fault == CameraFault.Refused, "the fault");
        Assert.Equal($"camera {DoorLab.LiveCamera}: {CameraFaults.Sentence(CameraFault.Refused)}", lab.Keeper.Cameras[0].Health.LastError);
        Assert.Null(lab.Keeper.Cameras[1].Health.LastError);
    }

    [Fact]
    public async Task At_a_stop_vision_is_bidden_farewell_and_its_last_words_count()
    {
        await using var lab = new DoorLab();
        using var vision = await lab.EnterAsync();
        await Eventually.True(() => lab.Keeper.Look.Open, "it is in");
        var stopping = lab.StopAsync();
        Assert.IsType<ToVision.Farewell>(await vision.HearAsync());
        await vision.SayAsync(lab.Hit(), Tally(10, 2));
        vision.EndWriting();
        Assert.Equal(new ToVision.Stored(1), await vision.HearAsync());
        Assert.Null(await vision.HearAsync());
        await stopping;
        Assert.Equal((10, 2, 1), (lab.Keeper.Frames, lab.Counter.Total.Discarded, lab.Counter.Total.Hits));
    }

    private static ToAgent.Tally Tally(long frames, long discarded) => new(frames, discarded, 0,
        [.. Enumerable.Repeat(new ToAgent.CameraTally(CameraState.Running, CameraFault.None, frames, 0, 0), 2)]);
}
