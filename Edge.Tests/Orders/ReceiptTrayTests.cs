using Edge.Agent.Governance;
using Edge.Agent.Orders;
using Edge.Agent.Publishing;
using Edge.Storage.Keys;
using Edge.Storage.Outbox;
using Edge.Tests.Database;

namespace Edge.Tests.Orders;

public sealed class ReceiptTrayTests : IDisposable
{
    private readonly OrderLab _lab = new();
    private readonly SigningKey _hub = SigningKey.Create();
    private readonly List<(IncidentKind Kind, string Detail)> _incidents = [];
    private ReceiptTray _tray;

    public ReceiptTrayTests()
    {
        _lab.Trust = _lab.Trust! with { Targets = _lab.Trust.Targets with { OnlineKeys = [_hub.Public] } };
        _tray = NewTray();
        for (var number = 1; number <= 3; number++)
        {
            _lab.State.Outbox.Enqueue(MessageKind.Summary, _lab.Now.AddHours(9), StateFixture.Message, logged: true);
            _lab.State.Outbox.Acknowledge(number);
        }
    }

    public void Dispose()
    {
        _hub.Dispose();
        _lab.Dispose();
    }

    private string Key => _lab.State.Keys.Messages.Public.KeyId;

    private ReceiptTray NewTray() => new(_lab.Box, Key, _lab.State.Database, () => _lab.Trust,
        (kind, detail) => _incidents.Add((kind, detail)), _lab.State.Time, _lab.Log);

    private void Take(long through, double seconds = 0, SigningKey? key = null, BoxName? box = null, string? of = null, long from = 1, params long[] missing) =>
        _tray.Take(new Receipt(box ?? _lab.Box, of ?? Key, _lab.Now.AddSeconds(seconds), from, through, missing).Sign(key ?? _hub));

    private int Sent => _lab.State.Outbox.Count().Sent;

    private void AssertRefused(string reason)
    {
        Assert.Equal(3, Sent);
        Assert.Contains(reason, Assert.Single(_lab.Log.Lines), StringComparison.Ordinal);
        Assert.Empty(_incidents);
    }

    private IEnumerable<long> Ready => _lab.State.Outbox.Ready(10).Select(message => message.Sequence);

    [Fact]
    public void What_the_hub_has_is_forgotten_and_what_it_misses_is_sent_again()
    {
        Take(through: 2, missing: 2);
        Assert.Equal([2], Ready);
        Assert.Equal(1, Sent); // number 3 is beyond what it speaks of
        Assert.Empty(_incidents);
        Assert.Contains(_lab.Log.Lines, line => line.Contains("has not got 1 message(s)", StringComparison.Ordinal));
    }

    [Fact]
    public void An_old_receipt_brought_again_has_nothing_sent_again()
    {
        Take(through: 2, missing: 2);
        _lab.State.Outbox.Acknowledge(2);
        Take(through: 2, missing: 2);
        Take(through: 2, seconds: -5, missing: 2);
        Assert.Empty(Ready);
        Take(through: 2, seconds: 5, missing: 2);
        Assert.Equal([2], Ready);
    }

    [Fact]
    public void An_old_receipt_is_none_after_a_restart_either()
    {
        Take(through: 3, missing: [1, 2, 3]);
        foreach (var number in Ready.ToList()) _lab.State.Outbox.Acknowledge(number);
        Take(through: 3, seconds: 300);
        _lab.State.Reopen();
        _tray = NewTray();
        Take(through: 3, missing: [1, 2, 3]); // replayed by the broker: what it names as missing has come since, and is here no more
        Assert.Empty(_lab.State.Outbox.Dropped());
        Assert.Contains("older than the last", _lab.Log.Lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void A_receipt_for_the_box_that_had_this_name_before_is_none_for_this_one()
    {
        Take(through: 3, of: _hub.Public.KeyId);
        AssertRefused("another key under this box's name");
    }

    [Theory, InlineData(4), InlineData(long.MaxValue)]
    public void A_receipt_for_numbers_that_this_box_has_not_given_out_is_refused(long through)
    {
        Take(through);
        AssertRefused("was it set back");
        Take(through: 3, seconds: 1);
        Assert.Equal(0, Sent);
    }

    [Fact]
    public void A_receipt_from_the_future_is_refused_and_hides_no_right_one()
    {
        Take(through: 3, seconds: TimeSpan.FromHours(25).TotalSeconds);
        AssertRefused("more than a day ahead");
        Take(through: 3);
        Assert.Equal(0, Sent);
    }

    [Fact]
    public void What_the_hub_does_not_know_of_is_kept_and_sent_once_more()
    {
        Take(through: 3, from: 3);
        Assert.Equal([1, 2], Ready);
        foreach (var number in Ready.ToList()) _lab.State.Outbox.Acknowledge(number);
        Take(through: 3, seconds: 5, from: 3);
        Assert.Empty(Ready);
        Assert.Equal(2, Sent);
    }

    [Fact]
    public void Nothing_that_the_hub_has_not_signed_is_obeyed()
    {
        using var stranger = SigningKey.Create();
        Take(through: 3, key: stranger);
        Take(through: 3, box: new BoxName("riverton", "box-2"));
        Take(through: 3, box: new BoxName("millbrook", "box-1"));
        _tray.Take("not a message"u8);
        var cut = new Receipt(_lab.Box, Key, _lab.Now, 1, 3, []).Sign(_hub);
        _tray.Take(cut.AsSpan(..^2));
        Assert.Equal(3, Sent);
        // A key that this box does not know accuses nobody: the hub's keys rotate.
        Assert.Equal(Enumerable.Repeat((IncidentKind.RefusedSignature, "receipt"), 3), _incidents);
    }

    [Fact]
    public void A_flood_of_forged_receipts_is_told_sixty_times_an_hour()
    {
        for (var i = 0; i < 500; i++) Take(through: 3, box: new BoxName("riverton", "box-2"));
        Assert.Equal(60, _incidents.Count);
        Assert.Equal(60, _lab.Log.Lines.Count);
    }

    [Fact]
    public void Before_the_first_policy_a_receipt_says_nothing()
    {
        _lab.Trust = null;
        Take(through: 3);
        Assert.Equal(3, Sent);
        Assert.Empty(_incidents);
    }
}
