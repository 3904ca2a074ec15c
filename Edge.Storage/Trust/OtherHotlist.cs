using System.Security.Cryptography;
using Edge.Storage.Files;
using Edge.Storage.Keys;

namespace Edge.Storage.Trust;

/// <summary>A hotlist that one agency signed for another one's boxes, as two files of a folder to hand over:
/// <c>hotlists-{agency}.json</c> and <c>hotlists/{agency}.json</c>. Its claim names the agency whose boxes it is for, so the
/// list that an agency gives to its own boxes, or to a third one's, is refused there.</summary>
/// <param name="Agency">Whose list it is.</param>
public sealed record OtherHotlist(string Agency, int Version, DateTimeOffset Expires, ReadOnlyMemory<byte> Metadata, ReadOnlyMemory<byte> List)
{
    /// <summary>Signs <paramref name="list"/> of <paramref name="agency"/> for the boxes of <paramref name="audience"/>, one
    /// version above what lies in <paramref name="folder"/>.</summary>
    /// <exception cref="TrustException">It is larger than boxes accept.</exception>
    public static void Write(string folder, string agency, string audience, SigningKey key, byte[] list, DateTimeOffset now,
        TrustLifetimes? lifetimes = null)
    {
        var (name, path) = (TrustPath.HotlistMetadata(agency), TrustPath.Hotlist(agency));
        if (list.Length > TrustPath.MaxOtherHotlist)
            throw new TrustException(path, $"is {list.Length} bytes; another agency's boxes accept at most {TrustPath.MaxOtherHotlist}");
        var version = (TrustRepositoryWriter.Read(folder, name, TargetsMetadata.ReadDelegated)?.Version ?? 0) + 1;
        var claim = new TargetClaim(list.Length, Convert.ToHexStringLower(SHA256.HashData(list)), audience, []);
        var signed = new TargetsMetadata(version, now + (lifetimes ?? TrustLifetimes.Default).Hotlists,
            new Dictionary<string, TargetClaim> { [path] = claim }, null);
        Directory.CreateDirectory(Path.Combine(folder, "hotlists"));
        DurableFile.Write(Path.Combine(folder, path), list);
        DurableFile.Write(Path.Combine(folder, name), SignedFile.Sign(signed.Write(), [key]));
    }

    /// <summary>Reads what <see cref="Write"/> wrote and verifies it as a box of <paramref name="audience"/> will.</summary>
    /// <param name="keys">Who may sign it, as <c>targets.json</c> delegates.</param>
    /// <exception cref="TrustException">A file is missing, or a box would refuse it.</exception>
    internal static OtherHotlist Read(TrustFetch fetch, string agency, string audience, RoleKeys keys, DateTimeOffset now)
    {
        var (name, path) = (TrustPath.HotlistMetadata(agency), TrustPath.Hotlist(agency));
        var file = SignedFile<TargetsMetadata>.Parse(name, Need(name, TrustPath.MaxBytes(name)), TargetsMetadata.ReadDelegated);
        file.RequireSignedBy(keys);
        file.RequireFresh(now);
        if (!file.Metadata.Targets.TryGetValue(path, out var claim)) throw new TrustException(path, $"{name} does not name it");
        if (claim.Agency != audience) throw new TrustException(path, $"is for boxes of {claim.Agency}; this is {audience}");
        var list = Need(path, TrustPath.MaxOtherHotlist);
        if (list.Length != claim.Length || Convert.ToHexStringLower(SHA256.HashData(list)) != claim.Sha256)
            throw new TrustException(path, $"is not the list that {name} names");
        return new OtherHotlist(agency, file.Metadata.Version, file.Metadata.Expires, file.Bytes, list);

        byte[] Need(string file, int maxBytes) => fetch(file, maxBytes) is not { } bytes ? throw new TrustException(file, "missing")
            : bytes.Length > maxBytes ? throw new TrustException(file, $"is larger than {maxBytes} bytes") : bytes;
    }
}
