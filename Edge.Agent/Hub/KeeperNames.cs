using System.Text.Json.Nodes;
using Edge.Storage.Files;
using Edge.Storage.Json;
using Edge.Storage.Keys;
using Edge.Storage.Trust;

namespace Edge.Agent.Hub;

/// <summary>What people call the keepers' keys here: <c>keepers.json</c>, <c>{"keepers":[{"id","name"}]}</c>. A name helps a person to read an id, and
/// nothing else depends on it: it is not signed, and an id without one is shown as it is.</summary>
public sealed class KeeperNames
{
    private const int Most = 256;
    private const int LongestName = 64;
    private readonly string _file;
    private readonly Dictionary<string, string> _names;

    private KeeperNames(string file, Dictionary<string, string> names) => (_file, _names) = (file, names);

    /// <summary>Reads them; a file that is missing or damaged names nobody.</summary>
    internal static KeeperNames Open(string file) => new(file,
        File.Exists(file) && StrictJson.TryRead(File.ReadAllBytes(file), 64 * 1024, Read, out var names, out _) ? names : []);

    /// <summary>The id, and the name beside it if there is one.</summary>
    public string Of(string id) => _names.TryGetValue(id, out var name) ? $"{id}  {name}" : id;

    /// <summary>Remembers a keeper's name; one that is not 1 to 64 printable characters is left out.</summary>
    internal void Add(VerifyingKey key, string name)
    {
        if (!IsName(name) || _names.Count >= Most) return;
        _names[RoleKeys.KeyIdOf(key)] = name;
        DurableFile.Write(_file, CanonicalJson.Write(new JsonObject
        {
            ["keepers"] = new JsonArray([.. _names.OrderBy(one => one.Key, StringComparer.Ordinal)
                .Select(one => (JsonNode)new JsonObject { ["id"] = one.Key, ["name"] = one.Value })]),
        }));
    }

    private static bool IsName(string name) => name.Length is > 0 and <= LongestName && name.All(letter => letter is > ' ' and <= '~');

    private static Dictionary<string, string> Read(JsonFields fields)
    {
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (id, name) in fields.Objects("keepers", 0, Most, one =>
            (one.Text("id", 64), one.Text("name", IsName, "must be 1 to 64 printable characters without a space"))))
            names[id] = name;
        return names;
    }
}
