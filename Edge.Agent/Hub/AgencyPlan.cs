using Edge.Agent.Governance;
using Edge.Agent.Publishing;
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

    /// <summary>A narrow policy to start from: two purposes, exact matching, the most private defaults.</summary>
    public static Policy ExamplePolicy(string agency) => new()
    {
        Agency = agency,
        Version = 1,
        Purposes =
        [
            new Purpose("stolen-vehicle", "A theft reported to and verified by the agency. Name your law here."),
            new Purpose("missing-person", "An active alert for a missing or endangered person. Name your law here."),
        ],
    };
}
