using System.Runtime.CompilerServices;
using Edge.Vision.Capture;
using Microsoft.Extensions.Logging.Abstractions;
using OpenCvSharp;

namespace Edge.Vision.Evaluation;

/// <summary>A recording, a picture or a folder of pictures as a camera beside a road would show it.</summary>
public static class Footage
{
    private const int Quality = 95;

    // Each still stands as long as a slow vehicle, and the road is empty long enough between two that they are two vehicles.
    private static readonly TimeSpan StillStands = TimeSpan.FromSeconds(1.2), RoadBetween = TimeSpan.FromSeconds(1.6);
    private const int LeastStill = 6, LeastRoad = 2;

    /// <summary>Every frame as a JPEG, in order; the same bytes each time it is shown.</summary>
    /// <param name="path">A recording, a picture, or a folder of pictures.</param>
    /// <param name="every">Time from one frame to the next.</param>
    /// <exception cref="CaptureException">It cannot be opened or decoded.</exception>
    public static async IAsyncEnumerable<byte[]> ShowAsync(string path, TimeSpan every, TimeProvider time, [EnumeratorCancellation] CancellationToken cancel)
    {
        await using var source = CameraSources.Open(new CameraOptions("footage", path), time, NullLogger.Instance);
        var tick = 0;
        await foreach (var frame in source.ReadAsync(cancel))
        {
            var (width, height) = (frame.Width, frame.Height);
            var jpeg = Encode(frame);
            if (!source.IsStill)
            {
                yield return jpeg;
                continue;
            }
            for (var i = 0; i < LeastStill || i * every < StillStands; i++) yield return jpeg;
            for (var i = 0; i < LeastRoad || i * every < RoadBetween; i++) yield return EmptyRoad(width, height, tick++);
        }
    }

    /// <summary>A road without a vehicle: grey, and never the same twice, or the camera would be taken for frozen.</summary>
    public static byte[] EmptyRoad(int width, int height, int tick)
    {
        using var road = new Mat(height, width, MatType.CV_8UC3, Scalar.All(96));
        Cv2.Line(road, new Point(0, height / 2), new Point(width, height / 2), Scalar.All(100 + tick % 120), thickness: 8);
        Cv2.ImEncode(".jpg", road, out var jpeg, [(int)ImwriteFlags.JpegQuality, Quality]);
        return jpeg;
    }

    private static byte[] Encode(Frame frame)
    {
        using (frame)
        {
            Cv2.ImEncode(".jpg", frame.Colour, out var jpeg, [(int)ImwriteFlags.JpegQuality, Quality]);
            return jpeg;
        }
    }
}
