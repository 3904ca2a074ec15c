using Edge.Agent.Governance;
using Edge.Agent.Publishing;
using Edge.Storage.Keys;
using Edge.Storage.Sealing;

namespace Edge.Agent.Hub;

/// <summary>What a new agency starts with.</summary>
public sealed record AgencyPlan
{
    /// <summary>The agency's name; a <see cref="Edge.Storage.Trust.PartyName"/>.</summary>
    public required string Agency { get; init; }

    /// <summary>Where its broker listens; its certificate will name this host.</summary>
    public BrokerAddress Broker { get; init; } = new("localhost", BrokerAddress.DefaultPort);

    /// <summary>The first policy; <see cref="ExamplePolicy"/> unless given.</summary>
    public Policy? Policy { get; init; }

    /// <summary>The first hotlist. The caller disposes the plates.</summary>
    public IReadOnlyList<WantedPlate> Wanted { get; init; } = [];

    /// <summary>What one blinded plate costs.</summary>
    public BlindCost Cost { get; init; } = BlindCost.Default;

    /// <summary>Who signs root and targets. None: the agency keeps one unprotected key for both in its own folder, as the demo
    /// and a first try do. The caller disposes the keys.</summary>
    public IReadOnlyList<Keeper> Keepers { get; init; } = [];

    /// <summary>How many keepers must sign; formats ask for 2 of 3.</summary>
    public int KeeperThreshold { get; init; } = 2;

    /// <summary>A narrow policy to start from: two purposes, exact matching, the most private defaults.</summary>
    public static Policy ExamplePolicy(string agency) => new()
    {
        Agency = agency,
        Version = 1,
        Purposes =
        [
            new Purpose("stolen-vehicle", $"A theft reported to and verified by the agency. {Governance.Policy.LawToCome}"),
            new Purpose("missing-person", $"An active alert for a missing or endangered person. {Governance.Policy.LawToCome}"),
        ],
    };
}

/// <summary>One person's key at the making of an agency.</summary>
/// <param name="Name">Of the file, without its ending.</param>
/// <param name="File">The key as its keeper carries it away: protected.</param>
public sealed record Keeper(string Name, SigningKey Key, KeeperKey File);
