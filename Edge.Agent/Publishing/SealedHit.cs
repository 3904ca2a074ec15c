using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using Edge.Storage.Sealing;

namespace Edge.Agent.Publishing;

/// <summary>A hit that only its agency can open: the clear header and, bound to its exact bytes, the sealed body.</summary>
public sealed class SealedHit
{
    private readonly byte[] _headerJson;
    private readonly SealedPart _part;

    private SealedHit(HitHeader header, byte[] headerJson, SealedPart part)
    {
        Header = header;
        _headerJson = headerJson;
        _part = part;
    }

    /// <summary>What anybody may read.</summary>
    public HitHeader Header { get; }

    /// <summary>The key it is sealed to: a claim until it opens.</summary>
    public string RecipientKeyId => _part.KeyId;

    /// <summary>Seals <paramref name="body"/> to <paramref name="to"/>.</summary>
    /// <remarks>Borrows <paramref name="body"/>; the caller still disposes it, which wipes it.</remarks>
    public static SealedHit Seal(RecipientPublicKey to, HitHeader header, WipedBuffer body)
    {
        var headerJson = header.ToJson();
        return new SealedHit(header, headerJson, SealedPart.Seal(to, headerJson, body.Written));
    }

    /// <summary>The data of a hit event: the header's bytes in base64url, and the sealed part.</summary>
    public byte[] ToJson() => MessageJson.Write(members =>
    {
        members.WriteString("header", System.Buffers.Text.Base64Url.EncodeToUtf8(_headerJson));
        members.WritePropertyName("sealed");
        _part.WriteTo(members);
    });

    /// <summary>Reads what <see cref="ToJson"/> writes; <paramref name="reason"/> names the part that is wrong.</summary>
    public static bool TryParse(ReadOnlySpan<byte> json, [NotNullWhen(true)] out SealedHit? hit, out string reason)
    {
        hit = null;
        reason = MessageJson.Read<Wire>(json, CloudEvent.MaxBytes, out var wire) ?? "";
        if (wire is null) return false;
        if (!HitHeader.TryParse(wire.Header, out var header, out var fault)) reason = $"header: {fault}";
        else if (!SealedPart.TryParse(JsonMarshal.GetRawUtf8Value(wire.Sealed), out var part))
            reason = "sealed is not a sealed part";
        else hit = new SealedHit(header, wire.Header, part);
        return hit is not null;
    }

    /// <summary>The JSON of the body, which the caller wipes; false if <paramref name="key"/> is not the one it was sealed
    /// to, or anything in it or its header was changed. It never says which.</summary>
    public bool TryOpen(RecipientKey key, out byte[] body) => _part.TryOpen(key, _headerJson, out body);

    /// <summary>The same hit sealed to <paramref name="to"/>, its header unchanged; null if <paramref name="from"/> does not open it.
    /// The body lives in between only, and is wiped.</summary>
    public SealedHit? Reseal(RecipientKey from, RecipientPublicKey to)
    {
        if (!TryOpen(from, out var body)) return null;
        try
        {
            return new SealedHit(Header, _headerJson, SealedPart.Seal(to, _headerJson, body));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(body);
        }
    }

    private sealed record Wire(byte[] Header, JsonElement Sealed);
}
