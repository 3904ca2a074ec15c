using Edge.Storage.Keys;

namespace Edge.Storage.Trust;

/// <summary>One verified set of what the hub has signed: all of it belongs together and came into use at once.
/// Immutable; safe to share.</summary>
public sealed record TrustedTargets
{
    /// <summary>The agency this set is for.</summary>
    public required string Agency { get; init; }

    /// <summary>The exact bytes of <c>policy.json</c>.</summary>
    public required ReadOnlyMemory<byte> Policy { get; init; }

    /// <summary>The exact bytes of <c>operators.json</c>.</summary>
    public required ReadOnlyMemory<byte> Operators { get; init; }

    /// <summary>The exact bytes of <c>recipients.json</c>.</summary>
    public required ReadOnlyMemory<byte> Recipients { get; init; }

    /// <summary>The exact bytes of <c>hotlists/{agency}.json</c>.</summary>
    public required ReadOnlyMemory<byte> Hotlist { get; init; }

    /// <summary>The exact bytes of <c>grants.json</c>; null for an agency that never granted anything.</summary>
    public ReadOnlyMemory<byte>? Grants { get; init; }

    /// <summary>The exact bytes of <c>console.json</c>; null for an agency that never let anybody use a console.</summary>
    public ReadOnlyMemory<byte>? Console { get; init; }

    /// <summary>The exact bytes of <c>hotlists/{other}.json</c> of each other agency, by its name: verified to be what that
    /// agency signed for this one's boxes. Whether a grant lets any of it be used is for the reader of <see cref="Grants"/>.</summary>
    public IReadOnlyDictionary<string, ReadOnlyMemory<byte>> OtherHotlists { get; init; } =
        new Dictionary<string, ReadOnlyMemory<byte>>();

    /// <summary>Why the list of another agency is not among them, by that agency's name. It takes nothing else down.</summary>
    public IReadOnlyDictionary<string, TrustException> RefusedHotlists { get; init; } = new Dictionary<string, TrustException>();

    /// <summary>What came as <see cref="TrustPath.Proof"/> of each hotlist, by agency. Nothing of it is verified: which log counts, the policy says.</summary>
    public IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Proofs { get; init; } = new Dictionary<string, ReadOnlyMemory<byte>>();

    /// <summary>Hotlists that stay in use although this set has others, which lack their proof; by agency.</summary>
    public IReadOnlyDictionary<string, KeptHotlist> Kept { get; init; } = new Dictionary<string, KeptHotlist>();

    /// <summary>Version of each metadata file, by its path.</summary>
    public required IReadOnlyDictionary<string, int> Versions { get; init; }

    /// <summary>Expiry of each metadata file, by its path. A set in use outlives none of it silently: past the hotlist
    /// metadata's expiry nothing may match, past that of <c>targets.json</c> no order may be taken, past that of
    /// <c>timestamp.json</c> the box has not heard from its hub for too long.</summary>
    public required IReadOnlyDictionary<string, DateTimeOffset> Expiries { get; init; }

    /// <summary>The keys that the root gives to the timestamp: those of the hub itself, which also signs receipts with them.</summary>
    public IReadOnlyCollection<VerifyingKey> OnlineKeys { get; init; } = [];

    /// <summary>The first of <see cref="Expiries"/>.</summary>
    public DateTimeOffset Expires => Expiries.Values.Min();

    /// <summary>The bytes of one of its files, by its path; null if the set has none of that name.</summary>
    public ReadOnlyMemory<byte>? File(string path)
    {
        // Not with ?: there null becomes an empty memory, as an array does.
        if (Files.TryGetValue(path, out var bytes)) return bytes;
        return null;
    }

    /// <summary>Every file the set was verified from, to verify it again after a restart.</summary>
    internal IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Files { get; init; } =
        new Dictionary<string, ReadOnlyMemory<byte>>();

    /// <summary>Who signs the hotlist of each agency.</summary>
    internal IReadOnlyDictionary<string, RoleKeys> HotlistKeys { get; init; } = new Dictionary<string, RoleKeys>();

    /// <summary>The hotlist of <paramref name="agency"/> in this set, to go on with while a later one lacks its proof; null if it has none.</summary>
    public KeptHotlist? Keep(string agency)
    {
        var metadata = TrustPath.HotlistMetadata(agency);
        var list = Hotlist;
        if (agency != Agency && !OtherHotlists.TryGetValue(agency, out list)) return null;
        return Files.TryGetValue(metadata, out var signed) && Expiries.TryGetValue(metadata, out var until) ? new KeptHotlist(list, signed, until) : null;
    }

    /// <summary>True if <paramref name="kept"/> is still signed by whoever this set lets sign the hotlist of <paramref name="agency"/>: what a
    /// replaced key signed goes with the key.</summary>
    public bool Signs(string agency, KeptHotlist kept)
    {
        ArgumentNullException.ThrowIfNull(kept);
        return HotlistKeys.TryGetValue(agency, out var keys) && kept.IsSignedBy(keys, agency, Agency);
    }

    /// <summary>True if every signed file is the same, whatever came as proofs.</summary>
    public bool HasSameFiles(TrustedTargets other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return Same(Files, other.Files);
    }

    internal bool HasSameProofs(TrustedTargets other) => Same(Proofs, other.Proofs);

    private static bool Same(IReadOnlyDictionary<string, ReadOnlyMemory<byte>> these, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> those) =>
        these.Count == those.Count && these.All(file => those.TryGetValue(file.Key, out var bytes) && bytes.Span.SequenceEqual(file.Value.Span));

    public override string ToString() =>
        $"TrustedTargets({string.Join(", ", Versions.Select(file => $"{file.Key} {file.Value}"))})";
}
