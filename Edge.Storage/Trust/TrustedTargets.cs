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

    /// <summary>Version of each metadata file, by its path.</summary>
    public required IReadOnlyDictionary<string, int> Versions { get; init; }

    /// <summary>Expiry of each metadata file, by its path. A set in use outlives none of it silently: past the hotlist
    /// metadata's expiry nothing may match, past that of <c>targets.json</c> no order may be taken, past that of
    /// <c>timestamp.json</c> the box has not heard from its hub for too long.</summary>
    public required IReadOnlyDictionary<string, DateTimeOffset> Expiries { get; init; }

    /// <summary>The first of <see cref="Expiries"/>.</summary>
    public DateTimeOffset Expires => Expiries.Values.Min();

    /// <summary>The bytes of one of its files, by its path; null if the set has none of that name.</summary>
    public ReadOnlyMemory<byte>? File(string path) => Files.TryGetValue(path, out var bytes) ? bytes : null;

    /// <summary>Every file the set was verified from, to verify it again after a restart.</summary>
    internal IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Files { get; init; } =
        new Dictionary<string, ReadOnlyMemory<byte>>();

    public override string ToString() =>
        $"TrustedTargets({string.Join(", ", Versions.Select(file => $"{file.Key} {file.Value}"))})";
}
