using System.Buffers.Text;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Edge.Storage.Json;

/// <summary>The fields of one JSON object while <see cref="StrictJson"/> reads it. Each method asks for one key; a
/// value that is absent or wrong becomes a problem and a harmless stand-in is returned. A key with an
/// <c>otherwise</c> may be absent, never null.</summary>
public sealed class JsonFields
{
    private readonly string _path;
    private readonly List<JsonProblem> _problems;
    private readonly Dictionary<string, JsonElement> _values = new(StringComparer.Ordinal);
    private readonly HashSet<string> _asked = new(StringComparer.Ordinal);

    private JsonFields(JsonElement element, string path, List<JsonProblem> problems)
    {
        _path = path;
        _problems = problems;
        foreach (var property in element.EnumerateObject())
        {
            if (!TryName(property, out var name)) Report("a key is not valid text");
            else if (!_values.TryAdd(name, property.Value)) Fail(name, "stands here twice");
        }
    }

    /// <summary>True if the key is present, whatever its value.</summary>
    public bool Has(string key) => Ask(key) && _values.ContainsKey(key);

    /// <summary>Adds a problem about <paramref name="key"/>, for rules that span several fields.</summary>
    public void Fail(string key, string reason) => _problems.Add(new JsonProblem(At(key), reason));

    /// <summary>Text of 1 to <paramref name="maxLength"/> UTF-16 units without control characters.</summary>
    public string Text(string key, int maxLength, string? otherwise = null) =>
        Value(key, otherwise ?? "", otherwise is null, $"must be text of 1 to {maxLength} characters",
            value => ReadText(value, maxLength));

    /// <summary>Text that <paramref name="isValid"/> accepts.</summary>
    /// <param name="mustBe">What the problem says, for example "must be a host name".</param>
    public string Text(string key, Func<string, bool> isValid, string mustBe, string? otherwise = null) =>
        Value(key, otherwise ?? "", otherwise is null, mustBe,
            value => ReadText(value, int.MaxValue) is { } text && isValid(text) ? text : null);

    /// <summary>One of the spellings in <paramref name="choices"/>.</summary>
    public T Choice<T>(string key, IReadOnlyDictionary<string, T> choices, T? otherwise = null) where T : struct =>
        Value(key, otherwise ?? default, otherwise is null, $"must be one of {string.Join(", ", choices.Keys)}",
            value => ReadText(value, 64) is { } text && choices.TryGetValue(text, out var choice) ? choice : (T?)null);

    /// <summary>A whole number, written without fraction or exponent.</summary>
    public int Whole(string key, int min, int max, int? otherwise = null) =>
        Value(key, otherwise ?? min, otherwise is null, $"must be a whole number from {min} to {max}",
            value => value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number)
                && number >= min && number <= max ? number : (int?)null);

    /// <summary>A whole number of 64 bits.</summary>
    public long Long(string key, long min, long max) =>
        Value(key, min, true, $"must be a whole number from {min} to {max}",
            value => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number)
                && number >= min && number <= max ? number : (long?)null);

    /// <summary>A number, fractions allowed.</summary>
    public double Number(string key, double min, double max, double? otherwise = null) =>
        Value(key, otherwise ?? min, otherwise is null,
            string.Create(CultureInfo.InvariantCulture, $"must be a number from {min} to {max}"),
            value => value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number)
                && number >= min && number <= max ? number : (double?)null);

    /// <summary>true or false.</summary>
    public bool Flag(string key, bool? otherwise = null) =>
        Value(key, otherwise ?? false, otherwise is null, "must be true or false", value => value.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => (bool?)null,
        });

    /// <summary>An instant in the one spelling <c>2026-01-31T23:59:59Z</c>: RFC 3339, UTC, whole seconds.</summary>
    public DateTimeOffset Instant(string key) =>
        Value(key, DateTimeOffset.MinValue, true, "must be a time such as 2026-01-31T23:59:59Z",
            value => ReadText(value, 20) is { } text && JsonTime.TryParse(text, out var time) ? time : (DateTimeOffset?)null);

    /// <summary>Exactly <paramref name="length"/> bytes as base64url without padding (RFC 4648 §5).</summary>
    public byte[] Bytes(string key, int length) =>
        Value(key, new byte[length], true, $"must be {length} bytes as base64url", value =>
            ReadText(value, length * 2 + 4) is { } text && Base64Url.IsValid(text)
            && Base64Url.DecodeFromChars(text) is var bytes && bytes.Length == length
            && Base64Url.EncodeToString(bytes) == text ? bytes : null);

    /// <summary>Bytes as base64url without padding, as many as there are; decoded from the document as it stands, since as
    /// text a large file would take three times its size.</summary>
    public byte[] Bytes(string key) => Value(key, [], true, "must be base64url", value =>
        value.ValueKind == JsonValueKind.String && JsonMarshal.GetRawUtf8Value(value)[1..^1] is var raw
        && Base64Url.IsValid(raw) ? Base64Url.DecodeFromUtf8(raw) : null);

    /// <summary>Exactly <paramref name="length"/> bytes as lower-case hexadecimal.</summary>
    public byte[] Hex(string key, int length) =>
        Value(key, new byte[length], true, $"must be {length} bytes as lower-case hexadecimal", value =>
            ReadText(value, length * 2) is { } text && text.Length == length * 2
            && text.All(char.IsAsciiHexDigitLower) ? Convert.FromHexString(text) : null);

    /// <summary>An object of its own. A missing one is a problem.</summary>
    public T Child<T>(string key, Func<JsonFields, T> read)
    {
        if (!TryValue(key, required: true, out var value)) value = Empty;
        return ReadObject(value, At(key), _values.ContainsKey(key) ? _problems : [], read);
    }

    /// <summary>An object whose fields all have defaults: a missing one reads as <c>{}</c>.</summary>
    public T Section<T>(string key, Func<JsonFields, T> read) =>
        ReadObject(TryValue(key, required: false, out var value) ? value : Empty, At(key), _problems, read);

    /// <summary>A list of objects.</summary>
    public IReadOnlyList<T> Objects<T>(string key, int minCount, int maxCount, Func<JsonFields, T> read) =>
        [.. Elements(key, minCount, maxCount).Select((element, i) => ReadObject(element, $"{At(key)}[{i}]", _problems, read))];

    /// <summary>A list of texts that <paramref name="isValid"/> accepts, without repeats. May be absent if
    /// <paramref name="minCount"/> is 0.</summary>
    public IReadOnlyList<string> Texts(string key, int minCount, int maxCount, Func<string, bool> isValid, string mustBe)
    {
        if (minCount == 0 && !Has(key)) return [];
        var texts = new List<string>();
        foreach (var (i, element) in Elements(key, minCount, maxCount).Index())
        {
            var text = ReadText(element, int.MaxValue);
            if (text is null || !isValid(text)) Fail($"{key}[{i}]", mustBe);
            else if (texts.Contains(text, StringComparer.Ordinal)) Fail($"{key}[{i}]", "stands here twice");
            else texts.Add(text);
        }
        return texts;
    }

    /// <summary>An object whose keys are names, each with an object as value.</summary>
    public IReadOnlyDictionary<string, T> Map<T>(string key, int minCount, int maxCount, Func<string, JsonFields, T> read)
    {
        var map = new Dictionary<string, T>(StringComparer.Ordinal);
        if (!TryValue(key, required: true, out var value)) return map;
        ReadObject(value, At(key), _problems, fields =>
        {
            if (fields._values.Count < minCount || fields._values.Count > maxCount)
                fields.Report($"must have {minCount} to {maxCount} keys");
            else
                foreach (var name in fields._values.Keys)
                    map.Add(name, fields.Child(name, entry => read(name, entry)));
            fields._asked.UnionWith(fields._values.Keys);
            return map;
        });
        return map;
    }

    /// <summary>The raw elements of a list, for <see cref="StrictJson.TryRead{T}(JsonElement, string,
    /// Func{JsonFields, T}, out T, out IReadOnlyList{JsonProblem})"/>. Valid only while the document is read.</summary>
    public IReadOnlyList<JsonElement> Elements(string key, int minCount, int maxCount) =>
        Value(key, [], true, $"must be a list of {minCount} to {maxCount} entries",
            value => value.ValueKind == JsonValueKind.Array && value.GetArrayLength() >= minCount
                && value.GetArrayLength() <= maxCount ? value.EnumerateArray().ToList() : null);

    internal static T ReadObject<T>(JsonElement element, string path, List<JsonProblem> problems, Func<JsonFields, T> read)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            problems.Add(new JsonProblem(path, "must be an object"));
            return read(new JsonFields(Empty, path, []));
        }
        var fields = new JsonFields(element, path, problems);
        var value = read(fields);
        fields.ReportUnknown();
        return value;
    }

    private static JsonElement Empty { get; } = JsonElement.Parse("{}");

    private void ReportUnknown()
    {
        foreach (var key in _values.Keys.Where(key => !_asked.Contains(key)))
        {
            var meant = NearestKey.To(key, _asked.Where(known => !_values.ContainsKey(known)));
            Fail(key, meant is null ? "unknown key; remove it" : $"unknown key; did you mean {meant}?");
        }
    }

    private T Value<T>(string key, T standIn, bool required, string mustBe, Func<JsonElement, T?> read) where T : struct
    {
        if (!TryValue(key, required, out var value)) return standIn;
        if (read(value) is { } found) return found;
        Fail(key, mustBe);
        return standIn;
    }

    private T Value<T>(string key, T standIn, bool required, string mustBe, Func<JsonElement, T?> read) where T : class
    {
        if (!TryValue(key, required, out var value)) return standIn;
        if (read(value) is { } found) return found;
        Fail(key, mustBe);
        return standIn;
    }

    private bool TryValue(string key, bool required, out JsonElement value)
    {
        Ask(key);
        if (_values.TryGetValue(key, out value)) return true;
        if (required) Fail(key, "missing");
        return false;
    }

    private bool Ask(string key)
    {
        _asked.Add(key);
        return true;
    }

    private void Report(string reason) => _problems.Add(new JsonProblem(_path, reason));

    private string At(string key)
    {
        // A key from outside goes into a message: cut it, and quote what a path could be confused by.
        var shown = key.Length <= 64 ? key : key[..64] + "…";
        var plain = shown.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '[' or ']');
        if (!plain) shown = $"[\"{new string([.. shown.Select(c => char.IsControl(c) ? '?' : c)])}\"]";
        return _path.Length == 0 || !plain ? _path + shown : $"{_path}.{shown}";
    }

    // As char.IsControl says, without asking for each character.
    private static bool HasControl(ReadOnlySpan<char> text) =>
        text.ContainsAnyInRange('\0', '\u001F') || text.ContainsAnyInRange('\u007F', '\u009F');

    private static string? ReadText(JsonElement value, int maxLength)
    {
        if (value.ValueKind != JsonValueKind.String) return null;
        try
        {
            var text = value.GetString()!;
            return text.Length > 0 && text.Length <= maxLength && !HasControl(text) ? text : null;
        }
        catch (InvalidOperationException) // an escaped lone surrogate
        {
            return null;
        }
    }

    private static bool TryName(JsonProperty property, out string name)
    {
        name = "";
        try
        {
            name = property.Name;
            return true;
        }
        catch (InvalidOperationException) // an escaped lone surrogate
        {
            return false;
        }
    }
}
