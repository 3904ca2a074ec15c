using CsCheck;
using Edge.Vision.Calibrating;
using Edge.Vision.Onnx;

namespace Edge.Tests.Calibrating;

public sealed class HeadLossTests
{
    private const int Blank = 2;

    [Fact]
    public void Slots_are_the_product_of_their_characters_and_empty_ones()
    {
        float[] steps = [0.8f, 0.1f, 0.1f, 0.2f, 0.7f, 0.1f, 0.1f, 0.3f, 0.6f];
        Assert.Equal(-Math.Log(0.8 * 0.7 * 0.6), HeadLoss.Of(new RecogniserHead("x", HeadKind.Slots, 3, Blank), steps, [0, 1])!.Value, 1e-6);
    }

    [Fact]
    public void Ctc_is_the_sum_over_every_alignment() =>
        Gen.Select(Gen.Float[0.01f, 1f].Array[12], Gen.Int[0, 1].Array[1, 3]).Sample((raw, text) =>
        {
            var steps = Normalised(raw);
            var sum = Alignments(steps.Length / 3).Where(path => Collapse(path).SequenceEqual(text))
                .Sum(path => path.Select((label, step) => (double)steps[step * 3 + label]).Aggregate(1.0, (a, b) => a * b));
            var loss = HeadLoss.Of(new RecogniserHead("x", HeadKind.Ctc, 4, Blank), steps, text);
            if (sum == 0) Assert.True(loss is null or > 20); // no alignment fits into the steps
            else Assert.Equal(-Math.Log(sum), loss!.Value, 1e-4);
        });

    [Fact]
    public void A_text_the_head_cannot_say_is_left_out()
    {
        var head = new RecogniserHead("x", HeadKind.Slots, 2, Blank);
        Assert.Null(HeadLoss.Of(head, new float[6], [0, 1, 0]));
        Assert.Null(HeadLoss.Of(head, new float[6], [0, -1]));
        Assert.Null(HeadLoss.Of(head, new float[6], []));
    }

    [Fact]
    public void An_overconfident_head_gets_a_temperature_above_one_and_a_modest_one_below()
    {
        Assert.InRange(Fitted(sharpen: 2), 1.7f, 2.3f);
        Assert.InRange(Fitted(sharpen: 0.5), 0.4f, 0.6f);
    }

    // Probabilities that are true, raised to a power: the temperature that undoes it is that power.
    private static float Fitted(double sharpen)
    {
        var random = new Random(5);
        var fit = new TemperatureFit(new RecogniserHead("x", HeadKind.Slots, 1, Blank));
        for (var i = 0; i < 4000; i++)
        {
            var honest = Normalised([random.NextSingle() + 0.01f, random.NextSingle() + 0.01f, 0.001f]);
            var truth = random.NextSingle() < honest[0] / (honest[0] + honest[1]) ? 0 : 1;
            fit.Add(Normalised([.. honest.Select(one => MathF.Pow(one, (float)sharpen))]), [truth]);
        }
        return fit.Best;
    }

    private static float[] Normalised(float[] raw) =>
        [.. raw.Chunk(3).SelectMany(step => step.Select(one => one / step.Sum()))];

    private static IEnumerable<int[]> Alignments(int steps) => Enumerable.Range(0, (int)Math.Pow(3, steps)).Select(number =>
        Enumerable.Range(0, steps).Select(step => number / (int)Math.Pow(3, step) % 3).ToArray());

    private static List<int> Collapse(int[] path) =>
        [.. path.Where((label, at) => label != Blank && (at == 0 || path[at - 1] != label))];
}
