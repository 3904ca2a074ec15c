namespace Edge.Vision.Detection;

/// <summary>Turns a detector's output tensor into boxes in pixels of its input. Pure.</summary>
internal static class DetectionDecoder
{
    private const int Stride = 8;
    private const int MaxPlates = 32;
    private const float Farthest = 1e6f;

    /// <summary>Decodes <see cref="Onnx.DetectorDecode.CentreMap"/>: a cell counts where its score is the highest of its
    /// eight neighbours; the box is the mean of the regressed box and the four corners' bounding box, which measured
    /// better than either alone.</summary>
    public static PlateDetection[] CentreMap(ReadOnlySpan<float> map, int rows, int columns, float threshold,
        float overlap)
    {
        var cells = rows * columns;
        List<PlateDetection>? peaks = null;
        for (var row = 0; row < rows; row++)
        for (var column = 0; column < columns; column++)
        {
            var cell = row * columns + column;
            var score = map[cell];
            if (!(score >= threshold) || !IsPeak(map, rows, columns, row, column)) continue;
            var (x, y) = (column * Stride + Stride / 2f, row * Stride + Stride / 2f);
            var corners = CornersAt(map, cells, cell, x, y);
            (peaks ??= []).Add(new PlateDetection(BoxAt(map, cells, cell, x, y, corners), score, corners));
        }
        return peaks is null ? [] : Distinct(peaks, overlap);
    }

    /// <summary>Decodes <see cref="Onnx.DetectorDecode.EndToEnd"/>.</summary>
    public static PlateDetection[] EndToEnd(ReadOnlySpan<float> rows, float threshold, float overlap)
    {
        const int columns = 7;
        List<PlateDetection>? found = null;
        for (; rows.Length >= columns; rows = rows[columns..])
            if (rows[6] >= threshold)
                (found ??= []).Add(new PlateDetection(new PixelBox(rows[1], rows[2], rows[3], rows[4]), rows[6]));
        return found is null ? [] : Distinct(found, overlap);
    }

    private static bool IsPeak(ReadOnlySpan<float> map, int rows, int columns, int row, int column)
    {
        var score = map[row * columns + column];
        for (var y = Math.Max(0, row - 1); y <= Math.Min(rows - 1, row + 1); y++)
        for (var x = Math.Max(0, column - 1); x <= Math.Min(columns - 1, column + 1); x++)
            if (map[y * columns + x] > score)
                return false;
        return true;
    }

    private static PixelBox BoxAt(ReadOnlySpan<float> map, int cells, int cell, float x, float y, PlateCorners corners)
    {
        var regressed = new PixelBox(x - map[cells + cell], y - map[2 * cells + cell],
            x + map[3 * cells + cell], y + map[4 * cells + cell]);
        var around = corners.Around;
        return new PixelBox((regressed.Left + around.Left) / 2, (regressed.Top + around.Top) / 2,
            (regressed.Right + around.Right) / 2, (regressed.Bottom + around.Bottom) / 2);
    }

    // Channels 5 to 12: top left, top right, bottom right, bottom left, each as x and y from the cell's centre.
    private static PlateCorners CornersAt(ReadOnlySpan<float> map, int cells, int cell, float x, float y) => new(
        x + map[5 * cells + cell], y + map[6 * cells + cell], x + map[7 * cells + cell], y + map[8 * cells + cell],
        x + map[9 * cells + cell], y + map[10 * cells + cell], x + map[11 * cells + cell], y + map[12 * cells + cell]);

    // False for NaN too. What lies further out is no pixel of any picture, and would not fit an int.
    private static bool IsSomewhere(PixelBox box) => box.Width >= 1 && box.Height >= 1 &&
        box.Left > -Farthest && box.Top > -Farthest && box.Right < Farthest && box.Bottom < Farthest;

    /// <summary>The best of each group of overlapping boxes, best first.</summary>
    public static PlateDetection[] Distinct(List<PlateDetection> found, float overlap)
    {
        found.Sort(static (a, b) => b.Score.CompareTo(a.Score));
        var kept = new List<PlateDetection>();
        foreach (var candidate in found)
        {
            if (kept.Count == MaxPlates) break;
            if (!IsSomewhere(candidate.Box)) continue;
            if (kept.All(other => other.Box.Overlap(candidate.Box) < overlap)) kept.Add(candidate);
        }
        return [.. kept];
    }
}
