using Edge.Vision.Capture;
using Edge.Vision.Detection;
using Edge.Vision.Onnx;
using Edge.Vision.Recognition;
using OpenCvSharp;

namespace Edge.Vision.Evaluation;

/// <summary>What passes in footage, found out beforehand by whoever will look for it afterwards: the plates, and bytes by which the pictures of
/// them are known again, decoded or not. Disposing it wipes the plates.</summary>
public sealed class FootageReading : IDisposable
{
    /// <summary>Bytes of one piece of a picture.</summary>
    public const int PieceSize = 24;

    // A piece of a plain wall stands everywhere.
    private const int LeastDifferent = 12;

    private const int PiecesOfFile = 8;

    // Where pieces are taken, as shares of a plate.
    private static readonly float[] Down = [0.3f, 0.5f, 0.7f], Across = [0.2f, 0.5f, 0.8f];

    private readonly List<(PlateText Plate, int Frames)> _plates = [];
    private readonly List<byte[]> _pixels = [], _encoded = [];
    private IReadOnlyList<PlateDetection>? _seen;

    private FootageReading() { }

    /// <summary>Every text that a passage came to, accepted (then with the frames that agreed) or not (0).</summary>
    public IReadOnlyList<(PlateText Plate, int Frames)> Plates => _plates;

    /// <summary>Pieces of rows of pixels across the plates, 8-bit BGR.</summary>
    public IReadOnlyList<byte[]> Pixels => _pixels;

    /// <summary>Pieces of the encoded frames in which a plate was found.</summary>
    public IReadOnlyList<byte[]> Encoded => _encoded;

    /// <summary>Reads it as a box would.</summary>
    /// <param name="shown">As <see cref="Footage.ShowAsync"/> shows it.</param>
    /// <param name="every">Time from one frame to the next.</param>
    /// <exception cref="CaptureException">The footage cannot be opened or decoded.</exception>
    /// <exception cref="ModelException">A model is missing, or is not what its manifest says.</exception>
    public static async Task<FootageReading> OfAsync(IAsyncEnumerable<byte[]> shown, TimeSpan every, string models, PipelineOptions options,
        CancellationToken cancel)
    {
        var reading = new FootageReading();
        using var pipeline = PlatePipeline.Open(models, options);
        await using var source = new JpegSource(shown, every, isStill: false) { Examined = (file, pixels) => reading.Keep(file, pixels, pipeline.Detections) };
        await foreach (var passage in pipeline.ReadAsync(source, cancel))
            using (passage)
                reading._plates.Add((passage.Plate.Copy(), passage.Accepted ? passage.FramesAgreed : 0));
        return reading;
    }

    public void Dispose()
    {
        foreach (var (plate, _) in _plates) plate.Dispose();
    }

    private void Keep(byte[] file, Mat pixels, IReadOnlyList<PlateDetection> found)
    {
        if (ReferenceEquals(_seen, found)) return; // nothing moved
        _seen = found;
        foreach (var box in found.Select(detection => detection.Box)) KeepRows(pixels, box);
        if (found.Count == 0) return;
        for (var i = 1; i <= PiecesOfFile; i++) Keep(_encoded, file.AsSpan(i * (file.Length - PieceSize) / (PiecesOfFile + 1), PieceSize));
    }

    private void KeepRows(Mat pixels, PixelBox box)
    {
        var rows = Down.Select(share => (int)(box.Top + share * box.Height));
        foreach (var row in rows.Where(row => row >= 0 && row < pixels.Height))
            foreach (var share in Across)
                if ((int)(box.Left + share * box.Width) is >= 0 and var column && column + PieceSize / 3 <= pixels.Width)
                {
                    var piece = new byte[PieceSize];
                    System.Runtime.InteropServices.Marshal.Copy(pixels.Ptr(row, column), piece, 0, PieceSize);
                    Keep(_pixels, piece);
                }
    }

    private static void Keep(List<byte[]> pieces, ReadOnlySpan<byte> piece)
    {
        if (piece.ToArray().Distinct().Count() >= LeastDifferent) pieces.Add(piece.ToArray());
    }
}
