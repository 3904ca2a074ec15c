using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using Edge.Storage.Json;
using Edge.Storage.Trust;

namespace Edge.Agent.Governance;

/// <summary>Why a grant is not in use.</summary>
/// <param name="Index">Place in the list, from 0, of one that is not well formed.</param>
/// <param name="Grant">The grant, if it is well formed.</param>
/// <param name="Reason">Starts with the member at fault; never a case.</param>
public sealed record RefusedGrant(int? Index, Grant? Grant, string Reason)
{
    public override string ToString() => Grant is null ? $"grant number {Index}: {Reason}" : $"grant {Grant.Id}: {Reason}";
}

/// <summary>Which other agencies this one shares with, signed as <c>grants.json</c>: <c>{"agency","version","grants":[{"id",
/// "agency","jurisdiction","cases","justification","notBefore","expires","disclosure"?,"recipients","oversight"?}]}</c>. Every
/// grant stands or falls by itself.</summary>
/// <param name="All">Those that are well formed, ended ones too.</param>
public sealed record Grants(string Agency, int Version, IReadOnlyList<Grant> All)
{
    public const int Most = 32;

    /// <summary>No sharing: what an agency has that never granted anything.</summary>
    public static Grants None(string agency) => new(agency, 0, []);

    /// <summary>Reads <c>grants.json</c>.</summary>
    /// <param name="refused">Grants that are not well formed, also when this returns true.</param>
    /// <returns>False, and every problem with its path, if the list as a whole cannot be used.</returns>
    public static bool TryParse(ReadOnlyMemory<byte> utf8, [NotNullWhen(true)] out Grants? grants, out IReadOnlyList<RefusedGrant> refused,
        out IReadOnlyList<JsonProblem> problems)
    {
        var malformed = new List<RefusedGrant>();
        refused = malformed;
        return StrictJson.TryRead(utf8, TrustPath.MaxBytes(TrustPath.Grants), fields => Read(fields, malformed), out grants, out problems);
    }

    /// <summary>Writes what <see cref="TryParse"/> reads.</summary>
    public byte[] Write() => CanonicalJson.Write(new JsonObject
    {
        ["agency"] = Agency, ["version"] = Version, ["grants"] = new JsonArray([.. All.Select(grant => (JsonNode)grant.Write())]),
    });

    private static Grants Read(JsonFields fields, List<RefusedGrant> refused)
    {
        var all = new List<Grant>();
        foreach (var (i, element) in fields.Elements("grants", 0, Most).Index())
            if (StrictJson.TryRead(element, "", Grant.Read, out var grant, out var problems)) all.Add(grant);
            else refused.Add(new RefusedGrant(i, null, string.Join("; ", problems)));
        return new Grants(fields.Text("agency", PartyName.IsValid, PartyName.Rule), fields.Whole("version", 1, int.MaxValue), all);
    }
}
