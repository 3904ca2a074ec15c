using System.Text.Json.Nodes;
using Edge.Storage.Files;
using Edge.Storage.Json;

namespace Edge.Storage.Trust;

/// <summary>The highest version seen of each metadata file, and the bytes it had: what stops rollback (TUF 1.0 §5.4.3,
/// §5.5.5). Kept in <c>floors.json</c>.</summary>
/// <remarks>The floors belong to the timestamp and snapshot keys they were recorded under. When root replaces those, the
/// floors fall (§5.3.11), so that a thief of the old keys cannot block the repository with a huge version.</remarks>
internal sealed class TrustFloors
{
    private const int MaxBytes = 128 * 1024;
    private const int MostFloors = 512;

    private readonly string? _path;
    private readonly string _keys;
    private readonly Dictionary<string, Floor> _floors;
    private bool _changed;

    private TrustFloors(string? path, string keys, IEnumerable<KeyValuePair<string, Floor>> floors)
    {
        _path = path;
        _keys = keys;
        _floors = new(floors, StringComparer.Ordinal);
    }

    /// <summary>Floors that remember nothing, to verify a set that was accepted before.</summary>
    public static TrustFloors None => new(null, "", []);

    /// <exception cref="TrustException">floors.json is damaged. It is not ignored: that would allow rollback.</exception>
    public static TrustFloors Load(string path, RootMetadata root)
    {
        // Which role a key serves counts too: two roles that change keys with each other are replaced keys.
        var keys = $"timestamp {Ids(root.Timestamp)} snapshot {Ids(root.Snapshot)}";
        if (!File.Exists(path)) return new TrustFloors(path, keys, []);
        if (!StrictJson.TryRead(File.ReadAllBytes(path), MaxBytes, Read, out var saved, out var problems))
            throw new TrustException(Path.GetFileName(path), problems[0].ToString());
        return new TrustFloors(path, keys, saved.Keys == keys ? saved.Floors : []);
    }

    /// <summary>True for a file that was seen before.</summary>
    public bool Knows(string file) => _floors.ContainsKey(file);

    /// <exception cref="TrustException">The claimed version is below the floor, or at it with other bytes.</exception>
    public void Require(string file, FileClaim claim)
    {
        if (!_floors.TryGetValue(file, out var floor)) return;
        if (claim.Version < floor.Version)
            throw new TrustException(file, $"rollback: version {claim.Version} is older than version {floor.Version} seen before",
                TrustFault.Rollback);
        if (claim.Version == floor.Version && claim.Sha256 != floor.Sha256)
            throw new TrustException(file, $"version {claim.Version} was signed before with other content; publish a higher version",
                TrustFault.Rollback);
    }

    /// <summary>True if no version as high was seen before.</summary>
    public bool IsNew(string file, FileClaim claim) => !_floors.TryGetValue(file, out var floor) || claim.Version > floor.Version;

    /// <summary>Remembers a verified claim. Durable only after <see cref="Save"/>.</summary>
    public void Raise(string file, FileClaim claim)
    {
        var floor = new Floor(claim.Version, claim.Sha256);
        if (_floors.TryGetValue(file, out var old) && old == floor) return;
        _floors[file] = floor;
        _changed = true;
    }

    /// <summary>Makes the floors durable.</summary>
    public void Save()
    {
        if (!_changed || _path is null) return;
        var files = _floors.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => KeyValuePair.Create(pair.Key,
            (JsonNode?)new JsonObject { ["version"] = pair.Value.Version, ["sha256"] = pair.Value.Sha256 }));
        DurableFile.Write(_path, CanonicalJson.Write(new JsonObject { ["keys"] = _keys, ["files"] = new JsonObject(files) }));
        _changed = false;
    }

    private static string Ids(RoleKeys role) => string.Join(' ', role.Keys.Keys.Order(StringComparer.Ordinal));

    private static Saved Read(JsonFields fields) => new(fields.Text("keys", 16 * 1024), fields.Map("files", 0, MostFloors,
        (_, file) => new Floor(file.Whole("version", 1, int.MaxValue), Convert.ToHexStringLower(file.Hex("sha256", 32)))));

    private sealed record Floor(int Version, string Sha256);

    private sealed record Saved(string Keys, IReadOnlyDictionary<string, Floor> Floors);
}
