using Edge.Storage.Keys;
using Edge.Storage.Trust;

namespace Edge.Tests.Trust;

/// <summary>A copy of a repository in the hands of an attacker, who may hold some of its keys: signs any metadata over the
/// files that are there.</summary>
internal sealed class TrustForge(TrustLab lab)
{
    private static readonly DateTimeOffset Expires = TrustLab.Start.AddDays(5);
    private static readonly string HotlistMetadata = TrustPath.HotlistMetadata(TrustLab.Agency);

    public Dictionary<string, byte[]> Files { get; } = lab.Copy();

    public TrustFetch Fetch => TrustLab.From(Files);

    /// <summary>What is true of a file that lies here.</summary>
    public FileClaim Claim(string name, int version) => FileClaim.Of(version, Files[name]);

    public TargetClaim Target(string path, string agency = TrustLab.Agency, params IReadOnlyList<string> boxes)
    {
        var claim = Claim(path, 1);
        return new TargetClaim(claim.Length, claim.Sha256, agency, boxes);
    }

    public TrustForge Hotlists(int version, IReadOnlyDictionary<string, TargetClaim> targets, params IReadOnlyList<SigningKey> keys)
    {
        Files[HotlistMetadata] = SignedFile.Sign(new TargetsMetadata(version, Expires, targets, null).Write(), keys);
        return this;
    }

    public TrustForge Targets(int version, RoleKeys? delegated, params IReadOnlyList<SigningKey> keys) => Targets(version,
        new[] { TrustPath.Policy, TrustPath.Operators, TrustPath.Recipients }.ToDictionary(path => path, path => Target(path)),
        delegated ?? lab.Signers.Hotlists.Public, TrustLab.Agency, keys);

    public TrustForge Targets(int version, IReadOnlyDictionary<string, TargetClaim> targets, RoleKeys delegated, string agency,
        params IReadOnlyList<SigningKey> keys)
    {
        Files[TrustPath.Targets] = SignedFile.Sign(new TargetsMetadata(version, Expires, targets,
            new Dictionary<string, RoleKeys> { [TrustPath.HotlistRole(agency)] = delegated }).Write(), keys);
        return this;
    }

    /// <summary>A snapshot and a timestamp over what lies here, by the lab's own online keys.</summary>
    public TrustForge Above(int version, int targets, int hotlists) => Snapshot(version, new Dictionary<string, FileClaim>
    {
        [TrustPath.Targets] = Claim(TrustPath.Targets, targets), [HotlistMetadata] = Claim(HotlistMetadata, hotlists),
    }).Timestamp(version, Claim(TrustPath.Snapshot, version));

    public TrustForge Snapshot(int version, IReadOnlyDictionary<string, FileClaim> files)
    {
        Files[TrustPath.Snapshot] = SignedFile.Sign(new SnapshotMetadata(version, Expires, files).Write(), lab.Signers.Snapshot.Keys);
        return this;
    }

    public TrustForge Timestamp(int version, FileClaim snapshot)
    {
        Files[TrustPath.Timestamp] = SignedFile.Sign(new TimestampMetadata(version, Expires, snapshot).Write(), lab.Signers.Timestamp.Keys);
        return this;
    }

    public TrustForge Root(RootMetadata root, params IReadOnlyList<SigningKey> keys)
    {
        Files[TrustPath.NumberedRoot(root.Version)] = SignedFile.Sign(root.Write(), keys);
        return this;
    }
}
