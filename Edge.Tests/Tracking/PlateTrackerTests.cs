using Edge.Tests.Recognition;
using Edge.Vision.Detection;
using Edge.Vision.Tracking;

namespace Edge.Tests.Tracking;

public sealed class PlateTrackerTests : IDisposable
{
    private readonly PlateTracker _tracker = new();

    [Fact]
    public void A_vehicle_driving_through_is_one_track()
    {
        for (var frame = 0; frame < 50; frame++) See(frame, x: 100 + 18 * frame, "AB123CD");
        var track = Assert.Single(_tracker.TakeAll());
        Assert.Equal((50, 50), (track.Frames, track.Agreed));
    }

    [Fact]
    public void A_fast_vehicle_whose_boxes_never_overlap_is_still_one_track()
    {
        for (var frame = 0; frame < 8; frame++) See(frame, x: 100 + 120 * frame, "AB123CD");
        Assert.Single(_tracker.TakeAll());
    }

    [Fact]
    public void Two_lanes_are_two_tracks()
    {
        for (var frame = 0; frame < 10; frame++)
        {
            See(frame, 100 + 10 * frame, "AB123CD");
            See(frame, 900 - 10 * frame, "XY987ZW");
        }
        Assert.Equal(["AB123CD", "XY987ZW"], _tracker.TakeAll().Select(track => Readings.TextOf(track.Conclusion)).Order());
    }

    [Fact]
    public void The_next_car_of_a_queue_in_the_same_place_is_another_track()
    {
        for (var frame = 0; frame < 10; frame++) See(frame, 300, "AB123CD");
        for (var frame = 10; frame < 20; frame++) See(frame, 302, "XY987ZW");
        Assert.Equal(2, _tracker.TakeAll().Count);
    }

    [Fact]
    public void What_was_told_while_something_hid_a_part_of_the_plate_does_not_stand_for_all_of_it()
    {
        See(0, 300, "AB123C");
        _tracker.Open[0].Published = true;
        See(1, 300, "AB123CD");
        Assert.Equal(["AB123C", "AB123CD"], _tracker.TakeAll().Select(track => Readings.TextOf(track.Conclusion)).Order());
    }

    [Fact]
    public void A_plate_of_which_something_hides_a_part_is_still_the_one_it_was()
    {
        See(0, 300, "AB123CD");
        _tracker.Open[0].Published = true;
        See(1, 300, "AB12");
        See(2, 300, "23CD");
        Assert.Equal("AB123CD", Readings.TextOf(Assert.Single(_tracker.TakeAll()).Conclusion));
    }

    [Fact]
    public void A_plate_that_was_told_of_is_followed_unread_for_a_quarter_of_a_second_while_it_stands_in_its_place()
    {
        See(0, 300, "AB123CD");
        Assert.False(Follow(1, 300)); // not told of yet
        _tracker.Open[0].Published = true;
        Assert.False(Follow(1, 700));
        Assert.True(Follow(1, 301));
        Assert.False(Follow(1, 301)); // one plate, one detection a frame
        Assert.Equal(At(1), _tracker.Open[0].Last);
        Assert.True(Follow(6, 301));
        Assert.False(Follow(7, 301)); // read again: another may stand there
    }

    [Fact]
    public void What_was_seen_in_the_last_look_is_held_while_nothing_moves()
    {
        See(0, 300, "AB123CD");
        _tracker.Hold(At(0), At(20));
        _tracker.Hold(At(0), At(50));
        Assert.Empty(_tracker.TakeOver(At(75)));
        Assert.Equal((At(0), 1), (_tracker.Open[0].Last, _tracker.Open[0].Frames)); // nobody has looked
        Assert.Single(_tracker.TakeOver(At(76)));
    }

    [Fact]
    public void Another_vehicle_that_stands_where_one_was_held_is_read_and_is_another_track()
    {
        for (var frame = 0; frame < 10; frame++) See(frame, 300, "AB123CD");
        _tracker.Open[0].Published = true;
        _tracker.Hold(At(9), At(30));
        Assert.False(Follow(31, 300));
        See(31, 300, "XY987ZW");
        Assert.Equal(2, _tracker.Open.Count);
    }

    [Fact]
    public void What_the_last_look_did_not_see_is_not_held()
    {
        See(0, 300, "AB123CD");
        See(3, 900, "XY987ZW");
        _tracker.Hold(At(3), At(40));
        Assert.Equal("AB123CD", Readings.TextOf(Assert.Single(_tracker.TakeOver(At(40))).Conclusion));
    }

    [Fact]
    public void A_doubtful_misread_stays_with_its_vehicle()
    {
        for (var frame = 0; frame < 10; frame++) See(frame, 300, frame == 4 ? "XY987" : "AB123CD", frame == 4 ? 0.3f : 0.95f);
        var track = Assert.Single(_tracker.TakeAll());
        Assert.Equal(("AB123CD", 9), (Readings.TextOf(track.Conclusion), track.Agreed));
    }

    [Fact]
    public void A_plate_unseen_for_a_second_has_passed()
    {
        See(0, 100, "AB123CD");
        Assert.Empty(_tracker.TakeOver(TimeSpan.FromSeconds(1)));
        Assert.Single(_tracker.TakeOver(TimeSpan.FromSeconds(1.04)));
        Assert.Empty(_tracker.Open);
    }

    [Theory]
    [InlineData("AB123", "AB123", 0)]
    [InlineData("AB123", "A8123", 1)]
    [InlineData("AB123", "B123", 1)]
    [InlineData("AB123", "", 5)]
    [InlineData("KITTEN", "SITTING", 3)]
    public void Edits_are_the_Levenshtein_distance(string a, string b, int edits) =>
        Assert.Equal(edits, PlateTracker.Edits(Readings.Of(a), Readings.Of(b)));

    public void Dispose() => _tracker.Dispose();

    private static TimeSpan At(int frame) => TimeSpan.FromSeconds(frame / 25.0);

    private bool Follow(int frame, float x) =>
        _tracker.TryFollow(At(frame), new PlateDetection(new PixelBox(x, 400, x + 90, 425), 0.9f));

    private void See(int frame, float x, string text, float sure = 0.95f)
    {
        using var reading = Readings.Of(text, sure);
        _tracker.Observe(At(frame), new PlateDetection(new PixelBox(x, 400, x + 90, 425), 0.8f), reading);
    }
}
