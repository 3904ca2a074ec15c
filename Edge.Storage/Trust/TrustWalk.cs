using System.Security.Cryptography;

namespace Edge.Storage.Trust;

/// <summary>The client workflow of TUF 1.0 §5.4 to §5.7 below one root: timestamp, snapshot, targets, the agency's
/// hotlist role, then the files themselves, last the hotlists of other agencies. Each step trusts only what the step before
/// it named. What another agency does wrong costs that agency its list and this one nothing.</summary>
/// <param name="now">Expiry is judged at this instant; null when a set accepted earlier is verified again.</param>
internal sealed class TrustWalk(SignedFile<RootMetadata> root, TrustFetch fetch, TrustFloors floors, string agency,
    string box, DateTimeOffset? now)
{
    private readonly Dictionary<string, ReadOnlyMemory<byte>> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _versions = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DateTimeOffset> _expiries = new(StringComparer.Ordinal);

    /// <summary>§5.4: the newest timestamp, not older than any seen.</summary>
    /// <param name="newer">Told of it if it is newer than any seen, before that is durable: a crash in between tells of it again, and not never.</param>
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
        if (isNew) newer?.Invoke(file.Metadata);
        floors.Save();
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
        var (grants, console) = (Optional(TrustPath.Grants, targets), Optional(TrustPath.Console, targets));
        var others = OtherHotlists(targets, snapshot, out var refused);
        floors.Save();
        return new TrustedTargets
        {
            Agency = agency,
            Policy = Target(TrustPath.Policy, targets, TrustPath.Targets),
            Operators = Target(TrustPath.Operators, targets, TrustPath.Targets),
            Recipients = Target(TrustPath.Recipients, targets, TrustPath.Targets),
            Hotlist = Target(TrustPath.Hotlist(agency), hotlists, TrustPath.HotlistMetadata(agency)),
            Grants = grants,
            Console = console,
            OtherHotlists = others,
            Proofs = Proofs(others.Keys.Append(agency)),
            HotlistKeys = targets.Delegations.ToDictionary(one => TrustPath.AgencyOf(one.Key), one => one.Value),
            RefusedHotlists = refused,
            Versions = _versions,
            Expiries = _expiries,
            Files = _files,
            OnlineKeys = [.. root.Metadata.Timestamp.Keys.Values],
        };
    }

    // Not among the files of the set: nothing signed names them, and a bad one takes nothing down.
    private Dictionary<string, ReadOnlyMemory<byte>> Proofs(IEnumerable<string> agencies)
    {
        var proofs = new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);
        foreach (var one in agencies)
            try
            {
                var path = TrustPath.Proof(one);
                if (fetch(path, TrustPath.MaxBytes(path)) is { } bytes) proofs[one] = bytes.Length <= TrustPath.MaxBytes(path) ? bytes : [];
            }
            catch (TrustException)
            {
                proofs[one] = ReadOnlyMemory<byte>.Empty; // there, and not to be read: refused as one that is none
            }
        return proofs;
    }

    private SnapshotMetadata Snapshot(TimestampMetadata timestamp)
    {
        var bytes = FetchClaimed(TrustPath.Snapshot, timestamp.Snapshot.Length, timestamp.Snapshot.Sha256, TrustPath.Timestamp);
        var file = SignedFile<SnapshotMetadata>.Parse(TrustPath.Snapshot, bytes, SnapshotMetadata.Read);
        file.RequireSignedBy(root.Metadata.Snapshot);
        RequireVersion(file, timestamp.Snapshot.Version, TrustPath.Timestamp);
        // Another agency's role may leave: its entries stop, and its floor stays for the day it comes back.
        var ours = new[] { TrustPath.Targets, TrustPath.HotlistMetadata(agency) };
        foreach (var name in ours)
            if (file.Metadata.Files.TryGetValue(name, out var claim)) floors.Require(name, claim);
            else if (floors.Knows(name)) throw new TrustException(TrustPath.Snapshot, $"rollback: no longer names {name}", TrustFault.Rollback);
        Accept(file);
        foreach (var name in ours)
            if (file.Metadata.Files.TryGetValue(name, out var claim)) floors.Raise(name, claim);
        floors.Save();
        return file.Metadata;
    }

    // Once there was one there always is, be it empty: a targets.json from before it would end no share and shut nobody out.
    private ReadOnlyMemory<byte>? Optional(string path, TargetsMetadata targets)
    {
        if (!targets.Targets.ContainsKey(path))
            return floors.Knows(path)
                ? throw new TrustException(path, $"rollback: {TrustPath.Targets} no longer names it; publish one without entries", TrustFault.Rollback) : null;
        var bytes = Target(path, targets, TrustPath.Targets);
        floors.Raise(path, FileClaim.Of(targets.Version, bytes));
        return bytes;
    }

    private Dictionary<string, ReadOnlyMemory<byte>> OtherHotlists(TargetsMetadata targets, SnapshotMetadata snapshot,
        out Dictionary<string, TrustException> refused)
    {
        var lists = new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);
        refused = new(StringComparer.Ordinal);
        var roles = targets.Delegations!.Where(role => role.Key != TrustPath.HotlistRole(agency)).OrderBy(role => role.Key, StringComparer.Ordinal);
        foreach (var (i, (role, keys)) in roles.Index())
        {
            var other = TrustPath.AgencyOf(role);
            var (metadata, path) = (TrustPath.HotlistMetadata(other), TrustPath.Hotlist(other));
            try
            {
                if (i >= TrustPath.MostOtherHotlists)
                    throw new TrustException(path, $"too-many: a box takes the lists of {TrustPath.MostOtherHotlists} other agencies");
                lists[other] = OtherHotlist(metadata, path, keys, snapshot);
            }
            catch (TrustException reason)
            {
                refused[other] = reason;
                foreach (var name in new[] { metadata, path }) _files.Remove(name);
                _versions.Remove(metadata);
                _expiries.Remove(metadata);
            }
        }
        return lists;
    }

    private ReadOnlyMemory<byte> OtherHotlist(string metadata, string path, RoleKeys keys, SnapshotMetadata snapshot)
    {
        if (snapshot.Files.TryGetValue(metadata, out var claim))
        {
            floors.Require(metadata, claim);
            floors.Raise(metadata, claim);
        }
        var signed = Claimed(metadata, snapshot, TrustPath.Targets, keys, TargetsMetadata.ReadDelegated);
        if (signed.Targets.TryGetValue(path, out var list) && list.Length > TrustPath.MaxOtherHotlist)
            throw new TrustException(path, $"is {list.Length} bytes; of another agency at most {TrustPath.MaxOtherHotlist} are read");
        return Target(path, signed, metadata);
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
        if (fetch(path, maxBytes) is not { } bytes) throw new TrustException(path, TrustException.Missing);
        if (bytes.Length > maxBytes) throw new TrustException(path, $"is larger than {maxBytes} bytes");
        return _files[path] = bytes;
    }
}
