using System.Security.Cryptography;
using System.Runtime.InteropServices;
using Edge.Vision.Onnx;
using Edge.Vision.Recognition;

namespace Edge.Vision.Calibrating;

/// <summary>Finds the temperature of one head that makes the right texts likeliest, by trying a fixed row of them on every
/// crop as it comes: nothing that was read is kept.</summary>
internal sealed class TemperatureFit(RecogniserHead head)
{
    private const int Steps = 41;
    private readonly double[] _losses = new double[Steps];

    /// <summary>Crops taken in.</summary>
    public int Crops { get; private set; }

    /// <summary>The best temperature, from 0.25 to 4; 1 where nothing was taken in.</summary>
    public float Best
    {
        get
        {
            if (Crops == 0) return 1;
            var best = Array.IndexOf(_losses, _losses.Min());
            if (best is 0 or Steps - 1) return Round(Temperature(best));
            // The lowest point of the parabola through the best and its neighbours.
            var (left, middle, right) = (_losses[best - 1], _losses[best], _losses[best + 1]);
            var bend = left - 2 * middle + right;
            return Round(Temperature(best + (bend > 0 ? (left - right) / (2 * bend) : 0)));
        }
    }

    /// <summary>Mean loss in nats at temperature 1 and at the best of those tried.</summary>
    public (double Before, double After) Loss => Crops == 0 ? (0, 0) : (_losses[Steps / 2] / Crops, _losses.Min() / Crops);

    /// <param name="steps">Probabilities at temperature 1, steps × classes.</param>
    /// <param name="text">Classes of the right text.</param>
    public void Add(ReadOnlySpan<float> steps, ReadOnlySpan<int> text)
    {
        if (HeadLoss.Of(head, steps, text) is null) return;
        var tempered = new float[steps.Length];
        for (var i = 0; i < Steps; i++)
        {
            steps.CopyTo(tempered);
            HeadDecoder.Temper(tempered, head.Empty + 1, (float)Temperature(i));
            _losses[i] += HeadLoss.Of(head, tempered, text) ?? 0;
        }
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(tempered.AsSpan()));
        Crops++;
    }

    private static double Temperature(double step) => Math.Pow(4, (step - Steps / 2) / (Steps / 2));

    private static float Round(double temperature) => (float)Math.Round(temperature, 2);
}
