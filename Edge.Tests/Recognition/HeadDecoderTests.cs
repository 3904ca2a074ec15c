using Edge.Vision.Onnx;
using Edge.Vision.Recognition;

namespace Edge.Tests.Recognition;

public sealed class HeadDecoderTests
{
    private const int Empty = 36;
    private static readonly int[] ClassOf = [.. Enumerable.Range(0, 36)];

    [Theory]
    [InlineData("AA_A1_", "AA1")]
    [InlineData("______", "")]
    [InlineData("A_A_AA", "AAA")]
    [InlineData("01122_", "012")]
    public void Ctc_collapses_repeats_and_drops_blanks(string steps, string text) =>
        Assert.Equal(text, Decode(HeadKind.Ctc, steps));

    [Theory]
    [InlineData("AB12__", "AB12")]
    [InlineData("AA1_1_", "AA11")]
    [InlineData("______", "")]
    public void Slots_drop_the_empty_ones_and_keep_repeats(string steps, string text) =>
        Assert.Equal(text, Decode(HeadKind.Slots, steps));

    [Theory]
    [InlineData(HeadKind.Ctc)]
    [InlineData(HeadKind.Slots)]
    public void A_model_s_classes_may_stand_in_any_order_and_leave_some_out(HeadKind kind)
    {
        const string classes = "Z7A"; // and the empty one
        int[] order = [.. classes.Select(one => Reading.Alphabet.IndexOf(one, StringComparison.Ordinal))];
        float[] steps = [0.1f, 0.2f, 0.7f, 0, 0, 0, 0, 1, 0.1f, 0.8f, 0.1f, 0, 0.6f, 0.3f, 0.1f, 0];
        using var reading = new Reading();
        HeadDecoder.Decode(new RecogniserHead("x", kind, 4, classes.Length), steps, order, reading);
        Assert.Equal("A7Z", Readings.TextOf(reading));
        Assert.Equal(0.3f, reading[2][Reading.Alphabet.IndexOf('7', StringComparison.Ordinal)]);
    }

    [Fact]
    public void A_text_longer_than_any_plate_reads_as_nothing() =>
        Assert.Equal("", Decode(HeadKind.Slots, new string('A', PlateText.MaxLength + 1)));

    [Fact]
    public void That_nothing_stands_there_is_as_sure_as_where_it_is_doubted_most()
    {
        float[] steps = [0.1f, 0.9f, 0.3f, 0.7f, 0, 1];
        Assert.Equal(0.7f, HeadDecoder.Emptiness(new RecogniserHead("x", HeadKind.Slots, 3, 1), steps, 2));
    }

    [Fact]
    public void Ctc_keeps_the_surest_step_of_a_repeat()
    {
        var steps = new float[3 * 37];
        steps[10] = 0.6f;
        steps[37 + 10] = 0.9f;
        steps[74 + 10] = 0.7f;
        using var reading = new Reading();
        HeadDecoder.Decode(new RecogniserHead("x", HeadKind.Ctc, 3, Empty), steps, ClassOf, reading);
        Assert.Equal((10, 0.9f), reading.Best(0));
    }

    [Fact]
    public void A_temperature_makes_a_head_less_sure_and_changes_no_order()
    {
        float[] steps = [0.7f, 0.2f, 0.1f, 0, 0, 0];
        HeadDecoder.Temper(steps, 3, 2);
        Assert.Equal(1, steps[..3].Sum(), 1e-5f);
        Assert.True(steps[0] is > 0.5f and < 0.55f && steps[0] > steps[1] && steps[1] > steps[2]);
        Assert.Equal([0, 0, 0], steps[3..]); // nothing to be less sure of
    }

    [Theory]
    [InlineData(new[] { 0.7f, 0.2f, 0.1f, 0, 0, 1 }, true)]
    [InlineData(new[] { 0.7f, 0.2f, 0.11f, -0.00005f, 0, 0.99f }, true)] // what rounding does
    [InlineData(new[] { 0.7f, 0.2f, 0.1f, 4, -2, 1 }, false)]
    [InlineData(new[] { 0.7f, 0.2f, 0.1f, 1.5f, -0.5f, 0 }, false)]       // sums to 1 all the same
    [InlineData(new[] { 0.7f, 0.2f, 0.1f, 0, 0, 0 }, false)]
    [InlineData(new[] { float.NaN, 0.2f, 0.1f, 0, 0, 1 }, false)]
    [InlineData(new[] { 0, 0, float.PositiveInfinity, 0, 0, 1 }, false)]
    public void Only_rows_that_are_distributions_are_probabilities(float[] rows, bool are) =>
        Assert.Equal(are, HeadDecoder.AreProbabilities(rows, 3));

    private static string Decode(HeadKind kind, string steps)
    {
        var values = new float[steps.Length * 37];
        for (var i = 0; i < steps.Length; i++)
            values[i * 37 + (steps[i] == '_' ? Empty : Reading.Alphabet.IndexOf(steps[i], StringComparison.Ordinal))] = 1;
        using var reading = new Reading();
        HeadDecoder.Decode(new RecogniserHead("x", kind, steps.Length, Empty), values, ClassOf, reading);
        return Readings.TextOf(reading);
    }
}
