using System.Text.Json.Nodes;
using Edge.Storage.Json;

namespace Edge.Storage.Trust;

/// <summary>Snapshot metadata (TUF 1.0 §4.4): the one set of targets metadata that belongs together.</summary>
/// <param name="Files">By file name: <c>targets.json</c> and each <c>hotlists-{agency}.json</c>.</param>
public sealed record SnapshotMetadata(int Version, DateTimeOffset Expires, IReadOnlyDictionary<string, FileClaim> Files)
    : ITrustMetadata
{
    internal JsonObject Write()
    {
        var json = SignedFile.Header("snapshot", this);
        json["meta"] = new JsonObject(Files.Select(file => KeyValuePair.Create(file.Key, (JsonNode?)file.Value.Write())));
        return json;
    }

    internal static SnapshotMetadata Read(JsonFields signed)
    {
        var (version, expires) = SignedFile.ReadHeader(signed, "snapshot");
        var files = signed.Map("meta", 1, 32, FileClaim.Read);
        foreach (var name in files.Keys.Where(name => !IsKnown(name))) signed.Fail("meta", $"names an unknown role: {name}");
        if (!files.ContainsKey(TrustPath.Targets)) signed.Fail("meta", $"does not name {TrustPath.Targets}");
        return new SnapshotMetadata(version, expires, files);
    }

    private static bool IsKnown(string name) => name == TrustPath.Targets
        || (name.EndsWith(".json", StringComparison.Ordinal) && TrustPath.IsHotlistRole(name[..^".json".Length]));
}
