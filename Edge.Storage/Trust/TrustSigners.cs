using Edge.Storage.Keys;

namespace Edge.Storage.Trust;

/// <summary>The private keys at hand for one role, and how many signatures the role needs.</summary>
public sealed record SigningRole(IReadOnlyList<SigningKey> Keys, int Threshold)
{
    internal RoleKeys Public => RoleKeys.Of(Threshold, Keys.Select(key => key.Public));
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
}

/// <summary>How long each metadata file lives from the moment it is signed.</summary>
/// <param name="Timestamp">Also how long a box can be kept from learning of news before it knows that it is.</param>
public sealed record TrustLifetimes(TimeSpan Root, TimeSpan Timestamp, TimeSpan Snapshot, TimeSpan Targets, TimeSpan Hotlists)
{
    /// <summary>Root a year, timestamp 7 days, snapshot and hotlists 30 days, targets 90 days.</summary>
    public static TrustLifetimes Default { get; } = new(TimeSpan.FromDays(365), TimeSpan.FromDays(7),
        TimeSpan.FromDays(30), TimeSpan.FromDays(90), TimeSpan.FromDays(30));
}
