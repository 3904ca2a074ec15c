using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Edge.Vision.Recognition;

/// <summary>
/// What the frames of one passage read becomes one reading. Each frame is a noisy look at the same characters, so their
/// log-probabilities are averaged, once they have voted on the number of characters. A frame counts by how clear and how new it is
/// (<see cref="Tracking.FrameWeight"/>) and by what it makes of its own text (<see cref="OwnDoubt"/>). One frame alone keeps the
/// evidence it had, so a calibration measured on stills holds for it; for more frames the evidence is built to err on the side of
/// doubt:
/// <list type="bullet">
/// <item>Frames share their mistakes (font, dirt, angle), so n of them are worth n / (1 + (n − 1) ρ) independent ones, the
/// design effect of cluster samples (Kish, Survey Sampling, 1965): with ρ = .5 never more than two.</item>
/// <item>Frames of one place share them all: together they are one look, whose text is their mean, however many they are. A plate that is
/// misread while it stands is outvoted by as many looks once it moves, not by as many minutes.</item>
/// <item>A frame that prefers another character or another length takes its share off, however sure the others are: saturated
/// probabilities would otherwise hide dissent.</item>
/// <item>No frame can veto: a probability counts as at least <see cref="Floor"/>.</item>
/// </list>
/// Pure; wiped when disposed. Roads not taken: the mean of probabilities, which never gains from agreement and lets many
/// poor frames decide; the surest frame alone, which is sure by luck.
/// </summary>
public sealed class FrameConsensus : IDisposable
{
    /// <summary>Correlation of two looks' errors.</summary>
    private const double Correlation = 0.5;

    /// <summary>A frame that says a character cannot be is wrong more often than this.</summary>
    private const double Floor = 1e-4;

    /// <summary>A frame's weight is multiplied by its evidence to this power. With 0 a frame that can hardly read the plate takes as
    /// much off a good frame's evidence as another good one; with 1 the surest frame decides nearly alone.</summary>
    private const double OwnDoubt = 0.5;

    private const int Lengths = PlateText.MaxLength + 1;
    private static readonly int Classes = Reading.Alphabet.Length;

    private readonly Votes _before = new(); // of the looks that are over
    private readonly Votes _look = new(); // of the one that is not
    private readonly Votes _all = new();
    private double _worth; // of the look that is not over

    /// <summary>Takes in what one frame reads; one without evidence says nothing.</summary>
    /// <param name="weight">How much it counts among the others, above 0; 1 is a large plate seen anew.</param>
    /// <param name="look">What the look is worth that it begins, 0 to 1; 0 where it shows what the frame before showed. As much as it counts, unless
    /// told.</param>
    /// <remarks>Borrows <paramref name="frame"/>.</remarks>
    public void Add(Reading frame, double weight = 1, double? look = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(weight);
        if (!(frame.Evidence > 0)) return; // empty, or a model gone wrong (NaN)
        if ((look ?? weight) is > 0 and var worth)
        {
            _before.Add(_look, Share());
            _look.Clear();
            _worth = worth;
            _before.Looks[frame.Length] += worth;
        }
        _look.Add(frame, weight);
    }

    /// <summary>Writes what the frames agree on into <paramref name="conclusion"/>; empty where nothing was read.</summary>
    public void Conclude(Reading conclusion)
    {
        conclusion.Clear();
        _all.Clear();
        _all.Add(_before, 1);
        _all.Add(_look, Share());
        var length = TensorPrimitives.IndexOfMax(_all.Lengthwise);
        if (!(_all.Lengthwise[length] > 0)) return;
        var (says, gain) = (_all.Says[length], Gain(_all.Looks[length]));
        // The text is right if its length and every character are: the length's part is spread over the characters.
        var share = Math.Pow(_all.Sure[length] / (says + _all.Lengthwise.Sum() - _all.Lengthwise[length]), 1.0 / length);
        Span<double> chances = stackalloc double[Classes];
        for (var position = 0; position < length; position++)
        {
            conclusion.TryAppend(out var row);
            var at = At(length, position);
            Chances(_all.Logs.AsSpan(at, Classes), says, gain, chances);
            for (var i = 0; i < Classes; i++) row[i] = (float)(share * chances[i] * (1 - _all.Dissent[at + i] / says));
        }
        chances.Clear();
        if (_all.Regions.Length == 0) return;
        var regions = conclusion.ClearedRegions(_all.Regions.Length);
        for (var i = 0; i < regions.Length; i++) regions[i] = (float)(_all.Regions[i] / _all.Says.Sum());
    }

    /// <summary>Forgets every frame; the buffers stay.</summary>
    public void Clear()
    {
        _before.Clear();
        _look.Clear();
        _all.Clear();
        _worth = 0;
    }

    public void Dispose() => Clear();

    // Frames of one look that together weigh more than it is worth count for what it is worth.
    private double Share() => _look.Weight > _worth ? _worth / _look.Weight : 1;

    /// <summary>What so many looks are worth, in independent ones; 1 at least.</summary>
    private static double Gain(double looks)
    {
        looks = Math.Max(looks, 1);
        return looks / (1 + (looks - 1) * Correlation);
    }

    /// <summary>Probabilities of the mean of <paramref name="logs"/>, <paramref name="gain"/> times. What no frame gives more than the floor is
    /// impossible again: 35 floors would be a doubt that nobody had.</summary>
    private static void Chances(ReadOnlySpan<float> logs, double says, double gain, Span<double> chances)
    {
        var (sum, floor) = (0.0, 1.001 * Math.Pow(Floor, gain)); // the sums of logarithms are rounded
        for (var i = 0; i < logs.Length; i++) sum += chances[i] = Math.Exp(logs[i] / says * gain) is var chance && chance > floor ? chance : 0;
        for (var i = 0; i < logs.Length; i++) chances[i] /= sum;
    }

    private static int At(int length, int position) => (length * PlateText.MaxLength + position) * Classes;

    /// <summary>Sums over frames, each by its say: its weight, less its own doubt.</summary>
    private sealed class Votes
    {
        // By length, position and class: of the log-probability, and of how much another class is preferred.
        public readonly float[] Logs = GC.AllocateArray<float>(Lengths * PlateText.MaxLength * Classes, pinned: true);
        public readonly float[] Dissent = GC.AllocateArray<float>(Lengths * PlateText.MaxLength * Classes, pinned: true);
        // By length: of how sure the frame is of that length, of how sure of its characters, of say alone; and what looks are worth.
        public readonly double[] Sure = new double[Lengths];
        public readonly double[] Lengthwise = new double[Lengths];
        public readonly double[] Says = new double[Lengths];
        public readonly double[] Looks = new double[Lengths];
        public double[] Regions = [];

        public double Weight { get; private set; }

        public void Add(Reading frame, double weight)
        {
            var length = frame.Length;
            var say = weight * Math.Pow(frame.Evidence, OwnDoubt);
            var sureOfLength = 1.0;
            for (var position = 0; position < length; position++)
            {
                var row = frame[position];
                var sum = 0.0;
                foreach (var one in row) sum += one;
                sureOfLength *= Math.Min(sum, 1);
                AddRow(At(length, position), row, sum, frame.Best(position).Confidence, say);
            }
            Weight += weight;
            Sure[length] += say * sureOfLength;
            Lengthwise[length] += say * sureOfLength * Math.Pow(frame.Evidence, 1.0 / length);
            Says[length] += say;
            // Where a plate is from is no matter of many small pieces of evidence: the mean of what the frames think will do.
            FitRegions(frame.Regions.Length);
            for (var i = 0; i < Regions.Length; i++) Regions[i] += say * frame.Regions[i];
        }

        public void Add(Votes others, double share)
        {
            TensorPrimitives.MultiplyAdd(others.Logs, (float)share, Logs, Logs);
            TensorPrimitives.MultiplyAdd(others.Dissent, (float)share, Dissent, Dissent);
            TensorPrimitives.MultiplyAdd(others.Sure, share, Sure, Sure);
            TensorPrimitives.MultiplyAdd(others.Lengthwise, share, Lengthwise, Lengthwise);
            TensorPrimitives.MultiplyAdd(others.Says, share, Says, Says);
            TensorPrimitives.Add(others.Looks, Looks, Looks);
            if (others.Regions.Length == 0) return;
            FitRegions(others.Regions.Length);
            TensorPrimitives.MultiplyAdd(others.Regions, share, Regions, Regions);
        }

        public void Clear()
        {
            CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(Logs.AsSpan()));
            CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(Dissent.AsSpan()));
            foreach (var sums in (double[][])[Sure, Lengthwise, Says, Looks, Regions]) Array.Clear(sums);
            Weight = 0;
        }

        private void FitRegions(int count)
        {
            if (Regions.Length != count) Regions = new double[count];
        }

        private void AddRow(int at, ReadOnlySpan<float> row, double sum, double best, double say)
        {
            // What is below the floor is nobody's in the end (Chances): its part is no other's gain.
            var below = 0.0;
            foreach (var one in row)
                if (one <= Floor * sum)
                    below += one;
            for (var i = 0; i < row.Length; i++)
            {
                Logs[at + i] += (float)(say * Math.Log(Math.Max(row[i] / sum, Floor)));
                Dissent[at + i] += (float)(say * (best - row[i] + below / sum));
            }
        }
    }
}
