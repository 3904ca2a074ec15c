using Edge.Vision.Recognition;

namespace Edge.Agent.Matching;

/// <summary>Characters that readers and witnesses confuse, taken as one: O, Q, D → 0; I → 1; Z → 2; S → 5; B → 8.
/// </summary>
public static class PlateFolding
{
    /// <summary>Writes the folded form of <paramref name="canonical"/>, of the same length, into
    /// <paramref name="folded"/>; the caller wipes it.</summary>
    /// <returns>How many bytes were written.</returns>
    public static int Fold(ReadOnlySpan<byte> canonical, Span<byte> folded)
    {
        for (var i = 0; i < canonical.Length; i++)
            folded[i] = canonical[i] switch
            {
                (byte)'O' or (byte)'Q' or (byte)'D' => (byte)'0',
                (byte)'I' => (byte)'1',
                (byte)'Z' => (byte)'2',
                (byte)'S' => (byte)'5',
                (byte)'B' => (byte)'8',
                var other => other,
            };
        return canonical.Length;
    }
}
