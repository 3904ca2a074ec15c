using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Edge.Storage.Json;

namespace Edge.Storage.Trust;

/// <summary>What one metadata file says of another: its version, length and SHA-256. TUF lets length and hashes be
/// absent; here they never are, so a mixed set of files is refused at the first one.</summary>
public sealed record FileClaim(int Version, int Length, string Sha256)
{
    internal static FileClaim Of(int version, ReadOnlyMemory<byte> bytes) =>
        new(version, bytes.Length, Convert.ToHexStringLower(SHA256.HashData(bytes.Span)));

    internal static FileClaim Read(string path, JsonFields file) =>
        new(file.Whole("version", 1, int.MaxValue), ReadLength(path, file), ReadHash(file));

    internal static int ReadLength(string path, JsonFields file) => file.Whole("length", 1, TrustPath.MaxBytes(path));

    internal static string ReadHash(JsonFields file) =>
        file.Child("hashes", hashes => Convert.ToHexStringLower(hashes.Hex("sha256", 32)));

    internal JsonObject Write() => new()
    {
        ["version"] = Version,
        ["length"] = Length,
        ["hashes"] = new JsonObject { ["sha256"] = Sha256 },
    };
}
