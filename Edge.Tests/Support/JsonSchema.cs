using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Edge.Tests.Support;

/// <summary>The words of JSON Schema 2020-12 that our schemas use. Any other word throws: a schema must not seem to forbid
/// what nobody looked at.</summary>
internal sealed class JsonSchema(JsonObject root)
{
    public JsonObject Root { get; } = root;

    public bool Accepts(JsonNode? value) => Accepts(Root, value);

    /// <summary>The same for one of its definitions.</summary>
    public bool Accepts(string definition, JsonNode? value) => Accepts(Root["$defs"]![definition]!.AsObject(), value);

    private bool Accepts(JsonObject schema, JsonNode? value) => schema.All(word => Holds(schema, word.Key, word.Value!, value));

    private bool Holds(JsonObject schema, string word, JsonNode rule, JsonNode? value) => word switch
    {
        "$schema" or "title" or "description" or "default" or "$defs" => true,
        "$ref" => Accepts(Resolve(rule.GetValue<string>()), value),
        "type" => IsOf(rule.GetValue<string>(), value),
        "enum" => rule.AsArray().Any(choice => JsonNode.DeepEquals(choice, value)),
        "anyOf" => rule.AsArray().Any(choice => Accepts(choice!.AsObject(), value)),
        "minimum" => value?.GetValueKind() != JsonValueKind.Number || Number(value) >= Number(rule),
        "maximum" => value?.GetValueKind() != JsonValueKind.Number || Number(value) <= Number(rule),
        "minLength" => value?.GetValueKind() != JsonValueKind.String || value.GetValue<string>().Length >= Number(rule),
        "maxLength" => value?.GetValueKind() != JsonValueKind.String || value.GetValue<string>().Length <= Number(rule),
        // .NET's $ also stands before a last line feed; the schema's does not.
        "pattern" => value?.GetValueKind() != JsonValueKind.String
            || Regex.IsMatch(value.GetValue<string>(), Regex.Replace(rule.GetValue<string>(), @"\$$", @"\z"), RegexOptions.CultureInvariant),
        "minItems" => value is not JsonArray least || least.Count >= Number(rule),
        "maxItems" => value is not JsonArray most || most.Count <= Number(rule),
        "uniqueItems" => value is not JsonArray all || !all.Index().Any(item => all.Take(item.Index).Any(before => JsonNode.DeepEquals(before, item.Item))),
        "items" => value is not JsonArray items || items.All(item => Accepts(rule.AsObject(), item)),
        "required" => value is not JsonObject whole || rule.AsArray().All(key => whole.ContainsKey(key!.GetValue<string>())),
        "properties" => value is not JsonObject parts || parts.All(part => rule[part.Key] is not JsonObject known || Accepts(known, part.Value)),
        "additionalProperties" => value is not JsonObject given || given.All(part => schema["properties"]!.AsObject().ContainsKey(part.Key)),
        _ => throw new NotSupportedException($"the schema uses {word}, which this reader does not know"),
    };

    private JsonObject Resolve(string reference) => reference.Split('/').Skip(1)
        .Aggregate((JsonNode)Root, (at, step) => at[step]!).AsObject();

    private static bool IsOf(string type, JsonNode? value) => (type, value?.GetValueKind()) switch
    {
        ("object", JsonValueKind.Object) or ("array", JsonValueKind.Array) or ("string", JsonValueKind.String) => true,
        ("integer", JsonValueKind.Number) => decimal.IsInteger(Number(value!)),
        ("number", JsonValueKind.Number) or ("boolean", JsonValueKind.True or JsonValueKind.False) => true,
        ("null", null) => true, // a JSON null is no node
        _ => false,
    };

    private static decimal Number(JsonNode value) => decimal.Parse(value.ToJsonString(), System.Globalization.NumberStyles.Float,
        System.Globalization.CultureInfo.InvariantCulture);
}
