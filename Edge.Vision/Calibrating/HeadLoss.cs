using Edge.Vision.Onnx;

namespace Edge.Vision.Calibrating;

/// <summary>How surprised a head is by the truth: the negative log-likelihood, in nats, that its probabilities give to the
/// right text. Lowest on average where the head is as sure as it should be. Pure.</summary>
internal static class HeadLoss
{
    // A probability of 0 would cost everything; float32 softmax gives nothing smaller that means anything.
    private const double Least = 1e-12;

    /// <summary>Null where the head cannot say this text at all (too long, or a character it does not know).</summary>
    /// <param name="steps">Probabilities, steps × classes.</param>
    /// <param name="text">Classes of the right text.</param>
    public static double? Of(RecogniserHead head, ReadOnlySpan<float> steps, ReadOnlySpan<int> text)
    {
        if (text.Length == 0 || text.Length > head.Length || text.Contains(-1)) return null;
        var loss = head.Kind == HeadKind.Ctc ? Ctc(steps, text, head.Empty) : Slots(steps, text, head.Empty);
        return double.IsFinite(loss) ? loss : null;
    }

    private static double Slots(ReadOnlySpan<float> steps, ReadOnlySpan<int> text, int empty)
    {
        var loss = 0.0;
        for (var slot = 0; slot * (empty + 1) < steps.Length; slot++)
            loss -= Log(steps[slot * (empty + 1) + (slot < text.Length ? text[slot] : empty)]);
        return loss;
    }

    /// <summary>The forward pass of Graves et al., Connectionist Temporal Classification (ICML 2006), section 4.1: the sum
    /// over all alignments of the text, blanks between its characters.</summary>
    private static double Ctc(ReadOnlySpan<float> steps, ReadOnlySpan<int> text, int blank)
    {
        var states = 2 * text.Length + 1;
        Span<double> before = stackalloc double[states];
        Span<double> now = stackalloc double[states];
        before.Fill(double.NegativeInfinity);
        before[0] = 0;
        for (var first = true; steps.Length > blank; steps = steps[(blank + 1)..], first = false)
        {
            for (var state = 0; state < states; state++)
            {
                var label = state % 2 == 0 ? blank : text[state / 2];
                // A blank may be skipped, unless it parts two equal characters.
                var mayJump = state % 2 == 1 && state > 1 && text[state / 2 - 1] != label;
                var from = first ? (state < 2 ? 0 : double.NegativeInfinity) : before[state];
                if (!first && state > 0) from = Sum(from, before[state - 1]);
                if (!first && mayJump) from = Sum(from, before[state - 2]);
                now[state] = from + Log(steps[label]);
            }
            now.CopyTo(before);
        }
        return -Sum(before[^1], before[^2]);
    }

    private static double Sum(double a, double b)
    {
        var (more, less) = a > b ? (a, b) : (b, a);
        return double.IsNegativeInfinity(less) ? more : more + Math.Log(1 + Math.Exp(less - more));
    }

    private static double Log(float probability) => Math.Log(Math.Max(probability, Least));
}
