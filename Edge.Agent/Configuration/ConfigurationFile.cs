using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Edge.Agent.Publishing;
using Edge.Storage.Files;
using Edge.Storage.Json;

namespace Edge.Agent.Configuration;

/// <summary>Sets keys of a configuration file and leaves the others as somebody set them.</summary>
internal sealed class ConfigurationFile
{
    private const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly string _path;
    private readonly JsonObject _keys;

    private ConfigurationFile(string path, JsonObject keys) => (_path, _keys) = (path, keys);

    /// <summary>The file as it is; empty if there is none.</summary>
    /// <exception cref="ConfigurationException">It is no JSON object.</exception>
    public static ConfigurationFile Open(string path)
    {
        if (!File.Exists(path)) return new ConfigurationFile(path, []);
        try
        {
            if (JsonNode.Parse(File.ReadAllBytes(path)) is JsonObject keys) return new ConfigurationFile(path, keys);
        }
        catch (JsonException)
        {
            // Its text may hold a password.
        }
        throw new ConfigurationException(path, [new JsonProblem("", "is no JSON object: correct or remove it")]);
    }

    /// <summary>True if it names cameras.</summary>
    public bool HasCameras => _keys["cameras"] is JsonArray { Count: > 0 };

    /// <summary>True if it names a broker.</summary>
    public bool HasBroker => _keys.ContainsKey("broker") || _keys.ContainsKey("brokers");

    /// <summary>A folder that it names; else null.</summary>
    public string? Folder(string key) => _keys[key] is JsonValue value && value.TryGetValue(out string? folder) ? folder : null;

    public void SetFolder(string key, string folder) => _keys[key] = folder;

    public void SetBroker(BrokerAddress broker)
    {
        _keys.Remove("brokers");
        _keys["broker"] = new JsonObject { ["host"] = broker.Host, ["port"] = broker.Port };
    }

    public void SetCameras(IEnumerable<(string Name, string Source)> cameras) =>
        _keys["cameras"] = new JsonArray([.. cameras.Select(camera => (JsonNode)new JsonObject { ["name"] = camera.Name, ["source"] = camera.Source })]);

    /// <summary>Writes it, mode 0640, if the agent would take it.</summary>
    /// <exception cref="ConfigurationException">It would not.</exception>
    public void Save()
    {
        var bytes = Encoding.UTF8.GetBytes(_keys.ToJsonString(Indented) + "\n");
        if (!StrictJson.TryRead<AgentConfiguration>(bytes, AgentConfiguration.MaxBytes, AgentConfiguration.Read, out _, out var problems))
            throw new ConfigurationException(_path, problems);
        DurableFile.Write(_path, bytes, Mode);
    }
}
