using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using Edge.Storage.Json;

namespace Edge.Storage.Sealing;

/// <summary>What a sealed part is. HPKE's <c>info</c> names it, so that a part sealed for one use opens for no other.</summary>
public enum SealedUse
{
    /// <summary>The body of a hit, to its agency.</summary>
    Hit,
    /// <summary>The body of an order, to the box.</summary>
    Order,
    /// <summary>A person's words about a hit, to the agency: the box keeps only their digest.</summary>
    Note,
    /// <summary>What an audit log conceals, to an auditor.</summary>
    Disclosures,
    /// <summary>What a person's one-time codes at a console are made from, to the box.</summary>
    CodeSecret,
}

/// <summary>
/// A body that only one recipient can open, bound to a clear header. As JSON, exactly
/// <c>{"suite":…,"kid":…,"enc":…,"ct":…}</c>: these members, this order, no whitespace, base64url without padding.
/// The byte format is in this folder's README.
/// </summary>
public sealed class SealedPart
{
    /// <summary>Largest body that can be sealed, in bytes: with base64url twice, a message of one stays under the
    /// limit of a signed message.</summary>
    public const int MaxBody = 96 * 1024;

    /// <summary>Largest JSON text accepted, in bytes, before anything is parsed.</summary>
    public const int MaxJson = (MaxBody + Hpke.TagSize) * 4 / 3 + 256;

    private const int KeyIdLength = 43; // a SHA-256 as base64url

    private readonly byte[] _encapsulated;
    private readonly byte[] _ciphertext;

    private SealedPart(string keyId, byte[] encapsulated, byte[] ciphertext)
    {
        KeyId = keyId;
        _encapsulated = encapsulated;
        _ciphertext = ciphertext;
    }

    /// <summary>Key id of the recipient, 43 base64url characters: a claim that <see cref="TryOpen"/> checks.</summary>
    public string KeyId { get; }

    /// <summary>Seals <paramref name="body"/> to <paramref name="to"/>; afterwards nobody else can open it, the
    /// caller included.</summary>
    /// <param name="to">The agency's key.</param>
    /// <param name="header">The exact bytes of the clear header; opening needs the same bytes.</param>
    /// <param name="body">At most <see cref="MaxBody"/> bytes; the caller wipes it.</param>
    /// <param name="use">What it is; it opens as nothing else.</param>
    /// <exception cref="ArgumentException">The body is too long.</exception>
    public static SealedPart Seal(RecipientPublicKey to, ReadOnlySpan<byte> header, ReadOnlySpan<byte> body, SealedUse use = SealedUse.Hit)
    {
        ArgumentNullException.ThrowIfNull(to);
        if (body.Length > MaxBody)
            throw new ArgumentException($"a sealed body has at most {MaxBody} bytes, not {body.Length}", nameof(body));
        var ciphertext = Hpke.Seal(to, Purpose(use, to.KeyId), header, body, out var encapsulated);
        return new SealedPart(to.KeyId, encapsulated, ciphertext);
    }

    /// <summary>The body, if it was sealed to <paramref name="key"/> with exactly this header. False = forged,
    /// damaged, another key or header; it never says which.</summary>
    public bool TryOpen(RecipientKey key, ReadOnlySpan<byte> header, out byte[] body, SealedUse use = SealedUse.Hit)
    {
        ArgumentNullException.ThrowIfNull(key);
        body = [];
        if (KeyId != key.Public.KeyId) return false;
        if (!Hpke.TryOpen(key, _encapsulated, Purpose(use, KeyId), header, _ciphertext, out var opened)) return false;
        body = opened;
        return true;
    }

    /// <summary>The JSON text, UTF-8.</summary>
    public byte[] ToJson() => Encoding.ASCII.GetBytes(
        $$"""{"suite":"{{Hpke.Suite}}","kid":"{{KeyId}}","enc":"{{Base64Url.EncodeToString(_encapsulated)}}","ct":"{{Base64Url.EncodeToString(_ciphertext)}}"}""");

    /// <summary>Writes the JSON object as the value at the writer's position.</summary>
    public void WriteTo(Utf8JsonWriter json)
    {
        ArgumentNullException.ThrowIfNull(json);
        json.WriteRawValue(ToJson(), skipInputValidation: true);
    }

    /// <summary>Reads the one spelling that <see cref="ToJson"/> writes; anything else is refused.</summary>
    public static bool TryParse(ReadOnlySpan<byte> json, [NotNullWhen(true)] out SealedPart? part)
    {
        part = null;
        if (json.Length > MaxJson) return false;
        if (!TryMember(ref json, '{', "suite"u8, out var suite) ||
            !TryMember(ref json, ',', "kid"u8, out var kid) ||
            !TryMember(ref json, ',', "enc"u8, out var enc) ||
            !TryMember(ref json, ',', "ct"u8, out var ct) ||
            !json.SequenceEqual("}"u8)) return false;
        if (!suite.SequenceEqual(Encoding.ASCII.GetBytes(Hpke.Suite))) return false;
        if (kid.Length != KeyIdLength || !StrictBase64Url.IsValid(kid)) return false;
        if (!StrictBase64Url.TryDecode(enc, out var encapsulated) || encapsulated.Length != Hpke.EncapsulatedSize) return false;
        if (!StrictBase64Url.TryDecode(ct, out var ciphertext) || ciphertext.Length < Hpke.TagSize ||
            ciphertext.Length > MaxBody + Hpke.TagSize) return false;
        part = new SealedPart(Encoding.ASCII.GetString(kid), encapsulated, ciphertext);
        return true;
    }

    public override string ToString() => $"SealedPart({KeyId})";

    private static byte[] Purpose(SealedUse use, string keyId) => Encoding.ASCII.GetBytes($"edge/v1/{Word(use)}\0{keyId}");

    private static string Word(SealedUse use) => use switch
    {
        SealedUse.Hit => "hit",
        SealedUse.Order => "order",
        SealedUse.Note => "note",
        SealedUse.Disclosures => "disclosures",
        SealedUse.CodeSecret => "code-secret",
        _ => throw new ArgumentOutOfRangeException(nameof(use)),
    };

    // One member, as in ,"kid":"…": a value holds no escapes, so the next quote ends it.
    private static bool TryMember(ref ReadOnlySpan<byte> json, char lead, ReadOnlySpan<byte> name,
        out ReadOnlySpan<byte> value)
    {
        value = default;
        ReadOnlySpan<byte> opening = [(byte)lead, (byte)'"', .. name, (byte)'"', (byte)':', (byte)'"'];
        if (!json.StartsWith(opening)) return false;
        var rest = json[opening.Length..];
        var end = rest.IndexOf((byte)'"');
        if (end < 0) return false;
        value = rest[..end];
        json = rest[(end + 1)..];
        return true;
    }
}
