using Edge.Tests.Database;
using Edge.Tests.Recognition;
using Edge.Tests.Tracking;
using Edge.Vision.Detection;
using Edge.Vision.Tracking;
using OpenCvSharp;

namespace Edge.Tests.Hits;

/// <summary>Vehicles that have passed a camera.</summary>
internal static class Passages
{
    /// <summary>A passage that was read as <paramref name="plate"/>; the caller disposes it.</summary>
    public static Passage Of(string plate)
    {
        using var picture = new Mat(60, 200, MatType.CV_8UC3, Scalar.Gray);
        using var track = new PlateTrack(TimeSpan.Zero, new PixelBox(20, 10, 120, 40));
        using var reading = Readings.Of(plate);
        for (var frame = 0; frame < 3; frame++)
            track.Add(TimeSpan.FromSeconds(frame), new PlateDetection(new PixelBox(20, 10, 120, 40), 0.9f), reading);
        track.Crop = PlateCrop.Of(picture, track.Box);
        return Passage.Of(track, "lane-1", Judges.Of(new ReadGate { Evidence = 0.5 }), still: false, StateFixture.Start)!;
    }
}
