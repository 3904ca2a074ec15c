using Edge.Agent.Governance;
using Edge.Agent.Governance.Orders;
using Edge.Storage.Audit;
using Edge.Tests.Database;

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

    [Theory]
    [InlineData("revoke")]
    [InlineData("export")]
    [InlineData("decommission")]
    public void No_audit_entry_no_action_outside_the_database_either(string verb)
    {
        using var box = new OrderedBox(AuditRole.Oversight);
        var before = box.Files;
        box.Audit.Dispose();
        Assert.Throws<ObjectDisposedException>(() => box.Take(Order(verb)));
        Assert.Equal(before, box.Files); // no key shut out, no copy, no mark of an end
    }

    [Theory]
    [InlineData("search", AuditRole.Investigator, AuditAction.OrderSearch)]
    [InlineData("hold", AuditRole.Investigator, AuditAction.OrderHold)]
    [InlineData("release", AuditRole.Investigator, AuditAction.OrderRelease)]
    [InlineData("export", AuditRole.Oversight, AuditAction.OrderExport)]
    [InlineData("revoke", AuditRole.Oversight, AuditAction.OrderRevoke)]
    [InlineData("decommission", AuditRole.Oversight, AuditAction.OrderDecommission)]
    public void Every_action_is_logged_with_actor_role_verb_case_purpose_and_outcome(string verb, AuditRole role, AuditAction action)
    {
        using var box = new OrderedBox(role);
        var order = Order(verb);
        box.Take(order);
        var (entry, about) = (box.LastEntry, order as Order.AboutCase);
        Assert.Equal(("somebody-1", role, action, about?.Purpose, AuditOutcome.Done),
            (box.Disclosed("person"), entry.Role, entry.Action, entry.Purpose, entry.Outcome));
        Assert.Equal(about is null, entry.Case is null);
        Assert.Equal("person", entry.Actor);
        Assert.DoesNotContain("somebody-1", System.Text.Encoding.UTF8.GetString(box.Audit.ReadTail(1)[0].Json.Span), StringComparison.Ordinal);
        Assert.DoesNotContain(OrderedBox.Case, System.Text.Encoding.UTF8.GetString(box.Audit.ReadTail(1)[0].Json.Span), StringComparison.Ordinal);
    }

    private static Order Order(string verb) => verb switch
    {
        "search" => new Order.Search(OrderedBox.Case, OrderedBox.Purpose, StateFixture.Start.AddDays(-1), StateFixture.Start, 0),
        "hold" => new Order.Hold(OrderedBox.Case, OrderedBox.Purpose, StateFixture.Start.AddDays(2)),
        "release" => new Order.Release(OrderedBox.Case, OrderedBox.Purpose),
        "export" => new Order.Export(),
        "revoke" => new Order.Revoke(new string('k', 43)),
        _ => new Order.Decommission(),
    };

    [Fact]
    public void A_purpose_limit_that_is_overstepped_is_a_log_entry_and_an_out_of_policy_incident()
    {
        using var box = new OrderedBox();
        Assert.Equal(AuditOutcome.Refused("purpose-not-allowed"), box.Take(box.Hold(purpose: "curiosity"))!.Outcome);
        Assert.Equal((AuditOutcome.Refused("purpose-not-allowed"), "outside-policy", "curiosity"),
            (box.LastEntry.Outcome, box.LastEntry.Purpose, box.Disclosed("claim")));
        Assert.Equal((IncidentKind.OutOfPolicyOrder, "purpose-not-allowed"), Assert.Single(box.Incidents));
    }
}
