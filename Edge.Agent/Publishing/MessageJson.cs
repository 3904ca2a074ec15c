using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Unicode;
using Edge.Agent.Governance;
using Edge.Agent.Matching;
using Edge.Storage.Audit;
using Edge.Storage.Json;
using Edge.Vision.Capture;

namespace Edge.Agent.Publishing;

/// <summary>JSON as this project's messages spell it: every member known and present, none twice, names in lower camel
/// case, times in RFC 3339 UTC with exactly three decimals, bytes in base64url without padding.</summary>
internal static class MessageJson
{
    private static readonly JsonSerializerOptions Spelling = new(JsonSerializerOptions.Strict)
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        MaxDepth = 8,
        Converters =
        {
            new TimeConverter(), new BytesConverter(),
            new WordConverter<CameraState>(), new WordConverter<ClockState>(), new WordConverter<MatchForm>(),
            new WordConverter<Presence>(), new WordConverter<Jurisdiction>(),
        },
    };

    /// <summary>Reads <paramref name="json"/> into the constructor parameters of <typeparamref name="T"/>.</summary>
    /// <returns>Null, or why this is not such an object; the reason names members and never values.</returns>
    public static string? Read<T>(ReadOnlySpan<byte> json, int maxBytes, out T? value) where T : class
    {
        value = null;
        if (json.Length > maxBytes) return $"longer than {maxBytes} bytes";
        // JsonSerializer replaces broken UTF-8 in strings; one spelling means refusing it.
        if (!Utf8.IsValid(json)) return "not UTF-8";
        try
        {
            value = JsonSerializer.Deserialize<T>(json, Spelling);
            return value is null ? "null is not an object" : null;
        }
        catch (JsonException refused)
        {
            return refused.Path is null or "$" ? "not an object with exactly the members of this format"
                : $"member {Printable(refused.Path)} is not what this format allows";
        }
    }

    /// <summary>Writes the constructor properties of <paramref name="value"/>, in their order.</summary>
    public static byte[] Write<T>(T value) where T : class => JsonSerializer.SerializeToUtf8Bytes(value, Spelling);

    /// <summary>Writes one object; <paramref name="members"/> writes between the braces.</summary>
    public static byte[] Write(Action<Utf8JsonWriter> members)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }
        return bytes.WrittenSpan.ToArray();
    }

    /// <summary>The one spelling of a time; finer than a millisecond is cut off.</summary>
    public static string Time(DateTimeOffset time) =>
        JsonTime.WriteMilliseconds(time);

    private static string Printable(string path) =>
        new([.. path.Take(80).Select(character => character is > ' ' and <= '~' ? character : '?')]);

    private sealed class TimeConverter : JsonConverter<DateTimeOffset>
    {
        public override DateTimeOffset Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.String && JsonTime.TryParseMilliseconds(reader.GetString(), out var time)
                ? time : throw new JsonException();

        public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
            writer.WriteStringValue(Time(value));
    }

    private sealed class BytesConverter : JsonConverter<byte[]>
    {
        public override byte[] Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options)
        {
            if (reader.TokenType != JsonTokenType.String) throw new JsonException();
            // Escaped, it is spelled in another way; whoever reads from a stream would have a sequence.
            var text = reader.HasValueSequence || reader.ValueIsEscaped ? Encoding.UTF8.GetBytes(reader.GetString()!) : reader.ValueSpan;
            return StrictBase64Url.TryDecode(text, out var bytes) ? bytes : throw new JsonException();
        }

        public override void Write(Utf8JsonWriter writer, byte[] value, JsonSerializerOptions options) =>
            writer.WriteStringValue(Base64Url.EncodeToString(value));
    }

    // An enum member as its name in lower case; the built-in converter also takes other cases and numbers.
    private sealed class WordConverter<T> : JsonConverter<T> where T : struct, Enum
    {
        public override T Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options)
        {
            if (reader.TokenType != JsonTokenType.String) throw new JsonException();
            var word = reader.GetString();
            foreach (var value in Enum.GetValues<T>())
                if (Word(value) == word) return value;
            throw new JsonException();
        }

        public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
            writer.WriteStringValue(Word(value));

        [SuppressMessage("Globalization", "CA1308", Justification = "the format's words are lower case")]
        private static string Word(T value) => value.ToString().ToLowerInvariant();
    }
}
