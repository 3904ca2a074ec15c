using System.Numerics.Tensors;
using Edge.Vision.Onnx;

namespace Edge.Vision.Recognition;

/// <summary>Where a plate seems to be from.</summary>
/// <param name="Code">ISO 3166-1 alpha-2 (<c>RO</c>) or ISO 3166-2 (<c>US-CA</c>); null where it is unknown, which is better
/// than a guess.</param>
/// <param name="Sure">Probability of that, 0 to 1; 0 where it is unknown.</param>
public readonly record struct PlateRegion(string? Code, float Sure)
{
    public static readonly PlateRegion Unknown;

    /// <summary>True for a code of the form of ISO 3166-1 alpha-2 (<c>RO</c>) or ISO 3166-2 (<c>US-CA</c>); whether it is given to
    /// anything is not asked.</summary>
    public static bool IsCode(string text) => text.Length is 2 or (>= 4 and <= 6) && text[..2].All(char.IsAsciiLetterUpper)
        && (text.Length == 2 || text[2] == '-' && text[3..].All(one => char.IsAsciiLetterUpper(one) || char.IsAsciiDigit(one)));

    /// <summary>The likeliest label if it reaches the threshold; else the country whose parts together reach it; else
    /// unknown.</summary>
    /// <param name="probabilities">One for each of the head's labels, or none.</param>
    internal static PlateRegion Of(RegionHead? head, ReadOnlySpan<float> probabilities)
    {
        if (head is null || probabilities.Length != head.Labels.Length) return Unknown;
        var best = TensorPrimitives.IndexOfMax(probabilities);
        if (probabilities[best] >= head.Threshold)
            return head.Labels[best] == head.Unknown ? Unknown : new PlateRegion(head.Labels[best], MathF.Min(probabilities[best], 1));
        var countries = new Dictionary<string, float>(StringComparer.Ordinal);
        for (var i = 0; i < probabilities.Length; i++)
            if (head.Labels[i] != head.Unknown)
                countries[head.Labels[i][..2]] = countries.GetValueOrDefault(head.Labels[i][..2]) + probabilities[i];
        var (code, sum) = countries.MaxBy(country => country.Value);
        return sum >= head.Threshold ? new PlateRegion(code, MathF.Min(sum, 1)) : Unknown;
    }
}
