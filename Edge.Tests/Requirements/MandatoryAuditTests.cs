using Edge.Agent.Governance;
using Edge.Storage.Audit;

namespace Edge.Tests.Requirements;

/// <summary>Requirements 5, 6 and 13: no audit entry, no action; what was refused stands in the log too.</summary>
public sealed class MandatoryAuditTests
{
    [Fact]
    public void No_audit_entry_no_action()
    {
        using var box = new OrderedBox();
        var order = box.Sign(box.Hold());
        box.Audit.Dispose();
        Assert.Throws<ObjectDisposedException>(() => box.Desk.Take(order));
        Assert.Equal(0, box.State.Database.Orders.Count);
        Assert.Equal(0, box.State.Outbox.Count().Ready);
    }

    [Fact]
    public void Every_action_is_logged_with_actor_role_verb_case_purpose_and_outcome()
    {
        using var box = new OrderedBox();
        box.Take(box.Hold());
        var entry = box.LastEntry;
        Assert.Equal(("somebody-1", AuditRole.Investigator, AuditAction.OrderHold, OrderedBox.Purpose, AuditOutcome.Done),
            (entry.Actor, entry.Role, entry.Action, entry.Purpose, entry.Outcome));
        Assert.NotNull(entry.Case);
        Assert.DoesNotContain(OrderedBox.Case, System.Text.Encoding.UTF8.GetString(box.Audit.ReadTail(1)[0].Json.Span), StringComparison.Ordinal);
    }

    [Fact]
    public void A_purpose_limit_that_is_overstepped_is_a_log_entry_and_an_out_of_policy_incident()
    {
        using var box = new OrderedBox();
        Assert.Equal(AuditOutcome.Refused("purpose-not-allowed"), box.Take(box.Hold(purpose: "curiosity"))!.Outcome);
        Assert.Equal((AuditOutcome.Refused("purpose-not-allowed"), "curiosity"), (box.LastEntry.Outcome, box.LastEntry.Purpose));
        Assert.Equal((IncidentKind.OutOfPolicyOrder, "purpose-not-allowed"), Assert.Single(box.Incidents));
    }
}
