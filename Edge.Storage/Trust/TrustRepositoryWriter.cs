using System.Text.Json.Nodes;
using Edge.Storage.Files;
using Edge.Storage.Json;

namespace Edge.Storage.Trust;

/// <summary>The four files an agency publishes, as exact bytes.</summary>
public sealed record TargetFiles(byte[] Policy, byte[] Operators, byte[] Recipients, byte[] Hotlist);

/// <summary>The hub's side of the trust repository: signs target files into a folder and raises versions. The folder is
/// public as it stands: it can be copied to a stick, served, or published file by file.</summary>
public sealed class TrustRepositoryWriter(string folder, string agency, TrustSigners signers, TrustLifetimes? lifetimes = null)
{
    private const UnixFileMode Public =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private readonly TrustLifetimes _lifetimes = lifetimes ?? TrustLifetimes.Default;

    /// <summary>Writes the first root. Boxes are enrolled with its bytes.</summary>
    /// <exception cref="InvalidOperationException">There is a root already: boxes trust it, it cannot be replaced.</exception>
    public void WriteFirstRoot(DateTimeOffset now)
    {
        if (File.Exists(At(TrustPath.Root))) throw new InvalidOperationException("this repository has a root already");
        WriteRoot(RootOf(signers, 1, now), signers.Root);
    }

    /// <summary>Writes the next root, signed by this writer's keys and by <paramref name="next"/>'s, then signs
    /// everything below it anew.</summary>
    /// <returns>The writer to use from now on.</returns>
    public TrustRepositoryWriter RotateRoot(TrustSigners next, DateTimeOffset now)
    {
        var version = Read(TrustPath.Root, RootMetadata.Read)!.Version + 1;
        WriteRoot(RootOf(next, version, now), signers.Root, next.Root);
        var writer = new TrustRepositoryWriter(folder, agency, next, _lifetimes);
        writer.Renew(now);
        return writer;
    }

    /// <summary>Replaces the target files and signs the new set.</summary>
    public void Publish(TargetFiles targets, DateTimeOffset now)
    {
        Write(TrustPath.Policy, targets.Policy);
        Write(TrustPath.Operators, targets.Operators);
        Write(TrustPath.Recipients, targets.Recipients);
        Write(TrustPath.Hotlist(agency), targets.Hotlist);
        Renew(now);
    }

    /// <summary>Signs the target files that are there, with every version raised by one.</summary>
    public void Renew(DateTimeOffset now)
    {
        var role = TrustPath.HotlistRole(agency);
        var hotlists = new TargetsMetadata(Next(TrustPath.HotlistMetadata(agency), TargetsMetadata.ReadDelegated),
            now + _lifetimes.Hotlists, Claims(TrustPath.Hotlist(agency)), null);
        var targets = new TargetsMetadata(Next(TrustPath.Targets, TargetsMetadata.ReadTopLevel), now + _lifetimes.Targets,
            Claims(TrustPath.Policy, TrustPath.Operators, TrustPath.Recipients),
            new Dictionary<string, RoleKeys> { [role] = signers.Hotlists.Public });
        var files = new Dictionary<string, FileClaim>
        {
            [TrustPath.HotlistMetadata(agency)] = Sign(TrustPath.HotlistMetadata(agency), hotlists, hotlists.Write(), signers.Hotlists),
            [TrustPath.Targets] = Sign(TrustPath.Targets, targets, targets.Write(), signers.Targets),
        };
        var snapshot = new SnapshotMetadata(Next(TrustPath.Snapshot, SnapshotMetadata.Read), now + _lifetimes.Snapshot, files);
        WriteTimestamp(Sign(TrustPath.Snapshot, snapshot, snapshot.Write(), signers.Snapshot), now);
    }

    /// <summary>Signs only a new timestamp over the snapshot that is there: the hub's regular sign of life.</summary>
    /// <exception cref="InvalidOperationException">Nothing was published yet.</exception>
    public void Refresh(DateTimeOffset now) => WriteTimestamp(
        (Read(TrustPath.Timestamp, TimestampMetadata.Read) ?? throw new InvalidOperationException("nothing published yet")).Snapshot, now);

    /// <summary>Every file of the repository in <paramref name="folder"/>, in the order in which to send it: what is
    /// named before what names it, so that the new timestamp arrives last.</summary>
    public static IReadOnlyList<string> SendingOrder(string folder, string agency)
    {
        var roots = Enumerable.Range(1, int.MaxValue - 1).Select(TrustPath.NumberedRoot)
            .TakeWhile(name => File.Exists(Path.Combine(folder, name)));
        return [.. roots, TrustPath.Policy, TrustPath.Operators, TrustPath.Recipients, TrustPath.Hotlist(agency),
            TrustPath.HotlistMetadata(agency), TrustPath.Targets, TrustPath.Snapshot, TrustPath.Timestamp];
    }

    private void WriteTimestamp(FileClaim snapshot, DateTimeOffset now)
    {
        var timestamp = new TimestampMetadata(Next(TrustPath.Timestamp, TimestampMetadata.Read), now + _lifetimes.Timestamp, snapshot);
        Sign(TrustPath.Timestamp, timestamp, timestamp.Write(), signers.Timestamp);
    }

    private RootMetadata RootOf(TrustSigners by, int version, DateTimeOffset now) => new(version, now + _lifetimes.Root,
        by.Root.Public, by.Timestamp.Public, by.Snapshot.Public, by.Targets.Public);

    private void WriteRoot(RootMetadata root, params IEnumerable<SigningRole> by)
    {
        var bytes = SignedFile.Sign(root.Write(), by.SelectMany(role => role.Keys));
        Write(TrustPath.NumberedRoot(root.Version), bytes);
        Write(TrustPath.Root, bytes);
    }

    private FileClaim Sign(string name, ITrustMetadata metadata, JsonObject signed, SigningRole by)
    {
        var bytes = SignedFile.Sign(signed, by.Keys);
        Write(name, bytes);
        return FileClaim.Of(metadata.Version, bytes);
    }

    private Dictionary<string, TargetClaim> Claims(params IEnumerable<string> paths) => paths.ToDictionary(path => path, path =>
    {
        var claim = FileClaim.Of(1, File.ReadAllBytes(At(path)));
        return new TargetClaim(claim.Length, claim.Sha256, agency, []);
    });

    private int Next<T>(string name, Func<JsonFields, T> read) where T : class, ITrustMetadata =>
        (Read(name, read)?.Version ?? 0) + 1;

    private T? Read<T>(string name, Func<JsonFields, T> read) where T : class, ITrustMetadata =>
        File.Exists(At(name)) ? SignedFile<T>.Parse(name, File.ReadAllBytes(At(name)), read).Metadata : null;

    private void Write(string name, byte[] bytes)
    {
        if (bytes.Length > TrustPath.MaxBytes(name))
            throw new TrustException(name, $"is {bytes.Length} bytes; boxes accept at most {TrustPath.MaxBytes(name)}");
        Directory.CreateDirectory(Path.GetDirectoryName(At(name))!);
        DurableFile.Write(At(name), bytes, Public);
    }

    private string At(string name) => Path.Combine(folder, name);
}
