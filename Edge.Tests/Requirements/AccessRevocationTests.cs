using Edge.Agent.Governance;
using Edge.Agent.Governance.Orders;
using Edge.Storage.Audit;

namespace Edge.Tests.Requirements;

/// <summary>Requirement 18. That an old list of operators cannot come back is the trust client's: see TufAttackTests.</summary>
public sealed class AccessRevocationTests
{
    [Fact]
    public void Access_ends_with_the_first_list_that_leaves_an_operator_out()
    {
        using var box = new OrderedBox();
        Assert.NotNull(box.Take(box.Hold()));
        box.Trust = box.Trust with { Operators = new Operators("riverton", 2, []) };
        Assert.Null(box.Take(box.Hold()));
        Assert.Equal(AuditOutcome.Refused("unknown-operator"), box.LastEntry.Outcome);
    }

    [Fact]
    public void A_revoked_key_is_refused_at_once_and_after_a_restart_whatever_the_list_says()
    {
        using var box = new OrderedBox(AuditRole.Oversight);
        Assert.Equal(AuditOutcome.Done, box.Take(new Order.Revoke(box.By.Key.KeyId))!.Outcome);
        Assert.Null(box.Take(new Order.Export()));
        Assert.Equal(AuditOutcome.Refused("revoked-operator"), box.LastEntry.Outcome);
        box.Restart();
        Assert.Null(box.Take(new Order.Export()));
    }
}
