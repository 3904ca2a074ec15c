using System.Text.Json;
using System.Text.Json.Nodes;
using Edge.Storage.Json;
using Edge.Storage.Keys;

namespace Edge.Storage.Trust;

/// <summary>What every metadata file states about itself.</summary>
public interface ITrustMetadata
{
    /// <summary>1, 2, 3 …; never reused.</summary>
    int Version { get; }

    /// <summary>After this the file is refused.</summary>
    DateTimeOffset Expires { get; }
}

/// <summary>A metadata file (TUF 1.0 §4.2): <c>{"signatures":[{"keyid","sig"}…],"signed":{…}}</c>, its bytes always
/// canonical JSON as a whole.</summary>
/// <remarks>Stricter than TUF in two ways, so that a file has one spelling and no byte of it can change unnoticed: other
/// spellings of the same JSON are refused, and so is any signature that does not verify, even beyond the threshold.</remarks>
public sealed class SignedFile<T> where T : class, ITrustMetadata
{
    private readonly byte[] _signedBytes;
    private readonly IReadOnlyList<(string KeyId, byte[] Value)> _signatures;

    private SignedFile(string name, ReadOnlyMemory<byte> bytes, T signed, byte[] signedBytes,
        IReadOnlyList<(string, byte[])> signatures)
    {
        Name = name;
        Bytes = bytes;
        Metadata = signed;
        _signedBytes = signedBytes;
        _signatures = signatures;
    }

    /// <summary>The repository path, for messages.</summary>
    public string Name { get; }

    /// <summary>The exact bytes.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>What is signed. Trusted only after <see cref="RequireSignedBy"/>.</summary>
    public T Metadata { get; }

    /// <summary>Reads a file; verifies nothing yet.</summary>
    /// <exception cref="TrustException">Too large, not canonical, or not metadata of this kind.</exception>
    internal static SignedFile<T> Parse(string name, ReadOnlyMemory<byte> bytes, Func<JsonFields, T> readMetadata)
    {
        if (!StrictJson.TryRead(bytes, TrustPath.MaxBytes(name), file => new Envelope(
                file.Objects("signatures", 1, 64, signature => (signature.Text("keyid", 64), signature.Hex("sig", 64))),
                file.Child("signed", readMetadata)), out var envelope, out var problems))
            throw new TrustException(name, string.Join("; ", problems.Take(8)));
        var signedBytes = RequireCanonical(name, bytes);
        return new SignedFile<T>(name, bytes, envelope.Metadata, signedBytes, envelope.Signatures);
    }

    /// <summary>Returns only if each of <paramref name="roles"/> reaches its threshold, and nobody else signed.</summary>
    /// <exception cref="TrustException">A threshold is not met, or a signature is repeated, foreign or invalid.</exception>
    internal void RequireSignedBy(params IReadOnlyList<RoleKeys> roles)
    {
        var signers = roles.SelectMany(RequireThreshold).ToHashSet(StringComparer.Ordinal);
        if (signers.Count != _signatures.Count)
            throw new TrustException(Name, "carries a signature that is repeated, invalid or by a key not of this role", TrustFault.Signature);
    }

    /// <summary>Returns the key ids of <paramref name="role"/> that signed, if they reach its threshold. Other signatures
    /// are not looked at: a root that was the next one once still carries those of the root before it.</summary>
    /// <exception cref="TrustException">The threshold is not met.</exception>
    internal IReadOnlySet<string> RequireThreshold(RoleKeys role)
    {
        var signers = _signatures.Where(signature => role.Keys.TryGetValue(signature.KeyId, out var key)
            && key.Verify(_signedBytes, signature.Value)).Select(signature => signature.KeyId).ToHashSet(StringComparer.Ordinal);
        if (signers.Count < role.Threshold)
            throw new TrustException(Name, $"signature threshold not met ({signers.Count} valid of {role.Threshold} needed)", TrustFault.Signature);
        return signers;
    }

    /// <exception cref="TrustException">It has expired at <paramref name="now"/>.</exception>
    internal void RequireFresh(DateTimeOffset now)
    {
        if (Metadata.Expires <= now) throw new TrustException(Name, $"expired at {JsonTime.Write(Metadata.Expires)}", TrustFault.Expired);
    }

    private static byte[] RequireCanonical(string name, ReadOnlyMemory<byte> bytes)
    {
        try
        {
            using var json = JsonDocument.Parse(bytes);
            if (CanonicalJson.Write(json.RootElement).AsSpan().SequenceEqual(bytes.Span))
                return CanonicalJson.Write(json.RootElement.GetProperty("signed"));
        }
        catch (FormatException)
        {
        }
        throw new TrustException(name, "is not in canonical form: its bytes were changed after signing", TrustFault.Signature);
    }

    private sealed record Envelope(IReadOnlyList<(string, byte[])> Signatures, T Metadata);
}

/// <summary>Writes what <see cref="SignedFile{T}"/> reads.</summary>
internal static class SignedFile
{
    private const string SpecVersion = "1.0.31";

    /// <summary>The first members of every <c>signed</c> object.</summary>
    public static JsonObject Header(string type, ITrustMetadata metadata) => new()
    {
        ["_type"] = type,
        ["spec_version"] = SpecVersion,
        ["version"] = metadata.Version,
        ["expires"] = JsonTime.Write(metadata.Expires),
    };

    /// <summary>Reads them.</summary>
    public static (int Version, DateTimeOffset Expires) ReadHeader(JsonFields signed, string type)
    {
        signed.Text("_type", text => text == type, $"must be {type}");
        signed.Text("spec_version", text => text.StartsWith("1.0.", StringComparison.Ordinal)
            && int.TryParse(text.AsSpan(4), out _), "must be 1.0.x");
        return (signed.Whole("version", 1, int.MaxValue), signed.Instant("expires"));
    }

    /// <summary>The bytes of the file that holds <paramref name="signed"/>, signed by each of <paramref name="keys"/>.</summary>
    public static byte[] Sign(JsonObject signed, IEnumerable<SigningKey> keys)
    {
        var bytes = CanonicalJson.Write(signed);
        var signatures = keys.Select(key => (Id: RoleKeys.KeyIdOf(key.Public), Value: key.Sign(bytes)))
            .DistinctBy(signature => signature.Id).OrderBy(signature => signature.Id, StringComparer.Ordinal)
            .Select(signature => (JsonNode)new JsonObject
            {
                ["keyid"] = signature.Id,
                ["sig"] = Convert.ToHexStringLower(signature.Value),
            });
        return CanonicalJson.Write(new JsonObject { ["signatures"] = new JsonArray([.. signatures]), ["signed"] = signed });
    }
}
