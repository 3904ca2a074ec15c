using CsCheck;
using Edge.Agent.Hub;
using Edge.Agent.Publishing;
using Edge.Storage.Outbox;
using Edge.Storage.Retention;
using Edge.Tests.Database;
using Edge.Tests.Support;

namespace Edge.Tests.Outbox;

/// <summary>After the broker's PUBACK and before the hub's receipt.</summary>
public sealed class OutboxReceiptTests : IDisposable
{
    private readonly StateFixture _state = new();

    public void Dispose() => _state.Dispose();

    private long Sent(MessageKind kind = MessageKind.Incident, double hours = 9, params IReadOnlyCollection<long> names)
    {
        var number = _state.Outbox.Enqueue(kind, _state.Time.GetUtcNow().AddHours(hours), StateFixture.Message, logged: true, accountsFor: names);
        _state.Outbox.Acknowledge(number);
        return number;
    }

    private static HashSet<long> Missing(params long[] numbers) => [.. numbers];

    private int Settle(long through, HashSet<long> missing, long from = 1) =>
        _state.Outbox.Settle(new HubAccount(_state.Time.GetUtcNow(), from, through), missing);

    private IEnumerable<long> Ready => _state.Outbox.Ready(100).Select(message => message.Sequence);

    [Fact]
    public void What_a_receipt_covers_is_forgotten_and_what_is_beyond_it_is_kept()
    {
        for (var i = 0; i < 100; i++) Sent();
        Assert.Equal(0, Settle(90, Missing()));
        Assert.Equal(10, _state.Outbox.Count().Sent);
        Assert.Equal(4, Settle(95, Missing(92, 91, 95, 93)));
        Assert.Equal([91, 92, 93, 95], _state.Outbox.Ready(10).Select(message => message.Sequence));
    }

    [Fact]
    public void A_number_that_is_missed_and_is_here_no_more_is_named_by_the_next_summary()
    {
        Sent(MessageKind.Answer); // whoever waits for it asks again
        Sent(hours: 1);
        Sent();
        _state.Time.Advance(TimeSpan.FromHours(2));
        Sweep.Run(_state.Database);
        Assert.Empty(_state.Outbox.Dropped());
        Assert.Equal(1, Settle(3, Missing(1, 2, 3, 99)));
        _state.Reopen();
        Assert.Equal([1, 2], _state.Outbox.Dropped().Select(dropped => dropped.Sequence));
        Settle(3, Missing(1, 2));
        Assert.Equal([1, 2], _state.Outbox.Dropped().Select(dropped => dropped.Sequence));
    }

    [Fact]
    public void What_a_summary_named_is_known_until_the_hub_has_that_summary()
    {
        _state.Outbox.Enqueue(MessageKind.Checkpoint, _state.Time.GetUtcNow().AddHours(1), StateFixture.Message, logged: true);
        _state.Time.Advance(TimeSpan.FromHours(2));
        Sweep.Run(_state.Database);
        var summary = Sent(MessageKind.Summary, names: [1]);
        Settle(summary, Missing(summary)); // the broker has lost it: it goes again, with what it names
        _state.Reopen();
        Assert.Empty(_state.Outbox.Dropped());
        Assert.Equal(summary, Assert.Single(_state.Outbox.Ready(10)).Sequence);
        _state.Outbox.Acknowledge(summary);
        Settle(summary, Missing());
        Settle(summary, Missing(1)); // only now it is nobody's any more
        Assert.Equal([1], _state.Outbox.Dropped().Select(dropped => dropped.Sequence));
    }

    [Fact]
    public void Of_numbers_that_the_hub_has_never_heard_of_a_receipt_says_nothing_and_what_was_sent_of_them_leaves_once_more()
    {
        for (var i = 0; i < 20; i++) Sent();
        Assert.Equal(9, Settle(15, Missing(), from: 10));
        Assert.Equal((9, 5), (_state.Outbox.Count().Ready, _state.Outbox.Count().Sent));
        foreach (var number in Ready.ToList()) _state.Outbox.Acknowledge(number);
        _state.Reopen();
        Assert.Equal(0, Settle(16, Missing(), from: 10)); // the same account: not at once
        _state.Time.Advance(Edge.Storage.Outbox.Outbox.BeforeAgainAfter);
        Assert.Equal(9, Settle(16, Missing(), from: 10)); // a broker may have lost them again
        foreach (var number in Ready.ToList()) _state.Outbox.Acknowledge(number);
        _state.Time.Advance(Edge.Storage.Outbox.Outbox.BeforeAgainAfter);
        Assert.Equal(0, Settle(16, Missing(), from: 10)); // ever less often
        Assert.Equal(0, Settle(17, Missing(), from: 1)); // which has heard of them meanwhile
        Assert.Equal(3, _state.Outbox.Count().Sent);
        Assert.Equal(1, Settle(19, Missing(), from: 19)); // the hub has begun anew
        Assert.Equal([18], Ready);
    }

    [Fact]
    public void What_the_hub_last_said_outlives_a_restart()
    {
        Assert.Null(_state.Outbox.Account);
        Sent();
        Settle(1, Missing());
        var told = _state.Outbox.Account;
        _state.Reopen();
        Assert.Equal(new HubAccount(_state.Time.GetUtcNow(), 1, 1), told);
        Assert.Equal(told, _state.Outbox.Account);
    }

    [Fact]
    public void A_hit_for_another_agency_outlives_every_receipt_and_leaves_again_after_ever_longer_until_it_expires()
    {
        var hit = _state.Commit(shared: true);
        _state.Outbox.MarkLogged(hit, 0);
        _state.Outbox.Acknowledge(hit);
        var own = Sent();
        Assert.Equal(0, Settle(own, Missing()));
        var left = new List<double>();
        for (var minutes = 0; minutes <= 25 * 60; minutes += 10, _state.Time.Advance(TimeSpan.FromMinutes(10)))
        {
            if (_state.Outbox.SendSharedAgain() == 0) continue;
            left.Add(minutes / 60.0);
            _state.Outbox.Acknowledge(Assert.Single(_state.Outbox.Ready(10)).Sequence);
        }
        Assert.Equal([1, 3, 7, 15], left);
        Sweep.Run(_state.Database);
        Assert.Equal(0, _state.Outbox.Count().Sent);
    }

    [Fact]
    public void What_was_sent_gives_way_before_anything_that_was_not()
    {
        var old = Sent();
        _state.Outbox.Limit = 200;
        var waiting = _state.Outbox.Enqueue(MessageKind.Summary, _state.Time.GetUtcNow().AddHours(9), _ => new byte[120], logged: true);
        Assert.Equal(0, _state.Outbox.Count().Sent);
        Assert.Equal([waiting], _state.Outbox.Ready(10).Select(message => message.Sequence));
        Assert.Empty(_state.Outbox.Dropped()); // number 1 was sent: unless the hub says otherwise it has it
        Settle(old, Missing(old));
        Assert.Equal([old], _state.Outbox.Dropped().Select(dropped => dropped.Sequence));
    }

    /// <summary>A broker that acknowledges and forgets, a box that loses power, receipts that get lost: real messages, the real ledger.</summary>
    [Fact]
    public void Whatever_the_broker_loses_after_its_PUBACK_the_hub_gets_every_message_or_is_told_that_it_was_given_up() =>
        Gen.Select(Gen.Int[0, 11], Gen.Int[0, 99]).Array[10, 60].Sample(steps =>
        {
            using var state = new StateFixture();
            using var box = new SampleBox();
            using var ledger = new ArrivalLedger();
            var (inbox, broker, seen) = (new Inbox(box.Verifier, ledger), new List<OutboxMessage>(), new HashSet<long>());
            var ends = new Dictionary<long, DateTimeOffset>();
            foreach (var (step, size) in steps)
                switch (step)
                {
                    case <= 2: Say(MessageKind.Incident); break;
                    case <= 4: Say(MessageKind.Summary); break;
                    case <= 6: Send(size % 5); break;
                    case 7: Deliver(); break;
                    case 8: broker.Clear(); break;
                    case 9: state.Reopen(); break;
                    case 10: state.Time.Advance(TimeSpan.FromMinutes(size)); Sweep.Run(state.Database); break;
                    default: Settle(); break;
                }
            // From here on nothing is lost. What was sent before the hub's account began leaves again as time goes by; then two summaries and a
            // receipt bring everything to light, two more the rest.
            for (var round = 0; round < 8; round++)
            {
                Say(MessageKind.Summary);
                Say(MessageKind.Summary);
                Send(int.MaxValue);
                Deliver();
                Settle();
                if (round > 3) continue;
                state.Time.Advance(Edge.Storage.Outbox.Outbox.BeforeAgainAfter);
                Sweep.Run(state.Database);
            }
            Assert.Equal(0, ledger.Missing);
            // What expired before the hub had ever heard of the box is the only thing that it may not know of.
            for (var number = 1L; number <= state.Database.LastSequence; number++)
                Assert.True(seen.Contains(number) || ends[number] <= state.Time.GetUtcNow(), $"number {number} is neither with the hub nor expired");
            Assert.Equal(0, state.Outbox.Count().Ready);
            if (ledger.ReceiptFor(box.Name, SampleBox.Now) is { From: 1 }) Assert.InRange(state.Outbox.Count().Sent, 0, 2);

            void Say(MessageKind kind)
            {
                var dropped = kind == MessageKind.Summary ? state.Outbox.Dropped().Select(one => one.Sequence).ToArray() : [];
                var expires = state.Time.GetUtcNow().AddHours(2);
                var given = state.Outbox.Enqueue(kind, expires, number => kind == MessageKind.Summary
                    ? box.Signer.Summary(number, SampleBox.Summary(dropped), SampleBox.Now) : box.Signer.Incident(number, SampleBox.Notice, SampleBox.Now),
                    logged: true, accountsFor: dropped);
                ends.Add(given, expires);
            }

            void Send(int most)
            {
                if (most == 0) return;
                foreach (var message in state.Outbox.Ready(most))
                {
                    broker.Add(message);
                    state.Outbox.Acknowledge(message.Sequence);
                }
            }

            void Deliver()
            {
                foreach (var message in broker)
                {
                    if (inbox.TakeOne(box.Signer.Address(message).Topic, message.Payload.Span, SampleBox.Now) is not
                        { Message: ReceivedMessage.Accepted accepted }) continue;
                    Assert.True(seen.Add(accepted.Event.Sequence) || accepted is not ReceivedMessage.Incident, "each incident is shown once");
                    if (accepted is ReceivedMessage.Summary { Counters.Dropped: var dropped }) seen.UnionWith(dropped);
                }
                broker.Clear();
            }

            void Settle()
            {
                if (ledger.ReceiptFor(box.Name, SampleBox.Now) is not { } receipt) return;
                state.Outbox.Settle(new HubAccount(receipt.Time, receipt.From, receipt.Through), receipt.Missing.ToHashSet());
            }
        }, iter: 30, threads: 1);
}
