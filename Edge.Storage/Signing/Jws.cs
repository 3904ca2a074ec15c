using System.Buffers.Text;
using System.Text;
using Edge.Storage.Json;
using Edge.Storage.Keys;

namespace Edge.Storage.Signing;

/// <summary>JWS compact serialization (RFC 7515) with EdDSA over Ed25519 (RFC 8037): every message on the broker.</summary>
public static class Jws
{
    /// <summary>Largest message accepted, in bytes, before anything is parsed.</summary>
    public const int MaxBytes = 256 * 1024;

    /// <summary>Signs <paramref name="payload"/>; the header names the algorithm, the key and the content type.</summary>
    /// <param name="key">The signer's key.</param>
    /// <param name="payload">1 byte or more.</param>
    /// <param name="contentType">A media type, as in <c>application/cloudevents+json</c>.</param>
    /// <exception cref="ArgumentException">Empty, no media type, or longer than a receiver accepts.</exception>
    public static byte[] Sign(SigningKey key, ReadOnlySpan<byte> payload, string contentType)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (payload.IsEmpty) throw new ArgumentException("a message has a payload", nameof(payload));
        var header = new JwsHeader(key.Public.KeyId, contentType).ToJson();
        var signed = Encoding.ASCII.GetBytes($"{Base64Url.EncodeToString(header)}.{Base64Url.EncodeToString(payload)}");
        var signature = Base64Url.EncodeToUtf8(key.Sign(signed));
        byte[] jws = [.. signed, (byte)'.', .. signature];
        return jws.Length <= MaxBytes
            ? jws
            : throw new ArgumentException($"the message has {jws.Length} bytes, a receiver accepts {MaxBytes}", nameof(payload));
    }

    /// <summary>Reads the key id that a message claims, to choose the key to verify with; nothing is trusted yet.</summary>
    /// <returns>False if this is not a compact JWS with alg EdDSA and a kid.</returns>
    public static bool TryReadKeyId(ReadOnlySpan<byte> jws, out string keyId)
    {
        keyId = "";
        if (!TrySplit(jws, out var header, out _, out _, out _)) return false;
        keyId = header.KeyId;
        return true;
    }

    /// <summary>The payload, if and only if <paramref name="key"/> signed it and the header says so.</summary>
    public static bool TryVerify(ReadOnlySpan<byte> jws, VerifyingKey key, out byte[] payload) =>
        TryVerify(jws, key, contentType: null, out payload);

    /// <summary>The same, and the signed header says that the payload is of <paramref name="contentType"/>: where one
    /// key signs several kinds of content, none passes for another.</summary>
    public static bool TryVerify(ReadOnlySpan<byte> jws, VerifyingKey key, string? contentType, out byte[] payload)
    {
        ArgumentNullException.ThrowIfNull(key);
        payload = [];
        if (!TrySplit(jws, out var header, out var signed, out var body, out var signature)) return false;
        if (header.KeyId != key.KeyId) return false;
        if (contentType is not null && header.ContentType != contentType) return false;
        if (!key.Verify(signed, Base64Url.DecodeFromUtf8(signature))) return false;
        payload = Base64Url.DecodeFromUtf8(body);
        return true;
    }

    private static bool TrySplit(ReadOnlySpan<byte> jws, out JwsHeader header, out ReadOnlySpan<byte> signed,
        out ReadOnlySpan<byte> payload, out ReadOnlySpan<byte> signature)
    {
        header = default;
        signed = payload = signature = default;
        if (jws.Length > MaxBytes) return false;
        var first = jws.IndexOf((byte)'.');
        var last = jws.LastIndexOf((byte)'.');
        if (first <= 0 || last <= first + 1) return false;
        signed = jws[..last];
        payload = jws[(first + 1)..last];
        signature = jws[(last + 1)..];
        return StrictBase64Url.TryDecode(jws[..first], out var json) && JwsHeader.TryParse(json, out header)
            && StrictBase64Url.IsValid(payload) && StrictBase64Url.IsValid(signature);
    }
}
