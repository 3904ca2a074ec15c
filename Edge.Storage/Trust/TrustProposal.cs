using System.Text.Json.Nodes;
using Edge.Storage.Files;
using Edge.Storage.Json;
using Edge.Storage.Keys;

namespace Edge.Storage.Trust;

/// <summary>Where one file of a proposal stands.</summary>
/// <param name="File">root.json or targets.json.</param>
/// <param name="Signed">Key ids that have signed.</param>
/// <param name="Missing">How many more signatures it needs; of a root, the larger of what the old and the new one ask for.</param>
/// <param name="Eligible">Key ids that could still sign.</param>
public sealed record ProposedFile(string File, int Version, DateTimeOffset Expires, IReadOnlyList<string> Signed, int Missing,
    IReadOnlyList<string> Eligible);

/// <summary>A change that waits for its keepers' signatures, in a folder beside the repository: <c>targets.json</c>, perhaps
/// <c>root.json</c>, and the target files that change. Each keeper signs by himself; with the last signature it is published.
/// One waits at a time.</summary>
/// <remarks>The waiting metadata has the form of <see cref="SignedFile{T}"/>, its signatures perhaps none.</remarks>
public sealed class TrustProposal(string folder, string repository, string agency)
{
    private static readonly string[] TargetPaths = [TrustPath.Policy, TrustPath.Operators, TrustPath.Recipients, .. TrustPath.OptionalTargets];

    private static readonly string[] FileNames = [TrustPath.Root, TrustPath.Targets, .. TargetPaths];

    /// <summary>True if a change waits.</summary>
    public bool IsWaiting => File.Exists(At(TrustPath.Targets));

    /// <summary>The target files that it changes.</summary>
    public IReadOnlyList<string> Changes => [.. TargetPaths.Where(path => File.Exists(At(path)))];

    /// <summary>Where each of its files stands.</summary>
    /// <exception cref="TrustException">A file is damaged.</exception>
    public IReadOnlyList<ProposedFile> Files => [.. Waiting().Select(Standing)];

    /// <summary>True if a change waits and lacks no signature.</summary>
    public bool IsComplete => Waiting() is { Count: > 0 } waiting && waiting.All(file => Standing(file).Missing == 0);

    /// <summary>The proposed bytes of a target file, null where it stays as it is.</summary>
    public byte[]? Changed(string path) => IsWaiting && File.Exists(At(path)) ? Bytes(path) : null;

    /// <summary>Which keys would sign from then on and which no more, a line each; empty if none changes.</summary>
    /// <exception cref="TrustException">A file is damaged.</exception>
    public IReadOnlyList<string> KeyChanges()
    {
        if (!IsWaiting) return [];
        var (old, lines) = (Root, new List<string>());
        var next = old;
        if (File.Exists(At(TrustPath.Root))) Load<RootMetadata>(TrustPath.Root, RootMetadata.Read, out next);
        Load<TargetsMetadata>(TrustPath.Targets, TargetsMetadata.ReadTopLevel, out var targets);
        var today = TrustRepositoryWriter.Read(repository, TrustPath.Targets, TargetsMetadata.ReadTopLevel)
            ?? throw new TrustException(TrustPath.Targets, "missing");
        Compare("root", old.Root, next.Root);
        Compare("targets", old.Targets, next.Targets);
        Compare("timestamp", old.Timestamp, next.Timestamp);
        Compare("snapshot", old.Snapshot, next.Snapshot);
        foreach (var role in today.Delegations!.Keys.Union(targets.Delegations!.Keys))
            Compare(role, today.Delegations.GetValueOrDefault(role), targets.Delegations.GetValueOrDefault(role));
        return lines;

        void Compare(string role, RoleKeys? was, RoleKeys? becomes)
        {
            foreach (var id in (becomes?.Keys.Keys ?? []).Except(was?.Keys.Keys ?? [])) lines.Add($"{role} will be signed by {id}");
            foreach (var id in (was?.Keys.Keys ?? []).Except(becomes?.Keys.Keys ?? [])) lines.Add($"{role} will no more be signed by {id}");
            if (was?.Threshold != becomes?.Threshold) lines.Add($"{role} will need {becomes?.Threshold ?? 0} signature(s), not {was?.Threshold ?? 0}");
        }
    }

    /// <exception cref="ChangeWaitsException">A change waits.</exception>
    public void RequireNone()
    {
        if (IsWaiting) throw new ChangeWaitsException();
    }

    /// <summary>Who will sign the hotlists of other agencies, by agency.</summary>
    public IReadOnlyDictionary<string, RoleKeys> Others
    {
        get
        {
            if (!IsWaiting) return new Dictionary<string, RoleKeys>();
            Load<TargetsMetadata>(TrustPath.Targets, TargetsMetadata.ReadTopLevel, out var targets);
            return targets.Delegations!.Where(role => role.Key != TrustPath.HotlistRole(agency))
                .ToDictionary(role => TrustPath.AgencyOf(role.Key), role => role.Value);
        }
    }

    /// <summary>Proposes new target files; without any, the same ones for a new lifetime.</summary>
    /// <param name="others">Who signs the hotlists of other agencies from then on, by agency; null for those who do.</param>
    /// <exception cref="TrustException">Another change waits already, or a file is too large.</exception>
    public void Propose(IReadOnlyDictionary<string, byte[]> changed, DateTimeOffset now, IReadOnlyDictionary<string, RoleKeys>? others = null)
    {
        Begin(changed);
        Write(TrustPath.Targets, Writer([]).NextTargets(now, changed, others).Write());
    }

    /// <summary>Proposes other keepers, who sign for root and targets. The targets are signed anew with it: a keeper who
    /// leaves takes his signature along.</summary>
    /// <exception cref="TrustException">Another change waits already.</exception>
    public void ProposeKeepers(IReadOnlyList<VerifyingKey> keepers, int threshold, DateTimeOffset now)
    {
        if (threshold < 1 || threshold > keepers.Count)
            throw new TrustException(TrustPath.Root, $"a threshold of {threshold} cannot be met by {keepers.Count} keys");
        Begin(new Dictionary<string, byte[]>());
        var writer = Writer([]);
        Write(TrustPath.Root, writer.NextRoot(RoleKeys.Of(threshold, keepers), now).Write());
        Write(TrustPath.Targets, writer.NextTargets(now).Write());
    }

    /// <summary>Proposes another key for timestamp and snapshot, and another for the agency's hotlist. The old ones go on until
    /// the change is published.</summary>
    /// <exception cref="TrustException">Another change waits already.</exception>
    public void ProposeOnlineKeys(VerifyingKey trust, VerifyingKey hotlists, DateTimeOffset now)
    {
        Begin(new Dictionary<string, byte[]>());
        var signers = TrustSigners.Of(repository, agency, []);
        var online = new SigningRole([], 1) { Elsewhere = [trust] };
        var next = signers with { Timestamp = online, Snapshot = online, Hotlists = new SigningRole([], 1) { Elsewhere = [hotlists] } };
        var writer = new TrustRepositoryWriter(repository, agency, next);
        Write(TrustPath.Root, writer.NextRoot(signers.Root.Public, now).Write());
        Write(TrustPath.Targets, writer.NextTargets(now).Write());
    }

    /// <summary>Copies the change, and of the repository what a keeper needs to judge it, into a folder to carry: <c>pending</c> and
    /// <c>trust</c>. Nothing in it is secret.</summary>
    public void CopyTo(string target)
    {
        foreach (var (from, to, names) in new (string, string, IEnumerable<string>)[]
        {
            (folder, Path.Combine(target, "pending"), FileNames), (repository, Path.Combine(target, "trust"), FileNames),
        })
        {
            Directory.CreateDirectory(to);
            foreach (var name in names.Where(name => File.Exists(Path.Combine(from, name))))
                DurableFile.Write(Path.Combine(to, name), File.ReadAllBytes(Path.Combine(from, name)));
        }
    }

    /// <summary>Takes the signatures that a copy of this change has brought back. Everything else in it must be as it was; whose
    /// signatures count, the root here says.</summary>
    /// <param name="from">The copy's <c>pending</c>; whoever carried it is not trusted.</param>
    /// <returns>How many signatures are new.</returns>
    /// <exception cref="TrustException">It is not a copy of this change.</exception>
    public int TakeSignatures(string from)
    {
        var copy = new TrustProposal(from, repository, agency);
        foreach (var stray in Directory.EnumerateFileSystemEntries(from).Select(path => Path.GetFileName(path)).Where(name => !FileNames.Contains(name)))
            throw new TrustException(stray, "is no file of a change: take it away");
        foreach (var name in FileNames)
            if (File.Exists(At(name)) != File.Exists(copy.At(name))
                || (TargetPaths.Contains(name) && File.Exists(At(name)) && !Bytes(name).AsSpan().SequenceEqual(copy.Bytes(name))))
                throw NotThis(name);
        var taken = 0;
        foreach (var (mine, brought) in Waiting().Zip(copy.Waiting()))
        {
            if (!CanonicalJson.Write(mine.Signed).AsSpan().SequenceEqual(CanonicalJson.Write(brought.Signed))) throw NotThis(mine.Name);
            var have = Standing(mine).Signed;
            var fresh = Standing(brought).Signed.Except(have).ToList();
            Save(mine.Name, mine.Signed, mine.Signatures.Where(one => have.Contains(one.Key)).Concat(brought.Signatures.Where(one => fresh.Contains(one.Key))));
            taken += fresh.Count;
        }
        return taken;
    }

    private static TrustException NotThis(string name) => new(name, "is not the one of the change that waits here: export it again");

    /// <summary>Adds the signature of <paramref name="key"/> wherever it counts.</summary>
    /// <returns>False if it counts nowhere.</returns>
    public bool Sign(SigningKey key)
    {
        var id = RoleKeys.KeyIdOf(key.Public);
        var counts = false;
        foreach (var file in Waiting().Where(file => file.Roles.Any(role => role.Keys.ContainsKey(id))))
        {
            var signature = Convert.ToHexStringLower(key.Sign(CanonicalJson.Write(file.Signed)));
            var others = file.Signatures.Where(other => other.Key != id);
            Save(file.Name, file.Signed, others.Append(KeyValuePair.Create(id, signature)));
            counts = true;
        }
        return counts;
    }

    /// <summary>Publishes the change if nothing is missing: verified as a box would, then written from the targets up.</summary>
    /// <param name="online">The hub's keys, for the snapshot and the timestamp.</param>
    /// <returns>False if signatures are missing.</returns>
    public bool TryPublish(IReadOnlyList<SigningKey> online, DateTimeOffset now)
    {
        var waiting = Waiting();
        if (waiting.Count == 0 || waiting.Any(file => Standing(file).Missing > 0)) return false;
        foreach (var file in waiting)
            if (file.Expires <= now) throw new TrustException(file.Name, "expired while it waited: hub discard drops it; then propose the change again");
        RequireFilesThatWereSigned();
        var writer = Writer(online);
        if (waiting.FirstOrDefault(file => file.Name == TrustPath.Root) is { } root && root.Version > Root.Version)
            writer.WriteRoot(root.Version, Countersigned(root));
        foreach (var path in Changes) writer.Write(path, File.ReadAllBytes(At(path)));
        writer.Write(TrustPath.Targets, Countersigned(waiting.Single(file => file.Name == TrustPath.Targets)));
        // From the root and the delegation just written: the online keys may be other ones there.
        Writer(online).SignHotlistIfForeign(now);
        var signed = Writer(online);
        signed.SignSnapshot(now);
        signed.RemoveUngranted();
        Discard();
        return true;
    }

    /// <summary>Drops the change, if one waits.</summary>
    public void Discard()
    {
        foreach (var path in new[] { TrustPath.Targets, TrustPath.Root }.Concat(TargetPaths)) File.Delete(At(path));
    }

    private void Begin(IReadOnlyDictionary<string, byte[]> changed)
    {
        RequireNone();
        foreach (var (path, bytes) in changed)
            if (!TargetPaths.Contains(path)) throw new ArgumentException($"{path} is not a file that keepers sign", nameof(changed));
            else if (bytes.Length > TrustPath.MaxBytes(path))
                throw new TrustException(path, $"is {bytes.Length} bytes; boxes accept at most {TrustPath.MaxBytes(path)}");
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Discard(); // what an attempt that was cut off left: targets.json comes last
        foreach (var (path, bytes) in changed) DurableFile.Write(At(path), bytes);
    }

    /// <exception cref="TrustException">A target file, proposed or as it stands, is not the one that the waiting targets.json names.</exception>
    public void RequireFilesThatWereSigned()
    {
        Load<TargetsMetadata>(TrustPath.Targets, TargetsMetadata.ReadTopLevel, out var targets);
        foreach (var path in TargetPaths)
        {
            var file = File.Exists(At(path)) ? At(path) : Path.Combine(repository, path);
            if (TrustPath.OptionalTargets.Contains(path) && !File.Exists(file) && !targets.Targets.ContainsKey(path)) continue;
            var claim = FileClaim.Of(1, File.ReadAllBytes(file));
            if (!targets.Targets.TryGetValue(path, out var signed) || (signed.Length, signed.Sha256) != (claim.Length, claim.Sha256))
                throw new TrustException(path, "is not the file that the keepers signed: hub discard drops the change; then propose it again");
        }
    }

    private TrustRepositoryWriter Writer(IReadOnlyList<SigningKey> atHand) =>
        new(repository, agency, TrustSigners.Of(repository, agency, atHand));

    private RootMetadata Root => TrustRepositoryWriter.Read(repository, TrustPath.Root, RootMetadata.Read)
        ?? throw new TrustException(TrustPath.Root, "missing");

    private List<WaitingFile> Waiting()
    {
        if (!IsWaiting) return [];
        var current = Root;
        var files = new List<WaitingFile>();
        var next = current;
        if (File.Exists(At(TrustPath.Root)))
        {
            var root = Load<RootMetadata>(TrustPath.Root, RootMetadata.Read, out next);
            // Cut off while publishing: this root stands in the repository already, and its old keepers have signed.
            files.Add(root with { Roles = next.Version == current.Version ? [next.Root] : [current.Root, next.Root] });
        }
        files.Add(Load<TargetsMetadata>(TrustPath.Targets, TargetsMetadata.ReadTopLevel, out _) with { Roles = [next.Targets] });
        return files;
    }

    private static ProposedFile Standing(WaitingFile file)
    {
        var bytes = CanonicalJson.Write(file.Signed);
        var valid = file.Roles.SelectMany(role => role.Keys).DistinctBy(key => key.Key)
            .Where(key => file.Signatures.TryGetValue(key.Key, out var signature) && key.Value.Verify(bytes, Convert.FromHexString(signature)))
            .Select(key => key.Key).ToHashSet(StringComparer.Ordinal);
        var missing = file.Roles.Max(role => Math.Max(0, role.Threshold - role.Keys.Keys.Count(valid.Contains)));
        return new ProposedFile(file.Name, file.Version, file.Expires, [.. valid.Order(StringComparer.Ordinal)], missing,
            [.. file.Roles.SelectMany(role => role.Keys.Keys).Distinct().Where(id => !valid.Contains(id)).Order(StringComparer.Ordinal)]);
    }

    // Only signatures that count: boxes refuse a file that carries any other.
    private static byte[] Countersigned(WaitingFile file)
    {
        var valid = Standing(file).Signed;
        return Write(file.Signed, file.Signatures.Where(signature => valid.Contains(signature.Key)));
    }

    private WaitingFile Load<T>(string name, Func<JsonFields, T> read, out T metadata) where T : class, ITrustMetadata
    {
        var utf8 = Bytes(name);
        if (!StrictJson.TryRead(utf8, TrustPath.MaxBytes(name), file => new Envelope<T>(
                file.Objects("signatures", 0, 64,
                    signature => KeyValuePair.Create(signature.Text("keyid", 64), Convert.ToHexStringLower(signature.Hex("sig", 64)))),
                file.Child("signed", read)), out var envelope, out var problems))
            throw new TrustException(name, $"as proposed is damaged: {problems[0]}");
        metadata = envelope.Metadata;
        var signed = JsonNode.Parse(utf8)!["signed"]!.DeepClone().AsObject();
        return new WaitingFile(name, metadata.Version, metadata.Expires, signed,
            envelope.Signatures.DistinctBy(signature => signature.Key).ToDictionary(StringComparer.Ordinal), []);
    }

    private void Write(string name, JsonObject signed) => Save(name, signed, []);

    private void Save(string name, JsonObject signed, IEnumerable<KeyValuePair<string, string>> signatures) =>
        DurableFile.Write(At(name), Write(signed, signatures));

    private static byte[] Write(JsonObject signed, IEnumerable<KeyValuePair<string, string>> signatures) =>
        CanonicalJson.Write(new JsonObject
        {
            ["signatures"] = new JsonArray([.. signatures.OrderBy(one => one.Key, StringComparer.Ordinal)
                .Select(one => (JsonNode)new JsonObject { ["keyid"] = one.Key, ["sig"] = one.Value })]),
            ["signed"] = signed.DeepClone(),
        });

    private string At(string name) => Path.Combine(folder, name);

    // A copy comes from a stick.
    private byte[] Bytes(string name) => TrustSource.Folder(folder)(name, TrustPath.MaxBytes(name)) ?? throw new TrustException(name, "missing");

    private sealed record Envelope<T>(IReadOnlyList<KeyValuePair<string, string>> Signatures, T Metadata);

    private sealed record WaitingFile(string Name, int Version, DateTimeOffset Expires, JsonObject Signed,
        IReadOnlyDictionary<string, string> Signatures, IReadOnlyList<RoleKeys> Roles);
}
