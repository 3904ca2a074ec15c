using System.Text;
using System.Text.Json.Nodes;
using Edge.Agent.Configuration;
using Edge.Storage.Json;
using Edge.Tests.Support;
using Edge.Vision.Onnx;
using Edge.Vision.Recognition.Regions;

namespace Edge.Tests.Configuration;

/// <summary>The published schema and the reader are two descriptions of one format.</summary>
public sealed class ConfigurationSchemaTests
{
    private static readonly JsonSchema Schema = new(Document("docs/configuration.schema.json"));

    // Every key but two pairs of which one excludes the other; the second document has the others.
    private static readonly string[] Documents =
    [
        """
        {
          "stateFolder": "/a", "modelFolder": "/b", "enrolmentFolder": "/c", "trustFolder": "/d", "runFolder": "/e", "broker": { "host": "broker.example", "port": 8884 },
          "cameras": [{ "name": "a", "source": "/dev/video0", "region": { "x": 0, "y": 0, "width": 0.05, "height": 0.05 }, "motionGate": true, "minimumPlateHeight": 12 }],
          "gate": { "detector": 0.5, "maximumWrongReadRate": 0.02, "frames": 3 },
          "rules": { "regions": ["DE"], "patterns": ["@@ ##"] }, "outboxMegabytes": 64,
          "console": { "address": "10.0.0.1", "tlsPort": 8444, "publicPolicy": true, "names": ["box-1.local"] }, "metricsPort": 9464,
          "gpio": {
            "tamper": { "chip": "soc", "line": "GPIO17", "activeLow": true, "pull": "up", "debounceMilliseconds": 100, "destroyKeys": true },
            "trigger": { "chip": "soc", "line": "GPIO18", "activeLow": true, "pull": "up", "debounceMilliseconds": 20 },
            "light": { "chip": "soc", "line": "GPIO19", "activeLow": false },
            "illuminator": { "chip": "soc", "line": "GPIO20", "activeLow": false, "schedule": { "from": "18:30", "to": "06:00" } }
          }
        }
        """,
        """
        { "brokers": [{ "host": "a.example", "port": 1 }], "cameras": [{ "name": "a", "source": "/dev/video0" }], "gate": { "evidence": 0.5 },
          "gpio": { "illuminator": { "chip": "soc", "offset": 4, "brightness": { "below": 40, "above": 90 } }, "light": { "chip": "soc", "offset": 5 } } }
        """,
    ];

    private static JsonObject Document(string name) => JsonNode.Parse(File.ReadAllBytes(Path.Combine(Repository.Root, name)))!.AsObject();

    private static bool Parses(JsonNode document, out IReadOnlyList<JsonProblem> problems) => StrictJson.TryRead<AgentConfiguration>(
        Encoding.UTF8.GetBytes(document.ToJsonString()), AgentConfiguration.MaxBytes, AgentConfiguration.Read, out _, out problems);

    [Fact]
    public void Whatever_is_changed_in_a_configuration_the_schema_refuses_nothing_that_the_reader_takes_and_no_less_but_for_what_it_names()
    {
        // What no schema can say; its description names each.
        string[] beyond = ["stands beside", "must not pass 1", "needs a region", "is no file, folder or device", "is no address", "is not supported",
            "host name",
            "stands here twice", "character ", "one address of this machine", "must allow a text", "two cameras are named", "at least 10 more"];
        var probes = JsonChanges.Probes(Schema.Root,
            ["", " ", "/", "/x y", "/x\ny", "/x\u0085", "x/y", "A", "a-", "-a", "a-b", "é", "10.0.0.1", "::1", "a b", "RO", "XX", "@ #",
            "/dev/video1", "rtsp://c.example/s", "ftp://c.example/s", "/" + new string('a', 4095), "/" + new string('a', 4096)]);
        var disagreements = new List<string>();
        var (taken, refused) = (0, 0);
        foreach (var document in Documents)
            foreach (var (what, changed) in JsonChanges.Of(JsonNode.Parse(document)!.AsObject(), probes))
            {
                var parses = Parses(changed, out var problems);
                if (parses) taken++; else refused++;
                if (Schema.Accepts(changed) == parses) continue;
                if (parses) disagreements.Add($"{what}: only the schema refuses it");
                else if (!problems.All(problem => beyond.Any(known => problem.Reason.Contains(known, StringComparison.Ordinal))))
                    disagreements.Add($"{what}: only the reader refuses it: {problems[0]}");
            }
        Assert.Empty(disagreements);
        Assert.True(taken > 100 && refused > 2000, $"{taken} taken, {refused} refused: too few to mean anything");
    }

    [Fact]
    public void The_documents_of_this_test_name_every_key_of_the_schema()
    {
        var named = Documents.SelectMany(document => Keys(JsonNode.Parse(document))).ToHashSet();
        Assert.Equal(SchemaKeys(Schema.Root).Order(StringComparer.Ordinal), named.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_defaults_of_the_schema_are_those_of_the_reader()
    {
        Assert.True(StrictJson.TryRead<AgentConfiguration>(
            """{"broker":{"host":"a"},"cameras":[{"name":"a","source":"/dev/video0"}]}"""u8.ToArray(), AgentConfiguration.MaxBytes, AgentConfiguration.Read,
            out var silent, out _));
        var camera = silent.Cameras[0].Pipeline;
        var read = new Dictionary<string, object>
        {
            ["stateFolder"] = silent.StateFolder, ["enrolmentFolder"] = silent.EnrolmentFolder, ["trustFolder"] = silent.TrustFolder,
            ["runFolder"] = silent.RunFolder, ["outboxMegabytes"] = silent.OutboxMegabytes,
            ["port"] = silent.Broker.Port, ["motionGate"] = camera.MotionGate, ["minimumPlateHeight"] = camera.MinimumPlateHeight,
            ["x"] = camera.Region.X, ["y"] = camera.Region.Y, ["width"] = camera.Region.Width, ["height"] = camera.Region.Height,
            ["tlsPort"] = Edge.Agent.LanConsole.ConsoleConfiguration.DefaultPort, ["publicPolicy"] = false, ["detector"] = (decimal)silent.Gate.Detector,
            ["maximumWrongReadRate"] = silent.Gate.MaximumWrongReadRate, ["frames"] = silent.Gate.Frames,
        };
        var stated = Defaults(Schema.Root).ToDictionary();
        Assert.Equal(read.Keys.Order(StringComparer.Ordinal), stated.Keys.Order(StringComparer.Ordinal));
        Assert.All(read, key => Assert.Equal(FormattableString.Invariant($"{key.Value}").ToLowerInvariant(), stated[key.Key].ToString()));
    }

    [Fact]
    public void The_regions_of_the_schema_are_those_that_are_built_in() => Assert.Equal(RegionPatterns.Regions,
        Schema.Root["properties"]!["rules"]!["properties"]!["regions"]!["items"]!["enum"]!.AsArray().Select(region => region!.GetValue<string>()));

    [Fact]
    public void The_page_for_people_has_a_row_for_every_key()
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "configuration.md"));
        string[] inRowsOfOthers = ["x", "y", "width", "height", "host", "port", "cameras", "gate", "rules", "broker", "line", "offset", "chip", "activeLow",
            "from", "to", "below", "above", "gpio"];
        Assert.All(SchemaKeys(Schema.Root).Except(inRowsOfOthers),
            key => Assert.Contains(page.Split('\n'), line => line.StartsWith('|') && line.Split('|')[1].Contains(key, StringComparison.Ordinal)));
    }

    [Fact]
    public void The_page_says_what_the_shipped_models_can_promise() =>
        Assert.Contains(FormattableString.Invariant($"can promise {ModelManifest.Load(Repository.Models).Recogniser.Calibration!.LeastWrong} and more"),
            File.ReadAllText(Path.Combine(Repository.Root, "docs", "configuration.md")), StringComparison.Ordinal);

    [Fact]
    public void The_example_that_is_installed_is_one() =>
        Assert.True(Schema.Accepts(Document("package/edge.json")) && Parses(Document("package/edge.json"), out _));

    private static IEnumerable<string> Keys(JsonNode? node) => node switch
    {
        JsonObject whole => whole.SelectMany(part => Keys(part.Value).Prepend(part.Key)),
        JsonArray array => array.SelectMany(Keys),
        _ => [],
    };

    private static IEnumerable<string> SchemaKeys(JsonNode? node) => Properties(node).Select(property => property.Key).Distinct();

    private static IEnumerable<(string Key, JsonNode Value)> Defaults(JsonNode? node) => Properties(node)
        .Where(property => property.Value!.AsObject().ContainsKey("default")).Select(property => (property.Key, property.Value!["default"]!));

    private static IEnumerable<KeyValuePair<string, JsonNode?>> Properties(JsonNode? node) => node switch
    {
        JsonObject whole => whole.SelectMany(part => part.Key == "properties" ? part.Value!.AsObject().SelectMany(key => Properties(key.Value).Prepend(key))
            : Properties(part.Value)),
        JsonArray array => array.SelectMany(Properties),
        _ => [],
    };
}
