using System.Security.Cryptography;

namespace Edge.Storage.Trust;

/// <summary>The client workflow of TUF 1.0 §5.4 to §5.7 below one root: timestamp, snapshot, targets, the agency's
/// hotlist role, then the files themselves. Each step trusts only what the step before it named.</summary>
/// <param name="now">Expiry is judged at this instant; null when a set accepted earlier is verified again.</param>
internal sealed class TrustWalk(SignedFile<RootMetadata> root, TrustFetch fetch, TrustFloors floors, string agency,
    string box, DateTimeOffset? now)
{
    private readonly Dictionary<string, ReadOnlyMemory<byte>> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _versions = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DateTimeOffset> _expiries = new(StringComparer.Ordinal);

    /// <summary>§5.4: the newest timestamp, not older than any seen.</summary>
    /// <param name="newer">Told of it if it is newer than any seen, once that is durable.</param>
    public TimestampMetadata Timestamp(Action<TimestampMetadata>? newer = null)
    {
        var bytes = Fetch(TrustPath.Timestamp, TrustPath.MaxBytes(TrustPath.Timestamp));
        var file = SignedFile<TimestampMetadata>.Parse(TrustPath.Timestamp, bytes, TimestampMetadata.Read);
        file.RequireSignedBy(root.Metadata.Timestamp);
        var claim = FileClaim.Of(file.Metadata.Version, bytes);
        floors.Require(TrustPath.Timestamp, claim);
        floors.Require(TrustPath.Snapshot, file.Metadata.Snapshot);
        Accept(file);
        var isNew = floors.IsNew(TrustPath.Timestamp, claim);
        floors.Raise(TrustPath.Timestamp, claim);
        floors.Raise(TrustPath.Snapshot, file.Metadata.Snapshot);
        floors.Save();
        if (isNew) newer?.Invoke(file.Metadata);
        return file.Metadata;
    }

    /// <summary>§5.5 to §5.7, from the snapshot that <paramref name="timestamp"/> names down to the target files.</summary>
    public TrustedTargets Below(TimestampMetadata timestamp)
    {
        var snapshot = Snapshot(timestamp);
        var targets = Claimed(TrustPath.Targets, snapshot, TrustPath.Targets, root.Metadata.Targets, TargetsMetadata.ReadTopLevel);
        var role = TrustPath.HotlistRole(agency);
        if (!targets.Delegations!.TryGetValue(role, out var keys))
            throw new TrustException(TrustPath.Targets, $"delegates no role {role}");
        var hotlists = Claimed(TrustPath.HotlistMetadata(agency), snapshot, TrustPath.Targets, keys, TargetsMetadata.ReadDelegated);
        Accept(root);
        _files[TrustPath.Root] = root.Bytes;
        return new TrustedTargets
        {
            Agency = agency,
            Policy = Target(TrustPath.Policy, targets, TrustPath.Targets),
            Operators = Target(TrustPath.Operators, targets, TrustPath.Targets),
            Recipients = Target(TrustPath.Recipients, targets, TrustPath.Targets),
            Hotlist = Target(TrustPath.Hotlist(agency), hotlists, TrustPath.HotlistMetadata(agency)),
            Versions = _versions,
            Expiries = _expiries,
            Files = _files,
        };
    }

    private SnapshotMetadata Snapshot(TimestampMetadata timestamp)
    {
        var bytes = FetchClaimed(TrustPath.Snapshot, timestamp.Snapshot.Length, timestamp.Snapshot.Sha256, TrustPath.Timestamp);
        var file = SignedFile<SnapshotMetadata>.Parse(TrustPath.Snapshot, bytes, SnapshotMetadata.Read);
        file.RequireSignedBy(root.Metadata.Snapshot);
        RequireVersion(file, timestamp.Snapshot.Version, TrustPath.Timestamp);
        foreach (var known in floors.Names.Where(name => name is not (TrustPath.Timestamp or TrustPath.Snapshot)))
            if (!file.Metadata.Files.ContainsKey(known))
                throw new TrustException(TrustPath.Snapshot, $"rollback: no longer names {known}", TrustFault.Rollback);
        foreach (var (name, claim) in file.Metadata.Files) floors.Require(name, claim);
        Accept(file);
        foreach (var (name, claim) in file.Metadata.Files) floors.Raise(name, claim);
        floors.Save();
        return file.Metadata;
    }

    private TargetsMetadata Claimed(string name, SnapshotMetadata snapshot, string delegator, RoleKeys keys,
        Func<Json.JsonFields, TargetsMetadata> read)
    {
        if (!snapshot.Files.TryGetValue(name, out var claim))
            throw new TrustException(name, $"{delegator} delegates to it, but {TrustPath.Snapshot} does not name it");
        var bytes = FetchClaimed(name, claim.Length, claim.Sha256, TrustPath.Snapshot);
        var file = SignedFile<TargetsMetadata>.Parse(name, bytes, read);
        file.RequireSignedBy(keys);
        RequireVersion(file, claim.Version, TrustPath.Snapshot);
        Accept(file);
        return file.Metadata;
    }

    private ReadOnlyMemory<byte> Target(string path, TargetsMetadata metadata, string metadataName)
    {
        if (!metadata.Targets.TryGetValue(path, out var claim))
            throw new TrustException(path, $"{metadataName} does not name it");
        if (claim.Agency != agency)
            throw new TrustException(path, $"is for agency {claim.Agency}; this box belongs to {agency}");
        if (claim.Boxes.Count > 0 && !claim.Boxes.Contains(box, StringComparer.Ordinal))
            throw new TrustException(path, $"is not for this box, {box}");
        return FetchClaimed(path, claim.Length, claim.Sha256, metadataName);
    }

    private void Accept<T>(SignedFile<T> file) where T : class, ITrustMetadata
    {
        if (now is { } instant) file.RequireFresh(instant);
        _versions[file.Name] = file.Metadata.Version;
        _expiries[file.Name] = file.Metadata.Expires;
    }

    private static void RequireVersion<T>(SignedFile<T> file, int claimed, string by) where T : class, ITrustMetadata
    {
        if (file.Metadata.Version != claimed)
            throw new TrustException(file.Name, $"is version {file.Metadata.Version}; {by} names version {claimed}",
                file.Metadata.Version < claimed ? TrustFault.Rollback : TrustFault.Unusable);
    }

    private ReadOnlyMemory<byte> FetchClaimed(string path, int length, string sha256, string by)
    {
        var bytes = Fetch(path, length);
        if (bytes.Length != length) throw new TrustException(path, $"is {bytes.Length} bytes; {by} names {length}");
        if (Convert.ToHexStringLower(SHA256.HashData(bytes.Span)) != sha256)
            throw new TrustException(path, $"SHA-256 is not the one {by} names");
        return bytes;
    }

    private ReadOnlyMemory<byte> Fetch(string path, int maxBytes)
    {
        if (fetch(path, maxBytes) is not { } bytes) throw new TrustException(path, "missing");
        if (bytes.Length > maxBytes) throw new TrustException(path, $"is larger than {maxBytes} bytes");
        return _files[path] = bytes;
    }
}
