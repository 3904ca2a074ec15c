using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using Edge.Agent.Governance;
using Edge.Agent.Governance.Orders;
using Edge.Agent.Publishing;
using Edge.Storage.Audit;
using Edge.Storage.Json;
using Edge.Storage.Trust;

namespace Edge.Agent.Hub;

/// <summary>An order as the agency remembers having given it: <c>orders/{id}.json</c>, <c>{"id","box","account","verb","given",
/// "expires","case"?,"purpose"?,"outcome"?}</c>. It has the case in clear and stays at the agency.</summary>
public sealed record GivenOrder(string Id, string Box, string Account, Verb Verb, DateTimeOffset Given, DateTimeOffset Expires, string? Case, string? Purpose)
{
    /// <summary>What the box answered first; null while it has not.</summary>
    public AuditOutcome? Outcome { get; init; }

    public override string ToString() => $"GivenOrder({Id}, {Duties.Write(Verb)})";

    internal static bool TryParse(ReadOnlyMemory<byte> utf8, [NotNullWhen(true)] out GivenOrder? order, out IReadOnlyList<JsonProblem> problems) =>
        StrictJson.TryRead(utf8, 16 * 1024, Read, out order, out problems);

    internal byte[] Write()
    {
        var json = new JsonObject
        {
            ["id"] = Id, ["box"] = Box, ["account"] = Account, ["verb"] = Duties.Write(Verb), ["given"] = JsonTime.Write(Given),
            ["expires"] = JsonTime.Write(Expires),
        };
        if (Case is not null) json["case"] = Case;
        if (Purpose is not null) json["purpose"] = Purpose;
        if (Outcome is { } outcome) json["outcome"] = outcome.ToString();
        return CanonicalJson.Write(json);
    }

    private static GivenOrder Read(JsonFields fields)
    {
        AuditOutcome? outcome = null;
        if (fields.Has("outcome"))
        {
            AuditOutcome said = default;
            fields.Text("outcome", text => AuditOutcome.TryParse(text, out said), "must be done or refused:reason");
            outcome = said;
        }
        return new GivenOrder(fields.Text("id", OrderMessage.IsId, "must be an order's id"), fields.Text("box", PartyName.IsValid, PartyName.Rule),
            fields.Text("account", Operators.IsAccount, Operators.AccountRule), fields.Choice("verb", Duties.Verbs), fields.Instant("given"),
            fields.Instant("expires"), fields.Has("case") ? CaseRecord.Text(fields, "case", 64) : null,
            fields.Has("purpose") ? CaseRecord.Purpose(fields, "purpose") : null)
        { Outcome = outcome };
    }
}
