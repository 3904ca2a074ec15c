using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Edge.Agent.Governance;
using Edge.Agent.Matching;
using Edge.Agent.Publishing;
using Edge.Storage.Sealing;
using Edge.Vision.Recognition;
using Edge.Vision.Tracking;

namespace Edge.Agent.Hub;

/// <summary>Turns wanted plates into the hotlist that boxes get, from which no plate can be read.</summary>
public static class HotlistBlinding
{
    /// <summary>Blinds a list under a fresh salt. The rules are the box's own: what a box would refuse is refused here
    /// first, before the slow part, and then the whole list is.</summary>
    /// <param name="wanted">Borrowed; the caller still disposes the plates.</param>
    /// <param name="expires">When the list as a whole stops matching.</param>
    /// <param name="progress">Told the number of plates done.</param>
    /// <returns>False, with a reason for each refused entry, if any is.</returns>
    public static bool TryBlind(IReadOnlyList<WantedPlate> wanted, Policy policy, int version, BlindCost cost,
        DateTimeOffset now, DateTimeOffset expires, IProgress<int>? progress,
        [NotNullWhen(true)] out Hotlist? hotlist, out IReadOnlyList<RefusedEntry> refused)
    {
        var draft = new Hotlist
        {
            Agency = policy.Agency,
            Version = version,
            Salt = RandomNumberGenerator.GetBytes(BlindTag.SaltSize),
            Cost = cost,
            Expires = expires,
            Entries = [.. wanted.Select(Draft)],
        };
        var usable = Hotlist.TryParse(draft.Write(), policy, now, out _, out refused);
        refused = [.. refused, .. Unreadable(wanted)];
        hotlist = usable && refused.Count == 0
            ? draft with { Entries = [.. Blind(draft, wanted, progress)] }
            : null;
        return hotlist is not null;
    }

    // An entry that no box could ever match would look like a search that found nothing.
    private static IEnumerable<RefusedEntry> Unreadable(IReadOnlyList<WantedPlate> wanted)
    {
        var (shortest, longest) = new ReadGate().Length;
        return wanted.Index().Where(entry => entry.Item.Plate.Length < shortest || entry.Item.Plate.Length > longest)
            .Select(entry => new RefusedEntry(entry.Index, null, $"plate: must have {shortest} to {longest} characters to be read"));
    }

    private static HotlistEntry Draft(WantedPlate plate) => new()
    {
        Id = $"e-{RandomNumberGenerator.GetHexString(16, lowercase: true)}",
        Tag = new byte[BlindTag.Size],
        Form = plate.Form,
        Case = plate.Case,
        Purpose = plate.Purpose,
        Basis = plate.Basis,
        Source = plate.Source,
        Issuer = plate.Issuer,
        NotBefore = plate.NotBefore,
        Expires = plate.Expires,
        Region = plate.Region,
    };

    private static IEnumerable<HotlistEntry> Blind(Hotlist draft, IReadOnlyList<WantedPlate> wanted, IProgress<int>? progress)
    {
        foreach (var (i, plate) in wanted.Index())
        {
            yield return draft.Entries[i] with { Tag = TagOf(plate, draft) };
            progress?.Report(i + 1);
        }
    }

    private static byte[] TagOf(WantedPlate wanted, Hotlist draft)
    {
        var tag = new byte[BlindTag.Size];
        Span<byte> folded = stackalloc byte[PlateText.MaxLength];
        var form = wanted.Form == MatchForm.Folded
            ? folded[..PlateFolding.Fold(wanted.Plate.Ascii, folded)]
            : wanted.Plate.Ascii;
        BlindTag.Derive(form, draft.Salt.Span, draft.Cost, tag);
        CryptographicOperations.ZeroMemory(folded);
        return tag;
    }
}
