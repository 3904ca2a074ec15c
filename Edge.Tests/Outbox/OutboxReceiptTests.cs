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

    [Fact]
    public void What_a_receipt_covers_is_forgotten_and_what_is_beyond_it_is_kept()
    {
        for (var i = 0; i < 100; i++) Sent();
        Assert.Equal(0, _state.Outbox.Settle(90, Missing()));
        Assert.Equal(10, _state.Outbox.Count().Sent);
        Assert.Equal(4, _state.Outbox.Settle(95, Missing(92, 91, 95, 93)));
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
        Assert.Equal(1, _state.Outbox.Settle(3, Missing(1, 2, 3, 99)));
        _state.Reopen();
        Assert.Equal([1, 2], _state.Outbox.Dropped().Select(dropped => dropped.Sequence));
        _state.Outbox.Settle(3, Missing(1, 2));
        Assert.Equal([1, 2], _state.Outbox.Dropped().Select(dropped => dropped.Sequence));
    }

    [Fact]
    public void What_a_summary_named_is_known_until_the_hub_has_that_summary()
    {
        _state.Outbox.Enqueue(MessageKind.Checkpoint, _state.Time.GetUtcNow().AddHours(1), StateFixture.Message, logged: true);
        _state.Time.Advance(TimeSpan.FromHours(2));
        Sweep.Run(_state.Database);
        var summary = Sent(MessageKind.Summary, names: [1]);
        _state.Outbox.Settle(summary, Missing(summary)); // the broker has lost it: it goes again, with what it names
        _state.Reopen();
        Assert.Empty(_state.Outbox.Dropped());
        Assert.Equal(summary, Assert.Single(_state.Outbox.Ready(10)).Sequence);
        _state.Outbox.Acknowledge(summary);
        _state.Outbox.Settle(summary, Missing());
        _state.Outbox.Settle(summary, Missing(1)); // only now it is nobody's any more
        Assert.Equal([1], _state.Outbox.Dropped().Select(dropped => dropped.Sequence));
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
        _state.Outbox.Settle(old, Missing(old));
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
            Say(MessageKind.Incident); // the first that a hub sees is where it begins to count
            Send(int.MaxValue);
            Deliver();
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
            // From here on nothing is lost: two summaries and a receipt bring everything to light, two more the rest.
            for (var round = 0; round < 3; round++)
            {
                Say(MessageKind.Summary);
                Say(MessageKind.Summary);
                Send(int.MaxValue);
                Deliver();
                Settle();
            }
            Assert.Equal(0, ledger.Missing);
            Assert.Equal(state.Database.LastSequence, seen.Count);
            Assert.True(state.Outbox.Count() is { Ready: 0, Sent: <= 2 });

            void Say(MessageKind kind)
            {
                var dropped = kind == MessageKind.Summary ? state.Outbox.Dropped().Select(one => one.Sequence).ToArray() : [];
                state.Outbox.Enqueue(kind, state.Time.GetUtcNow().AddHours(2), number => kind == MessageKind.Summary
                    ? box.Signer.Summary(number, SampleBox.Summary(dropped), SampleBox.Now) : box.Signer.Incident(number, SampleBox.Notice, SampleBox.Now),
                    logged: true, accountsFor: dropped);
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
                    if (inbox.TakeOne(box.Signer.Address(message).Topic, message.Payload.Span, SampleBox.Now) is not { Message: ReceivedMessage.Accepted accepted }) continue;
                    Assert.True(seen.Add(accepted.Event.Sequence) || accepted is not ReceivedMessage.Incident, "each incident is shown once");
                    if (accepted is ReceivedMessage.Summary { Counters.Dropped: var dropped }) seen.UnionWith(dropped);
                }
                broker.Clear();
            }

            void Settle()
            {
                var receipt = ledger.ReceiptFor(box.Name, SampleBox.Now);
                state.Outbox.Settle(receipt.Through, receipt.Missing.ToHashSet());
            }
        }, iter: 30, threads: 1);
}
