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
        typeof(Office).GetProperties().Select(property => property.Name == nameof(Office.Name) ? "office" : JsonNamingPolicy.CamelCase.ConvertName(property.Name))
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
        foreach (var (what, changed) in Changes(example))
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

    /// <summary>Every place of the document removed, doubled, and replaced by values at and past every bound of the schema.</summary>
    private static IEnumerable<(string What, JsonNode Changed)> Changes(JsonObject document)
    {
        var probes = Probes();
        foreach (var path in Paths(document, []).ToList())
        {
            foreach (var probe in probes)
                yield return ($"{string.Join('.', path)} = {Cut(probe.ToJsonString())}", Change(document, path, (parent, key) => Set(parent, key, probe.DeepClone())));
            yield return ($"{string.Join('.', path)} = null", Change(document, path, (parent, key) => Set(parent, key, null)));
            yield return ($"without {string.Join('.', path)}", Change(document, path, Remove));
            yield return ($"{string.Join('.', path)} twice", Change(document, path, (parent, key) =>
            {
                if (parent is JsonArray array) array.Add(array[(int)key]!.DeepClone());
            }));
            yield return ($"an unknown key beside {string.Join('.', path)}", Change(document, path, (parent, _) =>
            {
                if (parent is JsonObject whole) whole["plate"] = 1;
            }));
        }
    }

    private static List<JsonNode> Probes()
    {
        var bounds = Bounds(Schema.Root).Distinct().ToList();
        List<string> texts =
        [
            "", " ", "-", "a ", " a", "a\u200Bb", "a\nb", "a\n", "A", "a-b", "a.b", "§ 1", "1", "River Ton", "311", "31", "+1 (555) 010-0100", "(555) 1", "555-", "a@b.example",
            "a@b", "a b@c.example", "https://a.example", "http://a.example", "https://a.example/x?y=1#z", "https://a.example/<", "javascript:x",
            "2027-01-31T00:00:00Z", "2027-01-31T00:00:00.5Z", "2027-01-31", "2027-13-01T00:00:00Z", "2027-01-31T24:00:00Z",
            .. Schema.Root["properties"]!["roles"]!["properties"]!.AsObject().SelectMany(role => role.Value!["items"]!["enum"]!.AsArray()).Select(verb => verb!.GetValue<string>()).Distinct(),
            "local", "federal", "exact", "folded", "Export",
            .. bounds.Where(bound => bound is > 1 and < 1000).SelectMany(bound => new[] { bound, bound + 1 }).Select(length => new string('a', length)),
        ];
        List<string> json =
        [
            "true", "1.5", "\"1\"", "{}", "[]", "[1]", "[{}]", .. bounds.SelectMany(bound => new[] { bound - 1L, bound, bound + 1L }).Select(number => $"{number}"),
            .. bounds.Where(bound => bound is >= 1 and < 100).SelectMany(bound => new[] { bound, bound + 1 }).SelectMany(count => new[]
            {
                JsonSerializer.Serialize(Enumerable.Range(0, count).Select(Letters)),
                JsonSerializer.Serialize(Enumerable.Range(0, count).Select(i => new { name = Letters(i), basis = "b" })),
            }),
        ];
        return [.. texts.Distinct().Select(text => (JsonNode)text), .. json.Distinct().Select(text => JsonNode.Parse(text)!)];
    }

    private static string Letters(int i) => $"x{(char)('a' + i / 26)}{(char)('a' + i % 26)}";

    private static IEnumerable<int> Bounds(JsonNode? node) => node switch
    {
        JsonObject whole => whole.SelectMany(part => part.Key is "minimum" or "maximum" or "minItems" or "maxItems" or "maxLength"
            ? [part.Value!.GetValue<int>()] : Bounds(part.Value)),
        JsonArray array => array.SelectMany(Bounds),
        _ => [],
    };

    private static IEnumerable<object[]> Paths(JsonNode? node, object[] at)
    {
        if (at.Length > 0) yield return at;
        var below = node switch
        {
            JsonObject whole => whole.SelectMany(part => Paths(part.Value, [.. at, part.Key])),
            JsonArray array => array.Index().SelectMany(part => Paths(part.Item, [.. at, part.Index])),
            _ => [],
        };
        foreach (var path in below) yield return path;
    }

    private static JsonNode Change(JsonNode document, object[] path, Action<JsonNode, object> change)
    {
        var copy = document.DeepClone();
        change(path[..^1].Aggregate(copy, (at, step) => step is int i ? at[i]! : at[(string)step]!), path[^1]);
        return copy;
    }

    private static void Set(JsonNode parent, object key, JsonNode? value)
    {
        if (key is int i) parent[i] = value;
        else parent[(string)key] = value;
    }

    private static void Remove(JsonNode parent, object key)
    {
        if (key is int i) parent.AsArray().RemoveAt(i);
        else parent.AsObject().Remove((string)key);
    }

    private static IEnumerable<string> Keys(JsonNode node) => node.AsObject().Select(key => key.Key).Order(StringComparer.Ordinal);

    private static string Cut(string text) => text.Length <= 60 ? text : $"{text[..60]}… ({text.Length})";
}
