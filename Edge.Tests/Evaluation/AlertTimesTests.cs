using Edge.Agent.Evaluation;
using Edge.Agent.Fleet;

namespace Edge.Tests.Evaluation;

public sealed class AlertTimesTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 26, 12, 0, 0, TimeSpan.Zero);
    private readonly AlertTimes _times = new();

    [Fact]
    public void An_alert_is_timed_from_the_picture_that_decided_and_from_the_first()
    {
        Show("lane-1", "AB123CD", 0, 66, 133, 200);
        _times.Arrive("lane-1", "AB123CD", At(135), At(135), At(180));
        var speed = _times.Speed()!;
        Assert.Equal((47, 180), (speed.Deciding.P50, speed.First.P50));
        Assert.Equal((1, 1), (speed.Shown, speed.Arrived));
    }

    [Fact]
    public void A_vehicle_that_comes_again_is_timed_by_its_own_pictures()
    {
        Show("lane-1", "AB123CD", 0, 66);
        _times.Arrive("lane-1", "AB123CD", At(70), At(70), At(100));
        Show("lane-1", "AB123CD", 9000, 9066);
        _times.Arrive("lane-1", "AB123CD", At(9070), At(9070), At(9086));
        Assert.Equal(new Latency(20, 34, 34, 34), _times.Speed()!.Deciding);
    }

    [Fact]
    public void Another_camera_s_alert_a_strange_plate_s_and_a_second_one_count_for_nothing()
    {
        Show("lane-1", "AB123CD", 0, 66);
        _times.Arrive("lane-2", "AB123CD", At(70), At(70), At(100));
        _times.Arrive("lane-1", "XY987ZW", At(70), At(70), At(100));
        Assert.Equal(0, _times.Arrived);
        _times.Arrive("lane-1", "AB123CD", At(70), At(70), At(100));
        _times.Arrive("lane-1", "AB123CD", At(70), At(70), At(500));
        Assert.Equal(1, _times.Arrived);
    }

    private static DateTimeOffset At(double milliseconds) => Start.AddMilliseconds(milliseconds);

    private void Show(string camera, string text, params double[] pictures)
    {
        var passing = _times.Show(camera, text);
        foreach (var picture in pictures) _times.Add(passing, At(picture));
    }
}
