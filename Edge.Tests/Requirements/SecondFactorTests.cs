using Edge.Storage.Audit;
using Edge.Storage.Keys;

namespace Edge.Tests.Requirements;

/// <summary>Requirement 3. Of "MFA for every user" what exists is the offline order: something one has and something one knows.</summary>
public sealed class SecondFactorTests
{
    private static readonly byte[] Passphrase = "correct horse battery"u8.ToArray();

    [Fact]
    public void An_offline_order_is_signed_by_a_passphrase_held_key_and_good_once()
    {
        using var box = new OrderedBox();
        using var key = box.Opened(Passphrase);
        var order = box.Sign(box.Hold(), key);
        Assert.Equal(AuditOutcome.Done, box.Desk.Take(order)!.Outcome);
        Assert.Equal(AuditOutcome.Refused("replayed"), box.Desk.Take(order)!.Outcome);
        Assert.Equal((AuditAction.OrderRefused, AuditOutcome.Refused("replayed")), (box.LastEntry.Action, box.LastEntry.Outcome));
    }

    [Fact]
    public void With_one_factor_missing_there_is_no_order()
    {
        using var box = new OrderedBox();
        using var stranger = SigningKey.Create();
        Assert.False(KeeperKey.Protect(stranger, Passphrase, Matching.Lists.Cheap).TryOpen("another passphrase"u8, out _));
        Assert.Null(box.Desk.Take(box.Sign(box.Hold(), stranger)));
        Assert.Equal(AuditOutcome.Refused("unknown-operator"), box.LastEntry.Outcome);
    }
}
