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

    /// <summary>Replaces the target files and signs the new set. Where the keys of the targets role are not at hand, only the
    /// hotlist may differ: its own role signs it, and targets.json stays as its keepers signed it.</summary>
    /// <exception cref="TrustException">Another file differs: that needs a <see cref="TrustProposal"/>.</exception>
    public void Publish(TargetFiles targets, DateTimeOffset now)
    {
        if (!signers.Targets.IsComplete)
        {
            foreach (var (path, bytes) in new[]
                { (TrustPath.Policy, targets.Policy), (TrustPath.Operators, targets.Operators), (TrustPath.Recipients, targets.Recipients) })
                if (!File.ReadAllBytes(At(path)).AsSpan().SequenceEqual(bytes))
                    throw new TrustException(path, "differs, and the keys that sign it are not here: propose the change to their keepers");
            Write(TrustPath.Hotlist(agency), targets.Hotlist);
            SignHotlist(now);
            SignSnapshot(now);
            return;
        }
        Write(TrustPath.Policy, targets.Policy);
        Write(TrustPath.Operators, targets.Operators);
        Write(TrustPath.Recipients, targets.Recipients);
        Write(TrustPath.Hotlist(agency), targets.Hotlist);
        Renew(now);
    }

    /// <summary>Signs the target files that are there, with every version raised by one.</summary>
    public void Renew(DateTimeOffset now)
    {
        SignHotlist(now);
        Sign(TrustPath.Targets, NextTargets(now).Write(), signers.Targets);
        SignSnapshot(now);
    }

    /// <summary>Signs a new snapshot and timestamp over the metadata that is there: what the online keys alone can do.</summary>
    public void SignSnapshot(DateTimeOffset now)
    {
        var files = new Dictionary<string, FileClaim> { [TrustPath.Targets] = Claim(TrustPath.Targets, TargetsMetadata.ReadTopLevel) };
        foreach (var name in Others(folder, agency).Keys.Append(agency).Select(TrustPath.HotlistMetadata).Where(name => File.Exists(At(name))))
            files[name] = Claim(name, TargetsMetadata.ReadDelegated);
        var snapshot = new SnapshotMetadata(Next(TrustPath.Snapshot, SnapshotMetadata.Read), now + _lifetimes.Snapshot, files);
        Sign(TrustPath.Snapshot, snapshot.Write(), signers.Snapshot);
        WriteTimestamp(Claim(TrustPath.Snapshot, SnapshotMetadata.Read), now);
    }

    /// <summary>The next targets.json over the target files that are there, but for those in <paramref name="changed"/>.</summary>
    /// <param name="others">Who signs the hotlists of other agencies, by agency; null for those who do.</param>
    internal TargetsMetadata NextTargets(DateTimeOffset now, IReadOnlyDictionary<string, byte[]>? changed = null,
        IReadOnlyDictionary<string, RoleKeys>? others = null)
    {
        string[] paths = [TrustPath.Policy, TrustPath.Operators, TrustPath.Recipients,
            .. TrustPath.OptionalTargets.Where(path => File.Exists(At(path)) || changed?.ContainsKey(path) == true)];
        var delegations = new Dictionary<string, RoleKeys> { [TrustPath.HotlistRole(agency)] = signers.Hotlists.Public };
        foreach (var (other, keys) in others ?? Others(folder, agency)) delegations[TrustPath.HotlistRole(other)] = keys;
        return new TargetsMetadata(Next(TrustPath.Targets, TargetsMetadata.ReadTopLevel), now + _lifetimes.Targets,
            paths.ToDictionary(path => path, path => Target(changed?.GetValueOrDefault(path) ?? File.ReadAllBytes(At(path)))), delegations);
    }

    /// <summary>Who signs the hotlists of other agencies in the repository in <paramref name="folder"/>, by agency.</summary>
    /// <exception cref="TrustException">targets.json is damaged.</exception>
    public static IReadOnlyDictionary<string, RoleKeys> Others(string folder, string agency) =>
        Read(folder, TrustPath.Targets, TargetsMetadata.ReadTopLevel)?.Delegations!.Where(role => role.Key != TrustPath.HotlistRole(agency))
            .ToDictionary(role => TrustPath.AgencyOf(role.Key), role => role.Value) ?? [];

    /// <summary>Takes over the hotlist that <paramref name="other"/> signed for this agency's boxes, and signs a snapshot with it.
    /// The keys of the snapshot must be at hand; nothing else is needed.</summary>
    /// <param name="accept">Looks at the list before it is published, and throws <see cref="TrustException"/> if boxes could not use it.</param>
    /// <returns>Null if this very list is here already.</returns>
    /// <exception cref="TrustException">Nothing is delegated to that agency, or a box would refuse its list.</exception>
    public OtherHotlist? Take(string other, TrustFetch from, DateTimeOffset now, Action<OtherHotlist>? accept = null)
    {
        var (name, path) = (TrustPath.HotlistMetadata(other), TrustPath.Hotlist(other));
        if (!Others(folder, agency).TryGetValue(other, out var keys))
            throw new TrustException(path, $"refused: {TrustPath.Targets} delegates nothing to {other}, because no grant names it");
        var offered = OtherHotlist.Read(from, other, agency, keys, now);
        if (Read(name, TargetsMetadata.ReadDelegated) is { } here)
        {
            if (offered.Version < here.Version)
                throw new TrustException(name, $"rollback: version {offered.Version} is older than version {here.Version} taken before");
            if (offered.Version == here.Version)
                return File.ReadAllBytes(At(name)).AsSpan().SequenceEqual(offered.Metadata.Span) ? null
                    : throw new TrustException(name, $"version {here.Version} was signed before with other content");
        }
        accept?.Invoke(offered);
        Write(path, offered.List.ToArray());
        Write(name, offered.Metadata.ToArray());
        SignSnapshot(now);
        return offered;
    }

    /// <summary>Takes the hotlist of <paramref name="other"/> out at once and signs a snapshot without it: what the online keys
    /// alone can do, before the keepers have signed that nothing is delegated to it any more.</summary>
    public void Drop(string other, DateTimeOffset now)
    {
        if (other == agency) throw new ArgumentException("its own hotlist stays", nameof(other));
        if (!File.Exists(At(TrustPath.HotlistMetadata(other)))) return;
        File.Delete(At(TrustPath.HotlistMetadata(other)));
        File.Delete(At(TrustPath.Hotlist(other)));
        File.Delete(At(TrustPath.Proof(other)));
        SignSnapshot(now);
    }

    /// <summary>Removes the lists of agencies to whom nothing is delegated any more.</summary>
    internal void RemoveUngranted()
    {
        var granted = Others(folder, agency).Keys.Append(agency).ToHashSet(StringComparer.Ordinal);
        foreach (var file in Directory.EnumerateFiles(folder, "hotlists-*.json"))
            if (TrustPath.AgencyOf(Path.GetFileNameWithoutExtension(file)) is var other && !granted.Contains(other))
            {
                File.Delete(file);
                File.Delete(At(TrustPath.Hotlist(other)));
                File.Delete(At(TrustPath.Proof(other)));
            }
    }

    /// <summary>The next root, with <paramref name="keepers"/> for the roles root and targets.</summary>
    internal RootMetadata NextRoot(RoleKeys keepers, DateTimeOffset now) => new(Next(TrustPath.Root, RootMetadata.Read),
        now + _lifetimes.Root, keepers, signers.Timestamp.Public, signers.Snapshot.Public, keepers);

    /// <summary>Signs only a new timestamp over the snapshot that is there: the hub's regular sign of life.</summary>
    /// <exception cref="InvalidOperationException">Nothing was published yet.</exception>
    public void Refresh(DateTimeOffset now) => WriteTimestamp(
        (Read(TrustPath.Timestamp, TimestampMetadata.Read) ?? throw new InvalidOperationException("nothing published yet")).Snapshot, now);

    /// <summary>When each metadata file of the repository in <paramref name="folder"/> expires, by its path.</summary>
    /// <exception cref="TrustException">One is damaged.</exception>
    public static IReadOnlyDictionary<string, DateTimeOffset> Expiries(string folder, string agency)
    {
        (string Name, ITrustMetadata? Metadata)[] files =
        [
            (TrustPath.Root, Read(folder, TrustPath.Root, RootMetadata.Read)),
            (TrustPath.Timestamp, Read(folder, TrustPath.Timestamp, TimestampMetadata.Read)),
            (TrustPath.Snapshot, Read(folder, TrustPath.Snapshot, SnapshotMetadata.Read)),
            (TrustPath.Targets, Read(folder, TrustPath.Targets, TargetsMetadata.ReadTopLevel)),
            .. Others(folder, agency).Keys.Select(TrustPath.HotlistMetadata).Where(name => File.Exists(Path.Combine(folder, name)))
                .Append(TrustPath.HotlistMetadata(agency)).Select(name => (name, (ITrustMetadata?)Read(folder, name, TargetsMetadata.ReadDelegated))),
        ];
        return files.ToDictionary(file => file.Name, file => (file.Metadata ?? throw new TrustException(file.Name, "missing")).Expires);
    }

    /// <summary>Every file of the repository in <paramref name="folder"/>, in the order in which to send it: what is
    /// named before what names it, so that the new timestamp arrives last.</summary>
    public static IReadOnlyList<string> SendingOrder(string folder, string agency)
    {
        var roots = Enumerable.Range(1, int.MaxValue - 1).Select(TrustPath.NumberedRoot)
            .TakeWhile(name => File.Exists(Path.Combine(folder, name)));
        string[] maybe = [.. TrustPath.OptionalTargets,
            .. Others(folder, agency).Keys.SelectMany(other => new[] { TrustPath.Hotlist(other), TrustPath.Proof(other),
            TrustPath.HotlistMetadata(other) }),
            TrustPath.Proof(agency)];
        return [.. roots, TrustPath.Policy, TrustPath.Operators, TrustPath.Recipients, .. maybe.Where(name => File.Exists(Path.Combine(folder, name))),
            TrustPath.Hotlist(agency), TrustPath.HotlistMetadata(agency), TrustPath.Targets, TrustPath.Snapshot, TrustPath.Timestamp];
    }

    /// <summary>Puts a proof beside the hotlist of <paramref name="whose"/>; nothing is signed for it.</summary>
    public void WriteProof(string whose, byte[] proof) => Write(TrustPath.Proof(whose), proof);

    /// <summary>Signs the hotlist anew if its signatures are not by the keys that targets.json names now.</summary>
    internal void SignHotlistIfForeign(DateTimeOffset now)
    {
        var name = TrustPath.HotlistMetadata(agency);
        if (!SignedFile<TargetsMetadata>.Parse(name, File.ReadAllBytes(At(name)), TargetsMetadata.ReadDelegated).IsSignedBy(signers.Hotlists.Public))
            SignHotlist(now);
    }

    /// <summary>Signs the hotlist that is there for another lifetime of its metadata, and the snapshot and timestamp over it.</summary>
    public void RenewHotlist(DateTimeOffset now)
    {
        SignHotlist(now);
        SignSnapshot(now);
    }

    private void SignHotlist(DateTimeOffset now)
    {
        var name = TrustPath.HotlistMetadata(agency);
        var path = TrustPath.Hotlist(agency);
        Sign(name, new TargetsMetadata(Next(name, TargetsMetadata.ReadDelegated), now + _lifetimes.Hotlists,
            new Dictionary<string, TargetClaim> { [path] = Target(File.ReadAllBytes(At(path))) }, null).Write(), signers.Hotlists);
    }

    private void WriteTimestamp(FileClaim snapshot, DateTimeOffset now) => Sign(TrustPath.Timestamp, new TimestampMetadata(
        Next(TrustPath.Timestamp, TimestampMetadata.Read), now + _lifetimes.Timestamp, snapshot).Write(), signers.Timestamp);

    private RootMetadata RootOf(TrustSigners by, int version, DateTimeOffset now) => new(version, now + _lifetimes.Root,
        by.Root.Public, by.Timestamp.Public, by.Snapshot.Public, by.Targets.Public);

    private void WriteRoot(RootMetadata root, params IEnumerable<SigningRole> by) =>
        WriteRoot(root.Version, SignedFile.Sign(root.Write(), by.SelectMany(role => role.Keys)));

    internal void WriteRoot(int version, byte[] bytes)
    {
        Write(TrustPath.NumberedRoot(version), bytes);
        Write(TrustPath.Root, bytes);
    }

    private void Sign(string name, JsonObject signed, SigningRole by) => Write(name, SignedFile.Sign(signed, by.Keys));

    private FileClaim Claim<T>(string name, Func<JsonFields, T> read) where T : class, ITrustMetadata =>
        FileClaim.Of(Next(name, read) - 1, File.ReadAllBytes(At(name)));

    private TargetClaim Target(byte[] bytes)
    {
        var claim = FileClaim.Of(1, bytes);
        return new TargetClaim(claim.Length, claim.Sha256, agency, []);
    }

    private int Next<T>(string name, Func<JsonFields, T> read) where T : class, ITrustMetadata =>
        (Read(name, read)?.Version ?? 0) + 1;

    private T? Read<T>(string name, Func<JsonFields, T> read) where T : class, ITrustMetadata => Read(folder, name, read);

    internal static T? Read<T>(string folder, string name, Func<JsonFields, T> read) where T : class, ITrustMetadata =>
        Path.Combine(folder, name) is var path && File.Exists(path) ? SignedFile<T>.Parse(name, File.ReadAllBytes(path), read).Metadata : null;

    internal void Write(string name, byte[] bytes)
    {
        if (bytes.Length > TrustPath.MaxBytes(name))
            throw new TrustException(name, $"is {bytes.Length} bytes; boxes accept at most {TrustPath.MaxBytes(name)}");
        Directory.CreateDirectory(Path.GetDirectoryName(At(name))!);
        DurableFile.Write(At(name), bytes, Public);
    }

    private string At(string name) => Path.Combine(folder, name);
}
