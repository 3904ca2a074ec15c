using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Edge.Storage.Audit;

/// <summary>One personal value kept beside the log, as SD-JWT does it (RFC 9901 §4.2): the text is
/// base64url(JSON <c>[salt, name, value]</c>), the log holds only its digest. Without the disclosure the digest says
/// nothing, since the salt is 128 random bits.</summary>
public sealed record Disclosure
{
    /// <summary>Longest text read, in characters.</summary>
    public const int MaxLength = 2048;

    private static readonly JsonSerializerOptions Json = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private Disclosure(string text, string name, string value) => (Text, Name, Value) = (text, name, value);

    /// <summary>base64url of the JSON array: what the digest covers.</summary>
    public string Text { get; }

    /// <summary>The entry's field that it discloses, such as <c>case</c>.</summary>
    public string Name { get; }

    /// <summary>The value. Personal: never print it.</summary>
    public string Value { get; }

    /// <summary>base64url(SHA-256(ASCII of <see cref="Text"/>)).</summary>
    public string Digest => Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(Text)));

    /// <summary>A disclosure with a fresh salt.</summary>
    /// <exception cref="ArgumentException"><paramref name="value"/> is empty or too long to disclose.</exception>
    public static Disclosure Create(string name, string value)
    {
        var salt = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16));
        var text = Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes<string[]>([salt, name, value], Json));
        return value.Length > 0 && text.Length <= MaxLength
            ? new Disclosure(text, name, value)
            : throw new ArgumentException($"the value of {name} is empty or too long", nameof(value));
    }

    /// <summary>False if this is not base64url of an array of three strings.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out Disclosure? disclosure)
    {
        disclosure = null;
        if (text.Length > MaxLength || !Base64Url.IsValid(text) || text.AsSpan().ContainsAny("= \t\r\n")) return false;
        try
        {
            var parts = JsonSerializer.Deserialize<string?[]>(Base64Url.DecodeFromChars(text));
            if (parts is not [{ Length: > 0 }, { Length: > 0 } name, { Length: > 0 } value]) return false;
            disclosure = new Disclosure(text, name, value);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    public override string ToString() => $"Disclosure({Name}, redacted)";
}

/// <summary>A field whose value the log does not hold: its digest, and while it is being written also its
/// disclosure.</summary>
/// <param name="Digest">What the entry says.</param>
/// <param name="Disclosure">What is kept beside the log; null on an entry that was read back.</param>
public sealed record ConcealedValue(string Digest, Disclosure? Disclosure = null)
{
    /// <summary>Conceals a case id.</summary>
    public static ConcealedValue Case(string id) => Of("case", id);

    /// <summary>Conceals the account of a person.</summary>
    public static ConcealedValue Person(string account) => Of("person", account);

    /// <summary>Conceals what was given as a purpose.</summary>
    public static ConcealedValue Claim(string words) => Of("claim", words);

    private static ConcealedValue Of(string name, string value)
    {
        var disclosure = Disclosure.Create(name, value);
        return new ConcealedValue(disclosure.Digest, disclosure);
    }
}
