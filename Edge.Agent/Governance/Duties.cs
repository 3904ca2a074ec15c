using Edge.Storage.Audit;

namespace Edge.Agent.Governance;

/// <summary>What somebody may ask of a box. There is no verb that takes a plate, and none that crosses cases.</summary>
public enum Verb
{
    /// <summary><c>view-aim</c>: see a camera's picture while it is being aimed.</summary>
    ViewAim,
    /// <summary><c>search</c>: ask for the sealed hits of one case.</summary>
    Search,
    /// <summary><c>hold</c>: keep the hits of one case past their retention.</summary>
    Hold,
    /// <summary><c>release</c>: end a hold.</summary>
    Release,
    /// <summary><c>disposition</c>: record what a hit turned out to be.</summary>
    Disposition,
    /// <summary><c>export</c>: take a copy of the log.</summary>
    Export,
    /// <summary><c>revoke</c>: shut out an operator or a key.</summary>
    Revoke,
    /// <summary><c>decommission</c>: take a box out of service, its keys destroyed.</summary>
    Decommission,
}

/// <summary>Which role may ever have which verb, and has it where a policy is silent. Separate duties: who looks for
/// vehicles does not aim cameras or hand out logs; who oversees does not search; who audits changes nothing; a machine
/// searches, holds and judges nothing, because a person answers for that.</summary>
public static class Duties
{
    /// <summary>The roles that a policy may name: all but the box itself.</summary>
    public static IReadOnlyDictionary<string, AuditRole> Roles { get; } = new OrderedDictionary<string, AuditRole>
    {
        ["technician"] = AuditRole.Technician, ["auditor"] = AuditRole.Auditor, ["investigator"] = AuditRole.Investigator,
        ["oversight"] = AuditRole.Oversight, ["hub"] = AuditRole.Hub,
    };

    /// <summary>The one spelling of each verb.</summary>
    public static IReadOnlyDictionary<string, Verb> Verbs { get; } = new OrderedDictionary<string, Verb>
    {
        ["view-aim"] = Verb.ViewAim, ["search"] = Verb.Search, ["hold"] = Verb.Hold, ["release"] = Verb.Release,
        ["disposition"] = Verb.Disposition, ["export"] = Verb.Export, ["revoke"] = Verb.Revoke,
        ["decommission"] = Verb.Decommission,
    };

    /// <summary>The most that a policy can give to a role.</summary>
    public static IReadOnlyList<Verb> Widest(AuditRole role) => role switch
    {
        AuditRole.Technician => [Verb.ViewAim, Verb.Decommission],
        AuditRole.Auditor => [Verb.Export],
        AuditRole.Investigator => [Verb.Search, Verb.Hold, Verb.Release, Verb.Disposition],
        AuditRole.Oversight => [Verb.Release, Verb.Export, Verb.Revoke, Verb.Decommission],
        AuditRole.Hub => [Verb.Export, Verb.Revoke, Verb.Decommission],
        _ => [],
    };

    /// <summary>What a role may do where the policy does not say.</summary>
    public static IReadOnlyList<Verb> Least(AuditRole role) => role switch
    {
        AuditRole.Technician => [Verb.ViewAim],
        AuditRole.Auditor => [Verb.Export],
        AuditRole.Investigator => [Verb.Search, Verb.Disposition],
        AuditRole.Oversight => [Verb.Export, Verb.Revoke],
        _ => [],
    };

    public static string Write(AuditRole role) => Roles.First(known => known.Value == role).Key;

    public static string Write(Verb verb) => Verbs.First(known => known.Value == verb).Key;
}
