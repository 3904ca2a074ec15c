using System.Text.Json;
using CsCheck;
using Edge.Storage.Outbox;
using Edge.Storage.Retention;
using Edge.Tests.Database;

namespace Edge.Tests.Outbox;

/// <summary>An outbox that is full: what goes first, and that every number is accounted for.</summary>
public sealed class OutboxRoomTests : IDisposable
{
    private readonly StateFixture _state = new();

    public void Dispose() => _state.Dispose();

    [Fact]
    public void A_full_outbox_gives_up_summaries_then_checkpoints_then_answers_the_oldest_first()
    {
        foreach (var kind in new[] { MessageKind.Answer, MessageKind.Summary, MessageKind.Incident, MessageKind.Checkpoint, MessageKind.Summary }) Put(kind);
        _state.Outbox.Limit = _state.Outbox.Count().Bytes;
        foreach (var expected in new long[] { 2, 5, 4, 1 })
        {
            Put(MessageKind.Incident);
            Assert.Equal(expected, _state.Outbox.Dropped().Select(dropped => dropped.Sequence).Except(_gone).Single());
            _gone.Add(expected);
        }
        Assert.Equal([3L, 6, 7, 8, 9], _state.Outbox.Ready(10).Select(message => message.Sequence));
    }

    private readonly List<long> _gone = [];

    [Fact]
    public void A_hit_and_an_incident_enter_a_full_outbox_and_stay_and_a_summary_that_does_not_fit_is_accounted_for()
    {
        _state.Outbox.Limit = 1;
        var hit = _state.Commit();
        var incident = Put(MessageKind.Incident);
        var summary = Put(MessageKind.Summary);
        _state.Reopen();
        Assert.Equal([summary], _state.Outbox.Dropped().Select(dropped => dropped.Sequence));
        Assert.Equal([incident], _state.Outbox.Ready(10).Select(message => message.Sequence));
        Assert.Equal([hit], _state.Outbox.Unlogged().Select(message => message.Sequence));
    }

    [Fact]
    public void What_a_message_named_that_was_given_up_itself_is_named_again()
    {
        var lost = Put(MessageKind.Answer, life: TimeSpan.FromMinutes(1));
        _state.Time.Advance(TimeSpan.FromMinutes(2));
        Sweep.Run(_state.Database);
        var first = Put(MessageKind.Summary, life: TimeSpan.FromMinutes(1), names: [lost]);
        Assert.Empty(_state.Outbox.Dropped());
        _state.Time.Advance(TimeSpan.FromMinutes(2));
        Sweep.Run(_state.Database);
        _state.Reopen();
        Assert.Equal([lost, first], _state.Outbox.Dropped().Select(dropped => dropped.Sequence));

        var second = Put(MessageKind.Summary, names: [lost, first]);
        _state.Reopen();
        Assert.Empty(_state.Outbox.Dropped());
        _state.Outbox.Acknowledge(second);
        _state.Reopen();
        Assert.Empty(_state.Outbox.Dropped());
    }

    /// <summary>Whatever arrives, expires, is given up, is sent, and however often the power goes.</summary>
    [Fact]
    public void No_number_is_ever_lost_none_is_named_twice_and_within_a_kind_they_arrive_in_order() =>
        Gen.Select(Gen.Int[0, 9], Gen.Int[1, 400]).Array[10, 60].Sample(steps =>
        {
            using var state = new StateFixture();
            state.Outbox.Limit = 4000;
            var hub = new Hub();
            foreach (var (step, size) in steps)
                switch (step)
                {
                    case 0: MarkLogged(state, state.Commit(life: TimeSpan.FromMinutes(30))); break;
                    case 1: Put(state, MessageKind.Incident, size); break;
                    case 2: Put(state, MessageKind.Answer, size * 4); break;
                    case 3: Put(state, MessageKind.Checkpoint, size); break;
                    case 4 or 5: Summarise(state, size); break;
                    case 6: state.Time.Advance(TimeSpan.FromMinutes(size / 20)); Sweep.Run(state.Database); break;
                    case 7: state.Reopen(); state.Outbox.Limit = 4000; break;
                    default: hub.Take(state, size % 4 + 1); break;
                }
            Summarise(state, 1);
            state.Outbox.Limit = long.MaxValue;
            hub.Take(state, int.MaxValue);
            Summarise(state, 1); // names what the one before may have been given up with
            hub.Take(state, int.MaxValue);
            Assert.Equal(Enumerable.Range(1, (int)state.Database.LastSequence).Select(number => (long)number), hub.Accounted);
        }, iter: 60, threads: 1);

    private long Put(MessageKind kind, TimeSpan? life = null, params IReadOnlyCollection<long> names) => Put(_state, kind, 100, life, names);

    private static long Put(StateFixture state, MessageKind kind, int size, TimeSpan? life = null, params IReadOnlyCollection<long> names) =>
        state.Outbox.Enqueue(kind,
        state.Time.GetUtcNow() + (life ?? TimeSpan.FromHours(1)), _ => JsonSerializer.SerializeToUtf8Bytes(new Said(names, new string('x', size))),
        logged: true, accountsFor: names);

    private static void Summarise(StateFixture state, int size) =>
        Put(state, MessageKind.Summary, size, names: [.. state.Outbox.Dropped().Select(dropped => dropped.Sequence)]);

    private static void MarkLogged(StateFixture state, long sequence) => state.Outbox.MarkLogged(sequence, 0);

    private sealed record Said(IReadOnlyCollection<long> Names, string Filling);

    /// <summary>Who gets the messages.</summary>
    private sealed class Hub
    {
        private readonly HashSet<long> _arrived = [], _named = [];
        private readonly Dictionary<MessageKind, long> _last = [];

        public IEnumerable<long> Accounted => _arrived.Union(_named).Order();

        public void Take(StateFixture state, int most)
        {
            foreach (var message in state.Outbox.Ready(most))
            {
                Assert.True(_arrived.Add(message.Sequence), "a message arrives once");
                Assert.DoesNotContain(message.Sequence, _named);
                Assert.True(message.Sequence > _last.GetValueOrDefault(message.Kind), "within a kind they come in order");
                _last[message.Kind] = message.Sequence;
                if (message.Kind == MessageKind.Summary)
                    foreach (var number in JsonSerializer.Deserialize<Said>(message.Payload.Span)!.Names)
                    {
                        Assert.True(_named.Add(number), "a number is named once");
                        Assert.DoesNotContain(number, _arrived);
                    }
                state.Outbox.Acknowledge(message.Sequence);
            }
        }
    }
}
