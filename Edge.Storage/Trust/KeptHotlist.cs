using System.Security.Cryptography;

namespace Edge.Storage.Trust;

/// <summary>A hotlist that stays in use until it expires, because the one that follows it lacks its proof.</summary>
/// <param name="List">The exact bytes of <c>hotlists/{agency}.json</c>.</param>
/// <param name="Metadata">The exact bytes of the <c>hotlists-{agency}.json</c> that named it.</param>
/// <param name="SignedUntil">When that ends.</param>
public sealed record KeptHotlist(ReadOnlyMemory<byte> List, ReadOnlyMemory<byte> Metadata, DateTimeOffset SignedUntil)
{
    /// <summary>Reads it back from the disk, and verifies what can be without knowing who may sign.</summary>
    /// <exception cref="TrustException">The two do not belong together.</exception>
    internal static KeptHotlist Read(string agency, string audience, ReadOnlyMemory<byte> list, ReadOnlyMemory<byte> metadata)
    {
        var file = SignedFile<TargetsMetadata>.Parse(TrustPath.HotlistMetadata(agency), metadata, TargetsMetadata.ReadDelegated);
        if (!Names(file.Metadata, agency, audience, list)) throw new TrustException(TrustPath.Hotlist(agency),
            "kept, is not the list that its metadata names", TrustFault.Signature);
        return new KeptHotlist(list, metadata, file.Metadata.Expires);
    }

    internal bool IsSignedBy(RoleKeys keys, string agency, string audience)
    {
        var file = SignedFile<TargetsMetadata>.Parse(TrustPath.HotlistMetadata(agency), Metadata, TargetsMetadata.ReadDelegated);
        return file.IsSignedBy(keys) && Names(file.Metadata, agency, audience, List);
    }

    private static bool Names(TargetsMetadata metadata, string agency, string audience, ReadOnlyMemory<byte> list) =>
        metadata.Targets.TryGetValue(TrustPath.Hotlist(agency), out var claim) && claim.Agency == audience && claim.Length == list.Length
        && claim.Sha256 == Convert.ToHexStringLower(SHA256.HashData(list.Span));
}
