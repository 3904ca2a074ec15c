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
/// <item>A frame that prefers another character or another length takes its share off, however sure the others are: saturated
/// probabilities would otherwise hide dissent.</item>
/// <item>No frame can veto: a probability counts as at least <see cref="Floor"/>.</item>
/// </list>
/// Pure; wiped when disposed. Roads not taken: the mean of probabilities, which never gains from agreement and lets many
/// poor frames decide; the surest frame alone, which is sure by luck.
/// </summary>
public sealed class FrameConsensus : IDisposable
{
    /// <summary>Correlation of two frames' errors.</summary>
    private const double Correlation = 0.5;

    /// <summary>A frame that says a character cannot be is wrong more often than this.</summary>
    private const double Floor = 1e-4;

    /// <summary>A frame's weight is multiplied by its evidence to this power. With 0 a frame that can hardly read the plate takes as
    /// much off a good frame's evidence as another good one; with 1 the surest frame decides nearly alone.</summary>
    private const double OwnDoubt = 0.5;

    private const int Lengths = PlateText.MaxLength + 1;
    private static readonly int Classes = Reading.Alphabet.Length;

    // By length, position and class: sum of say × log-probability, and of say × how much another class is preferred.
    private readonly float[] _logs = GC.AllocateArray<float>(Lengths * PlateText.MaxLength * Classes, pinned: true);
    private readonly float[] _dissent = GC.AllocateArray<float>(Lengths * PlateText.MaxLength * Classes, pinned: true);
    // By length: sum of say × how sure the frame is of that length, of say × how sure of its characters, of say, and of looks.
    private readonly double[] _sure = new double[Lengths];
    private readonly double[] _votes = new double[Lengths];
    private readonly double[] _says = new double[Lengths];
    private readonly double[] _looks = new double[Lengths];
    private double[] _regions = [];

    /// <summary>Takes in what one frame reads; one without evidence says nothing.</summary>
    /// <param name="weight">How much it counts among the others, above 0; 1 is a large plate seen anew.</param>
    /// <param name="look">How much evidence it adds, 0 to 1; 0 where it shows what was seen before. As much as it counts, unless told.</param>
    /// <remarks>Borrows <paramref name="frame"/>.</remarks>
    public void Add(Reading frame, double weight = 1, double? look = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(weight);
        if (!(frame.Evidence > 0)) return; // empty, or a model gone wrong (NaN)
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
        _sure[length] += say * sureOfLength;
        _votes[length] += say * sureOfLength * Math.Pow(frame.Evidence, 1.0 / length);
        _says[length] += say;
        _looks[length] += look ?? weight;
        AddRegions(frame.Regions, say);
    }

    /// <summary>Writes what the frames agree on into <paramref name="conclusion"/>; empty where nothing was read.</summary>
    public void Conclude(Reading conclusion)
    {
        conclusion.Clear();
        var length = TensorPrimitives.IndexOfMax(_votes);
        if (!(_votes[length] > 0)) return;
        var (says, gain) = (_says[length], Gain(_looks[length]) / _says[length]);
        // The text is right if its length and every character are: the length's part is spread over the characters.
        var share = Math.Pow(_sure[length] / (says + _votes.Sum() - _votes[length]), 1.0 / length);
        Span<double> chances = stackalloc double[Classes];
        for (var position = 0; position < length; position++)
        {
            conclusion.TryAppend(out var row);
            var at = At(length, position);
            Softmax(_logs.AsSpan(at, Classes), gain, chances);
            for (var i = 0; i < Classes; i++) row[i] = (float)(share * chances[i] * (1 - _dissent[at + i] / says));
        }
        chances.Clear();
        if (_regions.Length == 0) return;
        var regions = conclusion.Region(_regions.Length);
        for (var i = 0; i < regions.Length; i++) regions[i] = (float)(_regions[i] / _says.Sum());
    }

    /// <summary>Forgets every frame; the buffers stay.</summary>
    public void Clear()
    {
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(_logs.AsSpan()));
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(_dissent.AsSpan()));
        Array.Clear(_sure);
        Array.Clear(_votes);
        Array.Clear(_says);
        Array.Clear(_looks);
        Array.Clear(_regions);
    }

    public void Dispose() => Clear();

    private void AddRow(int at, ReadOnlySpan<float> row, double sum, double best, double say)
    {
        for (var i = 0; i < row.Length; i++)
        {
            _logs[at + i] += (float)(say * Math.Log(Math.Max(row[i] / sum, Floor)));
            _dissent[at + i] += (float)(say * (best - row[i]));
        }
    }

    // Where a plate is from is no matter of many small pieces of evidence: the mean of what the frames think will do.
    private void AddRegions(ReadOnlySpan<float> probabilities, double say)
    {
        if (_regions.Length != probabilities.Length) _regions = new double[probabilities.Length];
        for (var i = 0; i < probabilities.Length; i++) _regions[i] += say * probabilities[i];
    }

    /// <summary>What so many looks are worth, in independent ones; 1 at least.</summary>
    private static double Gain(double looks)
    {
        looks = Math.Max(looks, 1);
        return looks / (1 + (looks - 1) * Correlation);
    }

    /// <summary>Probabilities of <paramref name="logs"/> × <paramref name="scale"/>.</summary>
    private static void Softmax(ReadOnlySpan<float> logs, double scale, Span<double> chances)
    {
        var most = TensorPrimitives.Max(logs);
        var sum = 0.0;
        for (var i = 0; i < logs.Length; i++) sum += chances[i] = Math.Exp((logs[i] - most) * scale);
        for (var i = 0; i < logs.Length; i++) chances[i] /= sum;
    }

    private static int At(int length, int position) => (length * PlateText.MaxLength + position) * Classes;
}
