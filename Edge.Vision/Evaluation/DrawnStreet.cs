using System.Runtime.CompilerServices;
using System.Text;
using Edge.Vision.Capture;
using Edge.Vision.Onnx;
using OpenCvSharp;

namespace Edge.Vision.Evaluation;

/// <summary>Streets with vehicles that nobody owns: plates in plain letters on a grey road, as many as are wanted and no two alike. Their pictures measure how
/// long a hit takes, not how well plates are read.</summary>
public static class DrawnStreet
{
    private const int Width = 1280, Height = 720;
    private const int PlateWidth = 240, PlateHeight = 60;
    private const int Columns = 3;
    private const int Quality = 90;

    // Without letters that look like digits.
    private const string Letters = "ABCEFHKLMNPRTVX", Digits = "23456789";

    /// <summary>The most vehicles of one street: each has a place of its own.</summary>
    public const int MostVehicles = 6;

    /// <summary>Streets all of whose plates these models read as they are drawn: without end, the same each time.</summary>
    /// <param name="vehicles">How many stand in each, 1 to <see cref="MostVehicles"/>.</param>
    /// <exception cref="ModelException">A model is missing, or is not what its manifest says.</exception>
    /// <exception cref="CaptureException">OpenCV does not load.</exception>
    public static async IAsyncEnumerable<IReadOnlyList<DrawnVehicle>> ReadAsync(int vehicles, string models, [EnumeratorCancellation] CancellationToken cancel)
    {
        using var pipeline = PlatePipeline.Open(models, new PipelineOptions());
        for (var seed = 1; ; seed++)
        {
            var street = Vehicles(vehicles, seed);
            var unread = street.Select(vehicle => vehicle.Text).ToHashSet(StringComparer.Ordinal);
            await using var picture = new JpegSource(new[] { Draw(street) }.ToAsyncEnumerable(), TimeSpan.Zero, isStill: true);
            await foreach (var passage in pipeline.ReadAsync(picture, cancel))
                using (passage)
                    if (passage.Accepted) unread.RemoveWhere(text => passage.Plate.Ascii.SequenceEqual(Encoding.ASCII.GetBytes(text)));
            if (unread.Count == 0) yield return street;
        }
    }

    /// <summary>Vehicles of one street, none before another.</summary>
    /// <param name="count">1 to <see cref="MostVehicles"/>.</param>
    /// <param name="seed">The same seed gives the same vehicles.</param>
    public static IReadOnlyList<DrawnVehicle> Vehicles(int count, int seed)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, MostVehicles);
        var chance = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(place =>
            new DrawnVehicle(Text(chance), 80 + place % Columns * 400 + chance.Next(60), 200 + place / Columns * 260 + chance.Next(60)))];
    }

    /// <summary>A street with these vehicles as a JPEG of 1280 × 720 pixels.</summary>
    /// <exception cref="CaptureException">OpenCV does not load.</exception>
    public static byte[] Draw(IEnumerable<DrawnVehicle> vehicles)
    {
        ArgumentNullException.ThrowIfNull(vehicles);
        OpenCv.Prepare();
        using var street = new Mat(Height, Width, MatType.CV_8UC3, Scalar.All(96));
        foreach (var (text, left, top) in vehicles) Vehicle(street, left, top, text);
        Cv2.ImEncode(".jpg", street, out var jpeg, [(int)ImwriteFlags.JpegQuality, Quality]);
        return jpeg;
    }

    private static void Vehicle(Mat street, int left, int top, string text)
    {
        Cv2.Rectangle(street, new Rect(left - 40, top - 90, PlateWidth + 80, 180), new Scalar(60, 40, 35), thickness: -1);
        Cv2.Rectangle(street, new Rect(left, top, PlateWidth, PlateHeight), Scalar.White, thickness: -1);
        Cv2.Rectangle(street, new Rect(left, top, PlateWidth, PlateHeight), Scalar.Black, thickness: 2);
        Cv2.PutText(street, text, new Point(left + 18, top + 46), HersheyFonts.HersheySimplex, 1.45, Scalar.Black, thickness: 4, LineTypes.AntiAlias);
    }

    private static string Text(Random chance) =>
        string.Concat(Enumerable.Range(0, 7).Select(place => place is 2 or 3 or 4 ? Digits[chance.Next(Digits.Length)] : Letters[chance.Next(Letters.Length)]));
}

/// <summary>A vehicle of nobody's.</summary>
/// <param name="Text">What its plate says.</param>
/// <param name="Left">Where the plate begins, in pixels of the street.</param>
/// <param name="Top">The same.</param>
public sealed record DrawnVehicle(string Text, int Left, int Top);
