using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Edge.Agent.Governance;
using Edge.Storage.Audit;
using Edge.Storage.Keys;
using Edge.Tests.Support;

namespace Edge.Tests.Governance;

/// <summary>The published schema and the parser are two descriptions of one format: what one takes, the other takes.</summary>
public sealed class PolicySchemaTests
{
    private static readonly JsonSchema Schema = new(Document("policy.schema.json"));

    private static JsonObject Document(string name) =>
        JsonNode.Parse(File.ReadAllBytes(Path.Combine(Repository.Root, "docs", name)))!.AsObject();

    private static bool Parses(JsonNode policy) => Policy.TryParse(Encoding.UTF8.GetBytes(policy.ToJsonString()), out _, out _);

    private static JsonObject Written(string json)
    {
        Assert.True(Policy.TryParse(Encoding.UTF8.GetBytes(json), out var policy, out var problems), string.Join("; ", problems));
        return JsonNode.Parse(policy.Write())!.AsObject();
    }

    [Fact]
    public void The_example_is_a_policy_and_names_every_key()
    {
        var example = Document("policy.example.json");
        Assert.True(Schema.Accepts(example));
        Assert.True(JsonNode.DeepEquals(example, Written(example.ToJsonString())), "what is written is not what was read");
        Assert.Equal(Keys(Schema.Root["properties"]!), Keys(example));
    }

    [Fact]
    public void The_schema_has_the_keys_of_the_parser() => Assert.Equal(
        typeof(Policy).GetProperties().Where(property => property.SetMethod is not null)
            .Select(property => JsonNamingPolicy.CamelCase.ConvertName(property.Name)).Order(StringComparer.Ordinal),
        Keys(Schema.Root["properties"]!));

    [Fact]
    public void The_schema_has_the_keys_of_an_office() => Assert.Equal(
        typeof(Office).GetProperties().Select(property => property.Name == nameof(Office.Name) ? "office"
            : JsonNamingPolicy.CamelCase.ConvertName(property.Name))
            .Order(StringComparer.Ordinal), Keys(Schema.Root["$defs"]!["office"]!["properties"]!));

    [Fact]
    public void The_schema_has_the_defaults_of_the_parser()
    {
        var silent = Written("""{"agency":"a","version":1,"purposes":[{"name":"a","basis":"b"}]}""");
        var defaults = Schema.Root["properties"]!.AsObject().Where(key => key.Value!.AsObject().ContainsKey("default")).ToList();
        Assert.All(defaults, key => 
            Assert.True(JsonNode.DeepEquals(key.Value!["default"], silent[key.Key]), $"{key.Key} is {silent[key.Key]?.ToJsonString()}"));
        Assert.Equal(Keys(silent).Except(["agency", "version", "purposes"]), defaults.Select(key => key.Key).Order(StringComparer.Ordinal));
        Assert.Equal(Policy.DefaultNotifyHours, Schema.Root["$defs"]!["deadline"]!["default"]!.GetValue<int>());
    }

    [Fact]
    public void Whatever_is_changed_in_a_policy_the_schema_and_the_parser_agree()
    {
        var example = Document("policy.example.json");
        example["hitRetentionHours"] = 1; // so that no hold is shorter than it: the one rule between two numbers
        // None is needed and as many as there may be are named, so that no change asks for more than there are: the other rule between two.
        example["witnesses"] = new JsonObject
        {
            ["keys"] = new JsonArray([.. Enumerable.Range(0, Witnesses.Most).Select(i => (JsonNode)WitnessKey((byte)i))]), ["needed"] = 0,
        };
        var disagreements = new List<string>();
        var (taken, refused) = (0, 0);
        foreach (var (what, changed) in JsonChanges.Of(example, Probes()))
        {
            var parses = Parses(changed);
            if (parses) taken++; else refused++;
            if (Schema.Accepts(changed) != parses) disagreements.Add($"{what}: the parser {(parses ? "takes" : "refuses")} it");
        }
        Assert.Empty(disagreements);
        Assert.True(taken > 200 && refused > 2000, $"{taken} taken, {refused} refused: too few to mean anything");
    }

    [Fact]
    public void The_page_for_people_has_a_row_for_every_key()
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "policy.md"));
        Assert.All(Keys(Schema.Root["properties"]!), key => Assert.Contains($"| `{key}`", page, StringComparison.Ordinal));
    }

    private static string WitnessKey(byte seed)
    {
        using var key = SigningKey.FromSeed([.. Enumerable.Repeat(seed, 32)]);
        return new NoteKey("w", key.Public, NoteKeyType.Cosignature).ToString();
    }

    private static IReadOnlyList<JsonNode> Probes() => JsonChanges.Probes(Schema.Root,
    [
        "", " ", "-", "a ", " a", "a\u200Bb", "a\nb", "a\n", "A", "a-b", "a.b", "§ 1", "1", "River Ton", "311", "31", "+1 (555) 010-0100", "(555) 1", "555-",
        "a@b.example",
        "a@b", "a b@c.example", "https://a.example", "http://a.example", "https://a.example/x?y=1#z", "https://a.example/<", "javascript:x",
        "2027-01-31T00:00:00Z", "2027-01-31T00:00:00.5Z", "2027-01-31", "2027-13-01T00:00:00Z", "2027-01-31T24:00:00Z",
        .. Schema.Root["properties"]!["roles"]!["properties"]!.AsObject().SelectMany(role => role.Value!["items"]!["enum"]!.AsArray())
            .Select(verb => verb!.GetValue<string>()).Distinct(),
        "local", "federal", "exact", "folded", "Export",
    ]);

    private static IEnumerable<string> Keys(JsonNode node) => node.AsObject().Select(key => key.Key).Order(StringComparer.Ordinal);
}
