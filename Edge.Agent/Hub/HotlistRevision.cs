using System.Security.Cryptography;
using System.Text.Json;
using Edge.Agent.Governance;
using Edge.Agent.Matching;
using Edge.Storage.Json;
using Edge.Storage.Sealing;
using Edge.Vision.Tracking;

namespace Edge.Agent.Hub;

/// <summary>What an agency wants changed in its hotlist. Without anything it is a renewal: expired entries go, and the list
/// lives anew.</summary>
public sealed record HotlistChange
{
    /// <summary>Plates to add. Borrowed; the caller disposes them.</summary>
    public IReadOnlyList<WantedPlate> Wanted { get; init; } = [];

    /// <summary>Entries that came from one of these sources go: <see cref="Wanted"/> replaces them.</summary>
    public IReadOnlySet<string> Sources { get; init; } = new HashSet<string>();

    /// <summary>Entries of these cases go.</summary>
    public IReadOnlySet<string> Cases { get; init; } = new HashSet<string>();

    /// <summary>Entries with these ids go.</summary>
    public IReadOnlySet<string> Ids { get; init; } = new HashSet<string>();

    /// <summary>Every entry goes.</summary>
    public bool Everything { get; init; }

    /// <summary>One refused plate refuses the whole change.</summary>
    public bool Strict { get; init; }

    internal bool TakesOut(HotlistEntry entry) =>
        Everything || Sources.Contains(entry.Source) || Cases.Contains(entry.Case) || Ids.Contains(entry.Id);
}

/// <summary>What came, or would come, of a change.</summary>
public sealed record HotlistOutcome
{
    /// <summary>The list to publish; null if a strict change met a refusal, or every plate was refused.</summary>
    public Hotlist? Next { get; init; }

    public int Added { get; init; }

    public int Removed { get; init; }

    /// <summary>Entries taken over as they were blinded before.</summary>
    public int Carried { get; init; }

    /// <summary>Entries left behind because they had expired.</summary>
    public int Expired { get; init; }

    /// <summary>Each with the place in <see cref="HotlistChange.Wanted"/>; without one it stood in the old list and is no longer
    /// what the policy allows.</summary>
    public required IReadOnlyList<RefusedEntry> Refused { get; init; }
}

/// <summary>Makes the next hotlist from the one that is published. Entries already blinded are carried over as they stand, under
/// the same salt, so that nobody keeps the plates in clear between two publications; the reasons are in this folder's
/// README. Pure: no file, no clock.</summary>
public static class HotlistRevision
{
    /// <summary>The list to start from.</summary>
    internal static Hotlist Empty(string agency, BlindCost cost) => new()
    {
        Agency = agency, Version = 0, Salt = new byte[BlindTag.SaltSize], Cost = cost, Expires = DateTimeOffset.MinValue, Entries = [],
    };

    /// <summary>Applies a change. The rules are the box's own: what a box would refuse is refused here, before the slow part.</summary>
    /// <param name="published">With its expired entries.</param>
    /// <param name="expires">When the new list as a whole stops matching.</param>
    /// <param name="progress">Told the number of plates blinded, from any thread.</param>
    /// <exception cref="OperationCanceledException">Stopped while blinding.</exception>
    public static HotlistOutcome Apply(Hotlist published, HotlistChange change, Policy policy, DateTimeOffset now,
        DateTimeOffset expires, IProgress<int>? progress, CancellationToken stop = default)
    {
        var staying = published.Entries.Where(entry => !change.TakesOut(entry)).ToList();
        var kept = staying.Where(entry => entry.Expires > now).ToList();
        var outcome = new HotlistOutcome
        {
            Removed = published.Entries.Count - staying.Count, Carried = kept.Count, Expired = staying.Count - kept.Count, Refused = [],
        };
        var refused = new List<RefusedEntry>();
        var accepted = Judge(change.Wanted, kept.Count, policy, now, refused);
        if (IsNothingLeft(change, accepted.Count, refused.Count)) return outcome with { Refused = refused };

        // A list that carries nothing over gets a salt of its own.
        var salt = kept.Count > 0 ? published.Salt : RandomNumberGenerator.GetBytes(BlindTag.SaltSize);
        var tags = HotlistBlinding.Tags(accepted.ConvertAll(draft => change.Wanted[draft.Index]), salt, published.Cost, progress, stop);
        var known = kept.Select(entry => entry.Identity).ToHashSet();
        var added = new List<HotlistEntry>();
        foreach (var ((index, draft), tag) in accepted.Zip(tags))
            if (draft with { Tag = tag } is var entry && known.Add(entry.Identity)) added.Add(entry);
            else refused.Add(new RefusedEntry(index, null, Duplicate));
        outcome = outcome with { Added = added.Count, Refused = [.. refused.OrderBy(entry => entry.Index)] };
        if (IsNothingLeft(change, added.Count, refused.Count)) return outcome;
        return outcome with
        {
            Next = published with
            {
                Agency = policy.Agency, Version = published.Version + 1, Salt = salt, Expires = expires, Entries = [.. kept, .. added],
            },
        };
    }

    private const string Duplicate = "duplicate: the plate is in the list already, for the same case";

    // A file of which nothing is good is the wrong file: it must not empty the list.
    private static bool IsNothingLeft(HotlistChange change, int accepted, int refused) =>
        refused > 0 && (change.Strict || accepted == 0);

    private static List<(int Index, HotlistEntry Draft)> Judge(IReadOnlyList<WantedPlate> wanted, int carried, Policy policy,
        DateTimeOffset now, List<RefusedEntry> refused)
    {
        var accepted = new List<(int, HotlistEntry)>();
        var known = new HashSet<(Edge.Vision.Recognition.PlateText, MatchForm, string)>();
        foreach (var (i, plate) in wanted.Index())
        {
            var draft = Draft(plate);
            var objection = Objection(plate, draft, policy, now)
                ?? (known.Contains((plate.Plate, plate.Form, plate.Case)) ? Duplicate
                    : carried + accepted.Count >= policy.LargestHotlist ? Hotlist.TooMany(policy) : null);
            if (objection is not null)
            {
                refused.Add(new RefusedEntry(i, null, objection));
                continue;
            }
            known.Add((plate.Plate, plate.Form, plate.Case));
            accepted.Add((i, draft));
        }
        return accepted;
    }

    private static string? Objection(WantedPlate plate, HotlistEntry draft, Policy policy, DateTimeOffset now)
    {
        if (plate.Agency is { } agency && agency != policy.Agency) return $"agency: must be {policy.Agency}, whose list this is";
        // Read back as the box reads it: one rule for what a case ID or a purpose is.
        if (!StrictJson.TryRead(JsonSerializer.SerializeToElement(draft.Write()), "", HotlistEntry.Read, out _, out var problems))
            return string.Join("; ", problems);
        // An entry that no box could ever match would look like a search that found nothing.
        var (shortest, longest) = new ReadGate().Length;
        if (plate.Plate.Length < shortest || plate.Plate.Length > longest)
            return $"plate: must have {shortest} to {longest} characters to be read";
        return Hotlist.Objection(draft, policy, now);
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
}
