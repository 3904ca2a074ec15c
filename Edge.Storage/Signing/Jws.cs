using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using Edge.Storage.Keys;

namespace Edge.Storage.Signing;

/// <summary>JWS compact serialization (RFC 7515) with EdDSA over Ed25519 (RFC 8037): every message on the broker.</summary>
public static class Jws
{
    /// <summary>Largest message accepted, in bytes, before anything is parsed.</summary>
    public const int MaxBytes = 256 * 1024;

    /// <summary>Signs <paramref name="payload"/>; the header names the algorithm, the key and the content type.</summary>
    public static byte[] Sign(SigningKey key, ReadOnlySpan<byte> payload, string contentType)
    {
        var header = $$"""{"alg":"EdDSA","kid":"{{key.Public.KeyId}}","cty":"{{contentType}}"}""";
        var signed = $"{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(header))}.{Base64Url.EncodeToString(payload)}";
        var signature = key.Sign(Encoding.ASCII.GetBytes(signed));
        return Encoding.ASCII.GetBytes($"{signed}.{Base64Url.EncodeToString(signature)}");
    }

    /// <summary>Reads the key id that a message claims, to choose the key to verify with; nothing is trusted yet.</summary>
    /// <returns>False if this is not a compact JWS with alg EdDSA and a kid.</returns>
    public static bool TryReadKeyId(ReadOnlySpan<byte> jws, out string keyId)
    {
        keyId = "";
        return TrySplit(jws, out var header, out _, out _) && TryReadHeader(header, out keyId);
    }

    /// <summary>The payload, if and only if <paramref name="key"/> signed it and the header says so.</summary>
    public static bool TryVerify(ReadOnlySpan<byte> jws, VerifyingKey key, out byte[] payload)
    {
        payload = [];
        if (!TrySplit(jws, out var header, out var body, out var signature)) return false;
        if (!TryReadHeader(header, out var keyId) || keyId != key.KeyId) return false;
        if (!key.Verify(jws[..(header.Length + 1 + body.Length)], Decode(signature))) return false;
        payload = Decode(body);
        return true;
    }

    private static bool TrySplit(ReadOnlySpan<byte> jws, out ReadOnlySpan<byte> header, out ReadOnlySpan<byte> body,
        out ReadOnlySpan<byte> signature)
    {
        header = body = signature = default;
        if (jws.Length > MaxBytes) return false;
        var first = jws.IndexOf((byte)'.');
        var last = jws.LastIndexOf((byte)'.');
        if (first <= 0 || last <= first + 1) return false;
        header = jws[..first];
        body = jws[(first + 1)..last];
        signature = jws[(last + 1)..];
        return IsCanonical(header) && IsCanonical(body) && IsCanonical(signature);
    }

    // One spelling each (law 8): the decoder tolerates padding, whitespace and stray trailing bits; the format does not.
    private static bool IsCanonical(ReadOnlySpan<byte> part) =>
        Base64Url.IsValid(part) && part.SequenceEqual(Base64Url.EncodeToUtf8(Decode(part)));

    private static byte[] Decode(ReadOnlySpan<byte> part) => Base64Url.DecodeFromUtf8(part);

    private static bool TryReadHeader(ReadOnlySpan<byte> header, out string keyId)
    {
        keyId = "";
        try
        {
            using var json = JsonDocument.Parse(Decode(header), new JsonDocumentOptions { MaxDepth = 2 });
            var root = json.RootElement;
            if (root.ValueKind != JsonValueKind.Object || root.TryGetProperty("crit", out _)) return false;
            if (!root.TryGetProperty("alg", out var alg) || alg.ValueKind != JsonValueKind.String ||
                alg.GetString() != "EdDSA") return false;
            if (!root.TryGetProperty("kid", out var kid) || kid.ValueKind != JsonValueKind.String) return false;
            keyId = kid.GetString()!;
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
