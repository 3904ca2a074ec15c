using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Edge.Vision.Onnx;

/// <summary>Says everything in which a JSON value is not what a type wants: keys that are unknown, missing or there twice, and
/// values of another kind. The loader stops at the first; a person who writes a manifest wants them all.</summary>
internal static class ManifestReading
{
    // As strict as the loader, but for unknown keys: they are told, and must not hide what is beside them.
    private static readonly JsonSerializerOptions Lenient = new(ModelManifest.Strict)
    {
        UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Skip, AllowDuplicateProperties = true,
    };

    public static IEnumerable<string> Problems(JsonElement value, Type type, string path)
    {
        var contract = ModelManifest.Strict.GetTypeInfo(type);
        return contract.Kind switch
        {
            JsonTypeInfoKind.Object => OfObject(value, contract, path),
            JsonTypeInfoKind.Enumerable => value.ValueKind == JsonValueKind.Array
                ? value.EnumerateArray().Index().SelectMany(item => item.Item.ValueKind == JsonValueKind.Null
                    ? [$"{path}[{item.Index}]: must not be null"]
                    : Problems(item.Item, contract.ElementType!, $"{path}[{item.Index}]"))
                : [$"{path}: must be a list"],
            JsonTypeInfoKind.Dictionary => value.ValueKind == JsonValueKind.Object
                ? value.EnumerateObject().SelectMany(item => Problems(item.Value, contract.ElementType!, $"{path}[\"{item.Name}\"]"))
                : [$"{path}: must be an object"],
            _ => OfValue(value, type, path),
        };
    }

    /// <summary>Items of lists that are null: no list of a manifest may hold one, and the serializer does not look.</summary>
    public static IEnumerable<string> NullItems(JsonElement value, string path = "") => value.ValueKind switch
    {
        JsonValueKind.Object => value.EnumerateObject().SelectMany(item => NullItems(item.Value, path.Length == 0 ? item.Name : $"{path}.{item.Name}")),
        JsonValueKind.Array => value.EnumerateArray().Index().SelectMany(item => item.Item.ValueKind == JsonValueKind.Null
            ? [$"{path}[{item.Index}]: must not be null"]
            : NullItems(item.Item, $"{path}[{item.Index}]")),
        _ => [],
    };

    /// <summary>The value as that type, or null where it cannot be.</summary>
    public static T? As<T>(JsonElement value) where T : class
    {
        try
        {
            return NullItems(value).Any() ? null : value.Deserialize<T>(Lenient);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static IEnumerable<string> OfObject(JsonElement value, JsonTypeInfo contract, string path)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            yield return $"{path}: must be an object";
            yield break;
        }
        var prefix = path.Length == 0 ? "" : $"{path}.";
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var item in value.EnumerateObject())
        {
            if (!seen.Add(item.Name)) yield return $"{prefix}{item.Name}: stands there twice";
            else if (contract.Properties.FirstOrDefault(property => property.Name == item.Name) is not { } property)
                yield return $"{prefix}{item.Name}: unknown key; known are {string.Join(", ", contract.Properties.Select(known => known.Name))}";
            else if (item.Value.ValueKind == JsonValueKind.Null && Nullable.GetUnderlyingType(property.PropertyType) is null && !property.IsSetNullable)
                yield return $"{prefix}{item.Name}: must not be null";
            else if (item.Value.ValueKind != JsonValueKind.Null)
                foreach (var problem in Problems(item.Value, Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType,
                    $"{prefix}{item.Name}"))
                    yield return problem;
        }
        foreach (var missing in contract.Properties.Where(property => property.IsRequired && !seen.Contains(property.Name)))
            yield return $"{prefix}{missing.Name}: is missing";
    }

    private static IEnumerable<string> OfValue(JsonElement value, Type type, string path)
    {
        string? problem = null;
        try
        {
            value.Deserialize(type, ModelManifest.Strict);
        }
        catch (JsonException)
        {
            problem = type.IsEnum ? $"must be one of {string.Join(", ", Enum.GetValues(type).Cast<object>().Select(Spelling))}"
                : type == typeof(string) ? "must be a text"
                : type == typeof(bool) ? "must be true or false"
                : type == typeof(byte) ? "must be a whole number from 0 to 255"
                : type == typeof(int) ? "must be a whole number"
                : "must be a number";
        }
        if (problem is not null) yield return $"{path}: {problem}";
    }

    private static string Spelling(object value) => JsonSerializer.Serialize(value, value.GetType(), ModelManifest.Strict).Trim('"');
}
