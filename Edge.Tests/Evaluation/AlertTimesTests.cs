using Edge.Agent.Evaluation;
using Edge.Agent.Fleet;
using Edge.Vision;

namespace Edge.Tests.Evaluation;

public sealed class AlertTimesTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 26, 12, 0, 0, TimeSpan.Zero);
    private readonly AlertTimes _times = new();

    [Fact]
    public void An_alert_is_timed_from_the_picture_that_decided_and_from_the_first()
    {
        Show("lane-1", "AB123CD", 0, 66, 133, 200);
        Arrive("lane-1", "AB123CD", 135, 180);
        var speed = _times.Speed()!;
        Assert.Equal((47, 180), (speed.Deciding.P50, speed.First.P50));
        Assert.Equal((1, 1), (speed.Shown, speed.Arrived));
    }

    [Fact]
    public void A_vehicle_that_comes_again_is_timed_by_its_own_pictures()
    {
        Show("lane-1", "AB123CD", 0, 66);
        Arrive("lane-1", "AB123CD", 70, 100);
        Show("lane-1", "AB123CD", 9000, 9066);
        Arrive("lane-1", "AB123CD", 9070, 9086);
        Assert.Equal(new Latency(20, 34, 34, 34), _times.Speed()!.Deciding);
    }

    [Fact]
    public void Another_camera_s_alert_a_strange_plate_s_and_a_second_one_count_for_nothing()
    {
        Show("lane-1", "AB123CD", 0, 66);
        Arrive("lane-2", "AB123CD", 70, 100);
        Arrive("lane-1", "XY987ZW", 70, 100);
        Assert.Equal(0, _times.Arrived);
        Arrive("lane-1", "AB123CD", 70, 100);
        Arrive("lane-1", "AB123CD", 70, 500);
        Assert.Equal(1, _times.Arrived);
    }

    [Fact]
    public void An_alert_s_time_is_that_of_its_steps_and_one_that_too_few_frames_decided_came_after_the_vehicle_had_passed()
    {
        Show("lane-1", "AB123CD", 0, 66);
        _times.Arrive(new AlertTimes.Alert("lane-1", "AB123CD", At(70), At(1090), PlatePipeline.SettledFrames - 1), At(1100));
        var speed = _times.Speed()!;
        Assert.Equal(1034, speed.Deciding.P50);
        Assert.Equal((4, 1020, 10), (speed.Steps.Captured.P50, speed.Steps.Sealed.P50, speed.Steps.Shown.P50));
        Assert.Equal(1, speed.Afterwards);
    }

    [Fact]
    public void Where_no_alert_came_there_is_no_speed()
    {
        Show("lane-1", "AB123CD", 0);
        Assert.Null(_times.Speed());
    }

    private static DateTimeOffset At(double milliseconds) => Start.AddMilliseconds(milliseconds);

    private void Arrive(string camera, string text, double read, double now) =>
        _times.Arrive(new AlertTimes.Alert(camera, text, At(read), At(read), PlatePipeline.SettledFrames), At(now));

    private void Show(string camera, string text, params double[] pictures)
    {
        var passing = _times.Show(camera, text);
        foreach (var picture in pictures) _times.Add(passing, At(picture));
    }
}
