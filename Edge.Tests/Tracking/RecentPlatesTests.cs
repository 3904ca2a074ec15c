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
        Assert.True(recent.IsNew(plate, TimeSpan.Zero));
        Assert.False(recent.IsNew(plate, TimeSpan.FromSeconds(4)));
        Assert.False(recent.IsNew(plate, TimeSpan.FromSeconds(9)));
        Assert.True(recent.IsNew(plate, TimeSpan.FromSeconds(14.1)));
    }

    [Fact]
    public void A_plate_that_differs_in_one_character_is_another_vehicle()
    {
        using var recent = new RecentPlates();
        Assert.True(PlateText.TryParse("AB123CD", out var plate) & PlateText.TryParse("AB123CE", out var other));
        Assert.True(recent.IsNew(plate!, TimeSpan.Zero));
        Assert.True(recent.IsNew(other!, TimeSpan.Zero));
    }
}
