namespace Edge.Vision.Recognition.Regions;

/// <summary>Characters that look so much alike on a plate that only their place tells them apart: some regions use one glyph
/// for both.</summary>
internal static class LookAlikes
{
    private static readonly string[] Groups = ["0O", "0D", "0Q", "OQ", "OD", "1I", "2Z", "5S", "6G", "8B"];

    private static readonly ulong[] Of36 =
    [
        .. Reading.Alphabet.Select(one => Groups.Where(pair => pair.Contains(one, StringComparison.Ordinal))
            .SelectMany(pair => pair).Where(other => other != one)
            .Aggregate(0UL, (bits, other) => bits | 1UL << Reading.Alphabet.IndexOf(other, StringComparison.Ordinal))),
    ];

    /// <summary>The look-alikes of a class of <see cref="Reading.Alphabet"/>, a bit each.</summary>
    public static ulong Of(int one) => Of36[one];
}
