using Edge.Storage.Keys;

namespace Edge.Storage.Trust;

/// <summary>The private keys at hand for one role, and how many signatures the role needs.</summary>
public sealed record SigningRole(IReadOnlyList<SigningKey> Keys, int Threshold)
{
    /// <summary>Keys of the role whose private half is elsewhere: with the people who keep them.</summary>
    public IReadOnlyList<VerifyingKey> Elsewhere { get; init; } = [];

    /// <summary>True if the keys at hand are enough.</summary>
    public bool IsComplete => Keys.Count >= Threshold;

    internal RoleKeys Public => RoleKeys.Of(Threshold, Keys.Select(key => key.Public).Concat(Elsewhere));
}

/// <summary>Who signs what in a repository.</summary>
public sealed record TrustSigners(SigningRole Root, SigningRole Timestamp, SigningRole Snapshot, SigningRole Targets,
    SigningRole Hotlists)
{
    /// <summary>One key for every role, threshold 1. A start: the form of the files is the same with more keys, and boxes
    /// follow when root names them.</summary>
    public static TrustSigners OneKey(SigningKey key)
    {
        var role = new SigningRole([key], 1);
        return new TrustSigners(role, role, role, role, role);
    }

    /// <summary>The roles of the repository in <paramref name="folder"/>, each with those of <paramref name="atHand"/> that
    /// are its keys. Borrows the keys.</summary>
    /// <exception cref="TrustException">root.json or targets.json there is damaged.</exception>
    public static TrustSigners Of(string folder, string agency, IReadOnlyList<SigningKey> atHand)
    {
        var root = TrustRepositoryWriter.Read(folder, TrustPath.Root, RootMetadata.Read)
            ?? throw new TrustException(TrustPath.Root, "missing");
        var targets = TrustRepositoryWriter.Read(folder, TrustPath.Targets, TargetsMetadata.ReadTopLevel)
            ?? throw new TrustException(TrustPath.Targets, "missing");
        if (!targets.Delegations!.TryGetValue(TrustPath.HotlistRole(agency), out var hotlists))
            throw new TrustException(TrustPath.Targets, $"delegates no role {TrustPath.HotlistRole(agency)}");
        SigningRole Role(RoleKeys role)
        {
            var held = atHand.Where(key => role.Keys.ContainsKey(RoleKeys.KeyIdOf(key.Public))).DistinctBy(key => key.Public).ToList();
            return new SigningRole(held, role.Threshold)
            {
                Elsewhere = [.. role.Keys.Values.Where(key => !held.Any(one => one.Public.Equals(key)))],
            };
        }
        return new TrustSigners(Role(root.Root), Role(root.Timestamp), Role(root.Snapshot), Role(root.Targets), Role(hotlists));
    }
}

/// <summary>How long each metadata file lives from the moment it is signed.</summary>
/// <param name="Timestamp">Also how long a box can be kept from learning of news before it knows that it is. Boxes count on
/// <see cref="TimestampMetadata.Life"/>.</param>
public sealed record TrustLifetimes(TimeSpan Root, TimeSpan Timestamp, TimeSpan Snapshot, TimeSpan Targets, TimeSpan Hotlists)
{
    /// <summary>Root a year, timestamp 7 days, snapshot and hotlists 30 days, targets 90 days.</summary>
    public static TrustLifetimes Default { get; } = new(TimeSpan.FromDays(365), TimestampMetadata.Life,
        TimeSpan.FromDays(30), TimeSpan.FromDays(90), TimeSpan.FromDays(30));
}
