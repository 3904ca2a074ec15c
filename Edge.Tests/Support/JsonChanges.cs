using System.Text.Json;
using System.Text.Json.Nodes;

namespace Edge.Tests.Support;

/// <summary>A document with one thing changed, in every place and every way: what a schema and a parser must agree about.</summary>
internal static class JsonChanges
{
    /// <summary>Every place of the document removed, doubled, and replaced by each probe.</summary>
    public static IEnumerable<(string What, JsonNode Changed)> Of(JsonObject document, IReadOnlyList<JsonNode> probes)
    {
        foreach (var path in Paths(document, []).ToList())
        {
            foreach (var probe in probes)
                yield return ($"{string.Join('.', path)} = {Cut(probe.ToJsonString())}",
                    Change(document, path, (parent, key) => Set(parent, key, probe.DeepClone())));
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

    /// <summary>The texts, and values of every kind at and past every bound of the schema.</summary>
    public static IReadOnlyList<JsonNode> Probes(JsonObject schema, IEnumerable<string> texts)
    {
        var bounds = Bounds(schema).Distinct().ToList();
        List<string> json =
        [
            "true", "1.5", "\"1\"", "{}", "[]", "[1]", "[{}]",
            .. bounds.SelectMany(bound => new[] { bound - 1, bound, bound + 1 })
                .Select(number => number.ToString(System.Globalization.CultureInfo.InvariantCulture)),
            .. bounds.Where(bound => bound is >= 1 and < 100 && decimal.IsInteger(bound)).SelectMany(bound => new[] { (int)bound, (int)bound + 1 })
                .SelectMany(count => new[]
            {
                JsonSerializer.Serialize(Enumerable.Range(0, count).Select(Letters)),
                JsonSerializer.Serialize(Enumerable.Range(0, count).Select(i => new { name = Letters(i), basis = "b" })),
            }),
        ];
        var lengths = bounds.Where(bound => bound is > 1 and < 5000 && decimal.IsInteger(bound)).SelectMany(bound => new[] { (int)bound, (int)bound + 1 })
            .Select(length => new string('a', length));
        return [.. texts.Concat(lengths).Distinct().Select(text => (JsonNode)text), .. json.Distinct().Select(text => JsonNode.Parse(text)!)];
    }

    private static string Letters(int i) => $"x{(char)('a' + i / 26)}{(char)('a' + i % 26)}";

    private static IEnumerable<decimal> Bounds(JsonNode? node) => node switch
    {
        JsonObject whole => whole.SelectMany(part => part.Key is "minimum" or "maximum" or "minItems" or "maxItems" or "maxLength"
            ? [decimal.Parse(part.Value!.ToJsonString(), System.Globalization.CultureInfo.InvariantCulture)] : Bounds(part.Value)),
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

    private static string Cut(string text) => text.Length <= 60 ? text : $"{text[..60]}… ({text.Length})";
}
