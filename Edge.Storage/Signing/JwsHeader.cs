using System.Text;
using System.Text.Json;

namespace Edge.Storage.Signing;

/// <summary>
/// The protected header of a message: <c>alg</c> EdDSA, <c>kid</c>, <c>cty</c>, and <c>typ</c> where a signer's library
/// adds one; each once, in any order, without escapes. Anything else is refused, so <c>crit</c>, <c>jwk</c> and
/// <c>b64</c> never come to be interpreted.
/// </summary>
/// <param name="KeyId">1 to 128 of A–Z, a–z, 0–9, '-' and '_'.</param>
/// <param name="ContentType">1 to 64 characters of a media type (RFC 6838 §4.2), or null.</param>
internal readonly record struct JwsHeader(string KeyId, string? ContentType)
{
    /// <exception cref="ArgumentException">A field could not be read back.</exception>
    public byte[] ToJson()
    {
        if (!IsKeyId(KeyId)) throw new ArgumentException("this is no key id");
        if (ContentType is null || !IsMediaType(ContentType))
            throw new ArgumentException("this is no media type");
        return Encoding.ASCII.GetBytes($$"""{"alg":"EdDSA","kid":"{{KeyId}}","cty":"{{ContentType}}"}""");
    }

    public static bool TryParse(ReadOnlySpan<byte> json, out JwsHeader header)
    {
        header = default;
        string? algorithm = null, keyId = null, contentType = null, type = null;
        try
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 1 });
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return false;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                ref var member = ref algorithm;
                if (reader.ValueTextEquals("kid"u8)) member = ref keyId;
                else if (reader.ValueTextEquals("cty"u8)) member = ref contentType;
                else if (reader.ValueTextEquals("typ"u8)) member = ref type;
                else if (!reader.ValueTextEquals("alg"u8)) return false;
                if (reader.ValueIsEscaped || member is not null) return false;

                if (!reader.Read() || reader.TokenType != JsonTokenType.String || reader.ValueIsEscaped) return false;
                member = Encoding.UTF8.GetString(reader.ValueSpan);
            }
            if (reader.TokenType != JsonTokenType.EndObject || reader.Read()) return false;
        }
        catch (JsonException)
        {
            return false;
        }
        if (algorithm != "EdDSA" || keyId is null || !IsKeyId(keyId)) return false;
        if (contentType is not null && !IsMediaType(contentType)) return false;
        header = new JwsHeader(keyId, contentType);
        return true;
    }

    private static bool IsKeyId(string text) => text.Length is >= 1 and <= 128 &&
        text.All(static character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_');

    private static bool IsMediaType(string text) => text.Length is >= 1 and <= 64 &&
        text.All(static character => char.IsAsciiLetterOrDigit(character) || character is '/' or '.' or '+' or '-' or '_');
}
