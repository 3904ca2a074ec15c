using Edge.Storage.Files;

namespace Edge.Storage.Trust;

/// <summary>The box's side of the trust repository: a TUF 1.0 client (§5, with the stricter rules of this folder's
/// README). It keeps the newest root, the version floors and the active set in one folder, durably, and changes the
/// active set whole or not at all.</summary>
/// <remarks>One caller at a time updates; <see cref="Current"/> may be read from anywhere.</remarks>
public sealed class TrustClient
{
    private const int MaxRootRotations = 64;

    private readonly string _folder;
    private readonly string _agency;
    private readonly string _box;
    private SignedFile<RootMetadata> _root;
    private volatile TrustedTargets? _current;

    private TrustClient(string folder, string agency, string box, SignedFile<RootMetadata> root)
    {
        _folder = folder;
        _agency = agency;
        _box = box;
        _root = root;
    }

    /// <summary>The set in use; null until a first update succeeds. It stays in use past its expiries: what an expiry
    /// ends is for the user of each part to end.</summary>
    public TrustedTargets? Current => _current;

    /// <summary>Why the set on the disk was refused when this client was opened, or null. An incident: somebody or
    /// something changed it. The next update replaces it.</summary>
    public TrustException? Damage { get; private init; }

    /// <summary>Version of the root in use.</summary>
    public int RootVersion => _root.Metadata.Version;

    /// <summary>Opens the state in <paramref name="folder"/>, made if it is not there.</summary>
    /// <param name="enrolledRoot">The root metadata handed over at enrolment; every root on the disk must follow from it.</param>
    /// <exception cref="TrustException">The enrolled root is not valid root metadata.</exception>
    public static TrustClient Open(string folder, ReadOnlyMemory<byte> enrolledRoot, string agency, string box)
    {
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        // Every root since enrolment is kept and walked again: a root that only signed itself is anybody's.
        var roots = new List<SignedFile<RootMetadata>> { ParseRoot(TrustPath.Root, enrolledRoot) };
        TrustException? broken = null;
        try
        {
            while (KeptSuccessor(folder, roots[^1]) is { } next) roots.Add(next);
        }
        catch (TrustException damaged)
        {
            broken = damaged;
        }
        var (active, damage) = LoadActive(folder, agency, box, roots);
        return new TrustClient(folder, agency, box, roots[^1]) { _current = active, Damage = broken ?? damage };
    }

    /// <summary>Returns only if <paramref name="root"/> is root metadata that reaches its own threshold.</summary>
    /// <exception cref="TrustException">It is not.</exception>
    public static void RequireRoot(ReadOnlyMemory<byte> root) => ParseRoot(TrustPath.Root, root);

    /// <summary>Brings the set up to date with what <paramref name="fetch"/> offers.</summary>
    /// <param name="now">The box's effective time: never earlier than any time it has verified.</param>
    /// <param name="accept">Looks at the new set before it comes into use, and throws <see cref="TrustException"/> if a
    /// file, though signed, is not one the box can act on. What it returns is kept: it may say which proofs count and which hotlists stay.</param>
    /// <param name="newer">Told of a timestamp that verified and is newer than any before, also if what it names is refused
    /// then: nobody could show it before the agency signed it, so it tells the time.</param>
    /// <param name="awaitsProofs">True while a hotlist of the set in use waits for its proof, which may come under the same timestamp.</param>
    /// <returns>The set now in use, the same object as before if nothing changed.</returns>
    /// <exception cref="TrustException">A file was refused. The set in use is what it was; version floors learnt from
    /// files that did verify stay learnt.</exception>
    /// <exception cref="IOException">The state could not be made durable; the set in use is what it was.</exception>
    public TrustedTargets Update(TrustFetch fetch, DateTimeOffset now, Func<TrustedTargets, TrustedTargets>? accept = null,
        Action<TimestampMetadata>? newer = null, bool awaitsProofs = false)
    {
        UpdateRoot(fetch);
        _root.RequireFresh(now);
        var floors = TrustFloors.Load(Path.Combine(_folder, "floors.json"), _root.Metadata);
        var walk = new TrustWalk(_root, fetch, floors, _agency, _box, now);
        var timestamp = walk.Timestamp(newer);
        var current = _current;
        // A list that another agency's hub or a bad copy spoilt is asked for again, though the timestamp is the same.
        if (current is { RefusedHotlists.Count: 0 } && !awaitsProofs && IsUnchanged(current, timestamp) && current.Expires > now) return current;
        var next = walk.Below(timestamp);
        if (current?.HasSameFiles(next) == true && (!awaitsProofs || next.Proofs.Count == 0 || current.HasSameProofs(next))) return current;
        if (accept is not null) next = accept(next);
        ActiveSet.Save(ActivePath(_folder), next);
        return _current = next;
    }

    // TUF 1.0 §5.3: one version at a time, each signed by the root before it and by itself.
    private void UpdateRoot(TrustFetch fetch)
    {
        for (var i = 0; i < MaxRootRotations; i++)
        {
            var name = TrustPath.NumberedRoot(_root.Metadata.Version + 1);
            var maxBytes = TrustPath.MaxBytes(name);
            if (fetch(name, maxBytes) is not { } bytes) return;
            if (bytes.Length > maxBytes) throw new TrustException(name, $"is larger than {maxBytes} bytes");
            var next = Successor(_root, name, bytes);
            DurableFile.Write(Path.Combine(_folder, name), bytes);
            _root = next;
        }
    }

    private static SignedFile<RootMetadata> Successor(SignedFile<RootMetadata> root, string name, byte[] bytes)
    {
        var next = SignedFile<RootMetadata>.Parse(name, bytes, RootMetadata.Read);
        next.RequireSignedBy(root.Metadata.Root, next.Metadata.Root);
        return next.Metadata.Version == root.Metadata.Version + 1 ? next
            : throw new TrustException(name, $"is version {next.Metadata.Version}, not {root.Metadata.Version + 1}",
                next.Metadata.Version <= root.Metadata.Version ? TrustFault.Rollback : TrustFault.Unusable);
    }

    private static SignedFile<RootMetadata>? KeptSuccessor(string folder, SignedFile<RootMetadata> root)
    {
        var name = TrustPath.NumberedRoot(root.Metadata.Version + 1);
        var path = Path.Combine(folder, name);
        if (!File.Exists(path)) return null;
        return new FileInfo(path).Length <= TrustPath.MaxBytes(name) ? Successor(root, name, File.ReadAllBytes(path))
            : throw new TrustException(name, "is too large");
    }

    // The timestamp fixes every byte below it, so the same timestamp under the same root is the same set.
    private bool IsUnchanged(TrustedTargets current, TimestampMetadata timestamp) =>
        current.Versions[TrustPath.Timestamp] == timestamp.Version
        && current.Files[TrustPath.Root].Span.SequenceEqual(_root.Bytes.Span);

    private static (TrustedTargets?, TrustException?) LoadActive(string folder, string agency, string box,
        List<SignedFile<RootMetadata>> roots)
    {
        try
        {
            var active = ActiveSet.Load(ActivePath(folder), agency, box);
            if (active is not null && !roots.Any(root => root.Bytes.Span.SequenceEqual(active.Files[TrustPath.Root].Span)))
                throw new TrustException(TrustPath.Root, "of the set in use does not follow from the one this box was enrolled with", TrustFault.Signature);
            return (active, null);
        }
        catch (TrustException damage)
        {
            return (null, damage);
        }
    }

    private static SignedFile<RootMetadata> ParseRoot(string name, ReadOnlyMemory<byte> bytes)
    {
        var root = SignedFile<RootMetadata>.Parse(name, bytes, RootMetadata.Read);
        root.RequireThreshold(root.Metadata.Root);
        return root;
    }

    private static string ActivePath(string folder) => Path.Combine(folder, "active.json");
}
