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

    internal bool HasSameFiles(TrustedTargets other) => Files.Count == other.Files.Count && Files.All(file =>
        other.Files.TryGetValue(file.Key, out var bytes) && bytes.Span.SequenceEqual(file.Value.Span));

    public override string ToString() =>
        $"TrustedTargets({string.Join(", ", Versions.Select(file => $"{file.Key} {file.Value}"))})";
}
