using Edge.Vision.Detection;

namespace Edge.Tests.Detection;

public sealed class DetectionDecoderTests
{
    private const int Rows = 8, Columns = 12, Cells = Rows * Columns;

    [Fact]
    public void A_peak_becomes_the_mean_of_its_regressed_box_and_its_corners()
    {
        var map = new float[13 * Cells];
        Peak(map, row: 3, column: 5, score: 0.9f, left: 20, top: 6, right: 22, bottom: 8);
        var plate = Assert.Single(DetectionDecoder.CentreMap(map, Rows, Columns, 0.4f, 0.35f));
        // The cell's centre is (44, 28); the corners say 4 px more on every side.
        Assert.Equal(new PixelBox(44 - 22, 28 - 8, 44 + 24, 28 + 10), plate.Box);
        Assert.Equal(0.9f, plate.Score);
    }

    [Fact]
    public void A_neighbour_below_the_peak_is_not_a_second_plate()
    {
        var map = new float[13 * Cells];
        Peak(map, 3, 5, 0.9f, 20, 6, 22, 8);
        Peak(map, 3, 6, 0.8f, 28, 6, 14, 8);
        Assert.Single(DetectionDecoder.CentreMap(map, Rows, Columns, 0.4f, 0.35f));
    }

    [Fact]
    public void Scores_below_the_threshold_and_NaN_are_nothing()
    {
        var map = new float[13 * Cells];
        Peak(map, 2, 2, 0.39f, 20, 6, 22, 8);
        Peak(map, 6, 9, float.NaN, 20, 6, 22, 8);
        Assert.Empty(DetectionDecoder.CentreMap(map, Rows, Columns, 0.4f, 0.35f));
    }

    [Fact]
    public void End_to_end_rows_keep_the_best_of_overlapping_boxes()
    {
        float[] rows =
        [
            0, 10, 10, 60, 30, 0, 0.7f,
            0, 11, 10, 61, 30, 0, 0.9f,
            0, 200, 10, 260, 30, 0, 0.5f,
            0, 300, 10, 360, 30, 0, 0.3f,
        ];
        var plates = DetectionDecoder.EndToEnd(rows, 0.4f, 0.35f);
        Assert.Equal([0.9f, 0.5f], plates.Select(plate => plate.Score));
    }

    [Theory]
    [InlineData(float.NaN, 10, 60, 30)]
    [InlineData(10, 10, float.PositiveInfinity, 30)]
    [InlineData(float.NegativeInfinity, 10, 60, 30)]
    [InlineData(10, float.NaN, 60, float.NaN)]
    [InlineData(10, 10, 1e30f, 1e30f)]
    [InlineData(10, 10, 1e10f, 30)]
    public void A_box_that_is_nowhere_is_dropped_and_hides_no_other(float left, float top, float right, float bottom)
    {
        float[] rows = [0, left, top, right, bottom, 0, 0.9f, 0, 10, 10, 60, 30, 0, 0.7f];
        Assert.Equal([0.7f], DetectionDecoder.EndToEnd(rows, 0.4f, 0.35f).Select(plate => plate.Score));
    }

    private static void Peak(float[] map, int row, int column, float score, float left, float top, float right, float bottom)
    {
        var cell = row * Columns + column;
        float[] values =
        [
            score, left, top, right, bottom,
            -(left + 4), -(top + 4), right + 4, -(top + 4), right + 4, bottom + 4, -(left + 4), bottom + 4,
        ];
        for (var i = 0; i < values.Length; i++) map[i * Cells + cell] = values[i];
    }
}
