using Edge.Agent.Governance;
using Edge.Agent.Hub;
using Edge.Agent.Matching;
using Edge.Storage.Audit;
using Edge.Storage.Keys;
using Edge.Storage.Trust;
using Edge.Tests.Matching;

namespace Edge.Tests.Support;

/// <summary>Riverton, whose boxes stand beside the road, and the sheriff, who has cases of his own: two real folders, and what is
/// carried between them. Both sign alone.</summary>
internal sealed class TwoAgencies : IDisposable
{
    public const string Case = "S-2026-7";

    private readonly TemporaryFolder _folder = new();

    public TwoAgencies(params IReadOnlyList<Jurisdiction> shares)
    {
        Riverton = Make("riverton", Lists.Policy with { Sharing = shares }, Lists.Wanted("AB123"));
        Sheriff = Make("sheriff", AgencyPlan.ExamplePolicy("sheriff"), Lists.Wanted("ZZ999", "S-own"));
        Overseer = SigningKey.Create();
        Investigator = SigningKey.Create();
        Operators((Overseer, AuditRole.Oversight), (Investigator, AuditRole.Investigator));
    }

    public Agency Riverton { get; }

    public Agency Sheriff { get; }

    /// <summary>An operator of Riverton's with the role oversight.</summary>
    public SigningKey Overseer { get; }

    public SigningKey Investigator { get; }

    public string File(string name) => _folder.File(name);

    /// <summary>The sheriff offers, Riverton takes over: his keys, and his list if a grant names him.</summary>
    public TakenOver Carry(DateTimeOffset? now = null) => Riverton.Grants.Take(Sheriff.Grants.OfferFor("riverton", now ?? Lists.Now).Folder, now ?? Lists.Now);

    /// <summary>The way back: Riverton's boxes, and the pass to its broker.</summary>
    public TakenOver CarryBack(DateTimeOffset? now = null) =>
        Sheriff.Grants.Take(Riverton.Grants.OfferFor("sheriff", now ?? Lists.Now).Folder, now ?? Lists.Now);

    public Grant Grant(Jurisdiction jurisdiction = Jurisdiction.Local, params IReadOnlyList<string> cases) => new()
    {
        Id = "sheriff-1", Agency = "sheriff", Jurisdiction = jurisdiction, Cases = cases.Count > 0 ? cases : [Case],
        Justification = "A joint task force on stolen vehicles, agreed on 1 October.", NotBefore = Lists.Now, Expires = Lists.Now.AddDays(1),
        Disclosure = jurisdiction is Jurisdiction.Federal or Jurisdiction.Foreign ? DateOnly.FromDateTime(Lists.Now.AddDays(30).UtcDateTime) : null,
        Recipients = Sheriff.PublishedRecipients.Keys,
    };

    /// <summary>The sheriff's list for Riverton's boxes.</summary>
    public HotlistOutcome Want(params IReadOnlyList<WantedPlate> wanted) => Sheriff.Hotlists.Change("riverton",
        new HotlistChange { Wanted = wanted, Everything = true }, Lists.Now, null, TestContext.Current.CancellationToken);

    /// <summary>Everything that a share needs: a grant, a list, boxes known.</summary>
    public void Share(Grant? grant = null, params IReadOnlyList<WantedPlate> wanted)
    {
        Carry();
        Assert.Equal(GrantStep.Published, Riverton.Grants.Add(grant ?? Grant(), Lists.Now));
        Want(wanted.Count > 0 ? wanted : [Lists.Wanted("CD456", Case)]);
        Carry();
        CarryBack();
    }

    public void Operators(params IReadOnlyList<(SigningKey Key, AuditRole Role)> operators) =>
        Assert.True(Riverton.Ceremony.Propose(new Dictionary<string, byte[]>
    {
        [TrustPath.Operators] = new Operators("riverton", 2, [.. operators.Select((one, i) => new Operator($"operator-{i + 1}", one.Role, one.Key.Public,
            Lists.Now.AddDays(-1), Lists.Now.AddDays(60)))]).Write(),
    }, Lists.Now));

    public void Dispose()
    {
        Overseer.Dispose();
        Investigator.Dispose();
        Riverton.Dispose();
        Sheriff.Dispose();
        _folder.Dispose();
    }

    private Agency Make(string name, Policy policy, params IReadOnlyList<WantedPlate> wanted) => Agency.Create(_folder.File(name),
        new AgencyPlan { Agency = name, Policy = policy, Cost = Lists.Cheap, Wanted = wanted }, Lists.Now, null, out _)!;
}
