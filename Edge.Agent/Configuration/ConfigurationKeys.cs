using System.Text;
using System.Text.Json.Nodes;
using Edge.Storage.Audit;

namespace Edge.Agent.Configuration;

/// <summary>What a configuration says, by key, as digests: enough to tell in what two of them differ, and nothing of what they say. The log names the digest of
/// all, and the log is public; of a camera's address only scheme, host and port are therefore in it.</summary>
internal static class ConfigurationKeys
{
    /// <summary>What a running box takes over from a new file; everything else needs a restart.</summary>
    public static IReadOnlyList<string> Live { get; } = ["cameras", "gate", "rules", "console", "metricsPort", "outboxMegabytes"];

    /// <param name="file">JSON that was read as a configuration.</param>
    public static IReadOnlyDictionary<string, string> Of(ReadOnlySpan<byte> file)
    {
        var keys = JsonNode.Parse(file)!.AsObject();
        foreach (var camera in (keys["cameras"] as JsonArray ?? []).OfType<JsonObject>())
            if (camera["source"] is JsonValue value && value.TryGetValue(out string? source)) camera["source"] = WithoutPassword(source);
        return keys.ToDictionary(key => key.Key, key => Sha256Hash.Of(Encoding.UTF8.GetBytes(key.Value?.ToJsonString() ?? "null")).ToString(),
            StringComparer.Ordinal);
    }

    /// <summary>One digest of all.</summary>
    public static Sha256Hash Digest(IReadOnlyDictionary<string, string> keys) =>
        Sha256Hash.Of(Encoding.ASCII.GetBytes(string.Join('\n', keys.OrderBy(key => key.Key, StringComparer.Ordinal).Select(key => $"{key.Key} {key.Value}"))));

    /// <summary>The keys in which two differ, in order.</summary>
    public static IReadOnlyList<string> Between(IReadOnlyDictionary<string, string> one, IReadOnlyDictionary<string, string> other) =>
        [.. one.Keys.Union(other.Keys).Where(key => one.GetValueOrDefault(key) != other.GetValueOrDefault(key)).Order(StringComparer.Ordinal)];

    /// <summary>Those of them that need a restart.</summary>
    public static IReadOnlyList<string> NeedingARestart(IEnumerable<string> changed) => [.. changed.Except(Live)];

    // In practice passwords stand in paths and queries too.
    private static string WithoutPassword(string source) =>
        !source.Contains("://", StringComparison.Ordinal) ? source
        : Uri.TryCreate(source, UriKind.Absolute, out var address) ? address.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped) : "";
}
