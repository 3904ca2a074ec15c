using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Edge.Agent.Governance;
using Edge.Agent.Matching;
using Edge.Storage.Sealing;
using Edge.Vision.Recognition;

namespace Edge.Agent.Hub;

/// <summary>Turns wanted plates into the hotlist that boxes get, from which no plate can be read.</summary>
public static class HotlistBlinding
{
    /// <summary>Blinds a whole list under a fresh salt, or nothing of it.</summary>
    /// <param name="wanted">Borrowed; the caller still disposes the plates.</param>
    /// <param name="expires">When the list as a whole stops matching.</param>
    /// <param name="progress">Told the number of plates done, from any thread.</param>
    /// <returns>False, with a reason for each refused entry, if any is.</returns>
    public static bool TryBlind(IReadOnlyList<WantedPlate> wanted, Policy policy, int version, BlindCost cost,
        DateTimeOffset now, DateTimeOffset expires, IProgress<int>? progress,
        [NotNullWhen(true)] out Hotlist? hotlist, out IReadOnlyList<RefusedEntry> refused)
    {
        var outcome = HotlistRevision.Apply(HotlistRevision.Empty(policy.Agency, cost) with { Version = version - 1 },
            new HotlistChange { Wanted = wanted, Strict = true }, policy, now, expires, progress);
        (hotlist, refused) = (outcome.Next, outcome.Refused);
        return hotlist is not null;
    }

    /// <summary>The tag of each plate, in their order, on every core: a tag is one core's work for about 15 ms.</summary>
    internal static byte[][] Tags(IReadOnlyList<WantedPlate> wanted, ReadOnlyMemory<byte> salt, BlindCost cost, IProgress<int>? progress,
        CancellationToken stop)
    {
        var tags = new byte[wanted.Count][];
        var done = 0;
        Parallel.For(0, wanted.Count, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = stop }, i =>
        {
            tags[i] = TagOf(wanted[i], salt.Span, cost);
            progress?.Report(Interlocked.Increment(ref done));
        });
        return tags;
    }

    private static byte[] TagOf(WantedPlate wanted, ReadOnlySpan<byte> salt, BlindCost cost)
    {
        var tag = new byte[BlindTag.Size];
        Span<byte> folded = stackalloc byte[PlateText.MaxLength];
        var form = wanted.Form == MatchForm.Folded
            ? folded[..PlateFolding.Fold(wanted.Plate.Ascii, folded)]
            : wanted.Plate.Ascii;
        BlindTag.Derive(form, salt, cost, tag);
        CryptographicOperations.ZeroMemory(folded);
        return tag;
    }
}
