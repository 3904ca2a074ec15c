using Edge.Tests.Recognition;
using Edge.Vision.Detection;
using Edge.Vision.Recognition;
using Edge.Vision.Tracking;

namespace Edge.Tests.Tracking;

public sealed class RecentPlatesTests
{
    [Fact]
    public void The_same_plate_within_the_memory_is_the_same_passage_and_after_it_a_new_one()
    {
        using var recent = new RecentPlates();
        Assert.True(PlateText.TryParse("AB123CD", out var plate));
        Assert.True(recent.Remember(plate, TimeSpan.Zero));
        Assert.False(recent.Remember(plate, TimeSpan.FromSeconds(4)));
        Assert.False(recent.Remember(plate, TimeSpan.FromSeconds(9)));
        Assert.True(recent.Remember(plate, TimeSpan.FromSeconds(14.1)));
    }

    [Fact]
    public void A_plate_that_differs_in_one_character_is_another_vehicle()
    {
        using var recent = new RecentPlates();
        Assert.True(PlateText.TryParse("AB123CD", out var plate) & PlateText.TryParse("AB123CE", out var other));
        Assert.True(recent.Remember(plate!, TimeSpan.Zero));
        Assert.True(recent.Remember(other!, TimeSpan.Zero));
    }

    [Fact]
    public void A_vehicle_whose_plate_a_rule_changed_is_remembered_by_the_changed_text_from_when_it_was_last_seen()
    {
        var judge = Judges.Of(new ReadGate { Evidence = 0.1 }, rules: new(["RO"], []));
        using var recent = new RecentPlates();
        Assert.True(PlateText.TryParse("B108ABC", out var changed));
        Assert.True(recent.Remember(changed, TimeSpan.Zero)); // handed over while it was still in view
        using var track = new PlateTrack(TimeSpan.Zero, new PixelBox(10, 10, 150, 50));
        using var torn = Readings.Of("B1O8ABC", 0.99f);
        torn.Evident(2).Clear();
        (torn.Evident(2)["O".ClassOf()], torn.Evident(2)["0".ClassOf()]) = (0.55f, 0.44f);
        for (var second = 0; second <= 4; second++)
            track.Add(TimeSpan.FromSeconds(second), new PlateDetection(new PixelBox(10, 10, 150, 50), 0.9f), torn);
        recent.Extend(track, judge);
        Assert.False(recent.Remember(changed, TimeSpan.FromSeconds(8)));
    }
}
