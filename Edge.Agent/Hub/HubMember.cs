using System.Diagnostics.CodeAnalysis;
using Edge.Storage.Trust;

namespace Edge.Agent.Hub;

/// <summary>One of several hubs that split what the boxes send.</summary>
/// <param name="Group">The name that all of them share.</param>
/// <param name="Member">The name that only this one has.</param>
public sealed record HubMember(string Group, string Member)
{
    /// <summary>What to say when names are refused.</summary>
    public const string Rule = PartyName.Rule + ", together at most 56";

    /// <summary>Its name at the broker, the common name of its certificate. No box can have it: '@' is in no box's name.</summary>
    public string BrokerName => $"hub@{Group}.{Member}";

    /// <summary>What its files are named after.</summary>
    public string FileName => $"hub.{Group}.{Member}";

    /// <summary>Lines for the access list of a Mosquitto broker of <paramref name="agency"/>: this member reads what the hub reads.</summary>
    public string Access(string agency) => $"user {BrokerName}\ntopic read edge/v1/{agency}/#\n\n";

    /// <summary>Makes one; false if a name does not keep to <see cref="Rule"/>.</summary>
    public static bool TryCreate(string group, string member, [NotNullWhen(true)] out HubMember? one)
    {
        // X.520: a common name has at most 64 characters.
        one = PartyName.IsValid(group) && PartyName.IsValid(member) && group.Length + member.Length <= 56 ? new HubMember(group, member) : null;
        return one is not null;
    }
}
