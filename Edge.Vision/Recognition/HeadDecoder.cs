using System.Numerics.Tensors;
using Edge.Vision.Onnx;

namespace Edge.Vision.Recognition;

/// <summary>Turns one head's probabilities, steps × classes, into a <see cref="Reading"/>. Pure.</summary>
internal static class HeadDecoder
{
    /// <summary>Decodes into <paramref name="reading"/>; a text longer than a plate can be reads as nothing.</summary>
    /// <param name="classOf">Index in <see cref="Reading.Alphabet"/> of each of the model's classes.</param>
    public static void Decode(RecogniserHead head, ReadOnlySpan<float> steps, ReadOnlySpan<int> classOf, Reading reading)
    {
        reading.Clear();
        var classes = classOf.Length + 1;
        var previous = head.Empty;
        Span<float> row = default;
        for (; steps.Length >= classes; steps = steps[classes..])
        {
            var step = steps[..classes];
            var best = Largest(step);
            if (best != head.Empty)
            {
                // CTC repeats a class while it stays on one character: keep the step where it is surest.
                var repeated = head.Kind == HeadKind.Ctc && best == previous;
                if (!repeated)
                {
                    if (!reading.TryAppend(out row))
                    {
                        reading.Clear();
                        return;
                    }
                    Copy(step, classOf, row);
                }
                else if (step[best] > row[classOf[best]])
                {
                    Copy(step, classOf, row);
                }
            }
            previous = best;
        }
    }

    /// <summary>How sure a head is that nothing stands there, 0 to 1: as sure as it is where it doubts it most.</summary>
    public static float Emptiness(RecogniserHead head, ReadOnlySpan<float> steps, int classes)
    {
        var least = 1f;
        for (; steps.Length >= classes; steps = steps[classes..]) least = MathF.Min(least, steps[head.Empty]);
        return least;
    }

    /// <summary>Whether every row of <paramref name="classes"/> values is a distribution: none below 0, the sum 1, as far as the
    /// rounding of 16-bit weights goes. Scores of a graph without its softmax, and NaN, are none; what they would vote has no
    /// measure.</summary>
    public static bool AreProbabilities(ReadOnlySpan<float> rows, int classes)
    {
        for (; rows.Length >= classes; rows = rows[classes..])
        {
            if (!(TensorPrimitives.Min(rows[..classes]) >= -1e-4f)) return false;
            if (!(MathF.Abs(TensorPrimitives.Sum(rows[..classes]) - 1) <= 0.02f)) return false;
        }
        return true;
    }

    /// <summary>Divides the log of each probability by <paramref name="temperature"/>, in place; every step sums to 1
    /// again.</summary>
    public static void Temper(Span<float> steps, int classes, float temperature)
    {
        if (temperature == 1) return;
        for (; steps.Length >= classes; steps = steps[classes..])
        {
            var sum = 0f;
            foreach (ref var one in steps[..classes]) sum += one = MathF.Pow(MathF.Max(one, 0), 1 / temperature);
            if (!(sum > 0)) continue;
            foreach (ref var one in steps[..classes]) one /= sum;
        }
    }

    private static void Copy(ReadOnlySpan<float> step, ReadOnlySpan<int> classOf, Span<float> row)
    {
        for (var i = 0; i < classOf.Length; i++) row[classOf[i]] = step[i];
    }

    private static int Largest(ReadOnlySpan<float> step)
    {
        var best = 0;
        for (var i = 1; i < step.Length; i++)
            if (step[i] > step[best])
                best = i;
        return best;
    }
}
