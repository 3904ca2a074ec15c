using System.Security.Cryptography;
using System.Text;
using Edge.Storage.Outbox;
using Edge.Storage.Retention;
using Edge.Tests.Database;

namespace Edge.Tests.Outbox;

public sealed class OutboxTests : IDisposable
{
    private readonly StateFixture _state = new();

    public void Dispose() => _state.Dispose();

    [Fact]
    public void A_hit_may_not_leave_before_its_audit_entry_is_on_disk()
    {
        var sequence = _state.Commit();
        Assert.Empty(_state.Outbox.Ready(10));
        Assert.Equal(new OutboxCounts(0, 1, 0, _state.Outbox.Count().Bytes, 0), _state.Outbox.Count());
        Assert.Throws<InvalidOperationException>(() => _state.Outbox.Acknowledge(sequence));

        Assert.True(_state.Outbox.MarkLogged(sequence, 41));
        var message = Assert.Single(_state.Outbox.Ready(10));
        Assert.Equal((sequence, MessageKind.Hit, StateFixture.Start.AddHours(24)), (message.Sequence, message.Kind, message.Expires));
        Assert.Equal(StateFixture.Message(sequence), message.Payload);
        Assert.Equal(new OutboxCounts(1, 0, 0, _state.Outbox.Count().Bytes, 0), _state.Outbox.Count());
    }

    [Fact]
    public void Each_step_survives_a_restart()
    {
        var sequence = _state.Commit();
        _state.Reopen();
        Assert.Empty(_state.Outbox.Ready(10));
        _state.Outbox.MarkLogged(sequence, 0);
        _state.Reopen();
        Assert.Equal(StateFixture.Message(sequence), Assert.Single(_state.Outbox.Ready(10)).Payload);
        _state.Outbox.Acknowledge(sequence);
        _state.Reopen();
        Assert.Equal(new OutboxCounts(0, 0, 0, 0, Sent: 1), _state.Outbox.Count());
        Assert.Equal(1, _state.Outbox.Settle(new HubAccount(StateFixture.Start, 1, sequence), new HashSet<long> { sequence }));
        _state.Reopen();
        Assert.Equal(StateFixture.Message(sequence), Assert.Single(_state.Outbox.Ready(10)).Payload);
        _state.Outbox.Acknowledge(sequence);
        Assert.Equal(0, _state.Outbox.Settle(new HubAccount(StateFixture.Start, 1, sequence), new HashSet<long>()));
        _state.Reopen();
        Assert.Equal(new OutboxCounts(0, 0, 0, 0, 0), _state.Outbox.Count());
        Assert.True(_state.Hits.TryRead(sequence, out _)); // the hit stays until it expires
    }

    [Fact]
    public void What_a_crash_left_unlogged_is_listed_with_the_digest_of_its_record()
    {
        byte[] digest = [];
        _state.Hits.Commit(sequence =>
        {
            var entry = _state.Entry("c", StateFixture.Start.AddHours(1))(sequence);
            digest = entry.Hit.Digest();
            return entry;
        });
        _state.Outbox.Enqueue(MessageKind.Incident, StateFixture.Start.AddHours(1), StateFixture.Message);
        _state.Outbox.Enqueue(MessageKind.Summary, StateFixture.Start.AddHours(1), StateFixture.Message, logged: true);
        _state.Reopen();

        var unlogged = _state.Outbox.Unlogged();
        Assert.Equal([(1, MessageKind.Hit), (2, MessageKind.Incident)], unlogged.Select(message => (message.Sequence, message.Kind)));
        Assert.Equal(digest, unlogged[0].Digest);
        Assert.Equal(SHA256.HashData(StateFixture.Message(2)), unlogged[1].Digest);
        foreach (var message in unlogged) _state.Outbox.MarkLogged(message.Sequence, 5);
        Assert.Empty(_state.Outbox.Unlogged());
        Assert.Equal(3, _state.Outbox.Count().Ready);
    }

    [Fact]
    public void Messages_leave_by_urgency_and_then_in_order()
    {
        var expires = StateFixture.Start.AddHours(1);
        foreach (var kind in new[] { MessageKind.Summary, MessageKind.Checkpoint, MessageKind.Incident, MessageKind.Answer, MessageKind.Incident })
            _state.Outbox.Enqueue(kind, expires, StateFixture.Message, logged: true);
        _state.Commit();
        _state.Outbox.MarkLogged(6, 0);
        Assert.Equal([3, 5, 6, 4, 2, 1], _state.Outbox.Ready(10).Select(message => message.Sequence));
        Assert.Equal([3, 5], _state.Outbox.Ready(2).Select(message => message.Sequence));
        _state.Reopen();
        Assert.Equal([3, 5, 6, 4, 2, 1], _state.Outbox.Ready(10).Select(message => message.Sequence));
    }

    [Fact]
    public void Unknown_numbers_and_second_acknowledgements_do_nothing()
    {
        _state.Outbox.Acknowledge(99);
        Assert.False(_state.Outbox.MarkLogged(99, 0));
        var sequence = _state.Outbox.Enqueue(MessageKind.Summary, StateFixture.Start.AddHours(1), StateFixture.Message, logged: true);
        Assert.True(_state.Outbox.MarkLogged(sequence, 0));
        _state.Outbox.Acknowledge(sequence);
        _state.Outbox.Acknowledge(sequence);
        Assert.Equal(0, _state.Outbox.Count().Ready);
    }

    [Fact]
    public void A_hit_cannot_enter_without_its_record() => Assert.Throws<ArgumentException>(() =>
        _state.Outbox.Enqueue(MessageKind.Hit, StateFixture.Start.AddHours(1), StateFixture.Message));

    [Fact]
    public void An_expired_message_does_not_leave()
    {
        _state.Outbox.Enqueue(MessageKind.Summary, StateFixture.Start.AddMinutes(5), StateFixture.Message, logged: true);
        _state.Time.Advance(TimeSpan.FromMinutes(5));
        Assert.Empty(_state.Outbox.Ready(10));
        Assert.Equal(0, _state.Outbox.Count().Ready);
    }

    [Fact]
    public void Every_number_that_was_dropped_is_listed_until_a_message_names_it()
    {
        _state.Outbox.Enqueue(MessageKind.Summary, StateFixture.Start.AddMinutes(5), StateFixture.Message, logged: true);
        _state.Commit(life: TimeSpan.FromMinutes(5));
        _state.Time.Advance(TimeSpan.FromMinutes(6));
        Assert.Equal(2, Sweep.Run(_state.Database).Messages);
        _state.Reopen();
        Assert.Equal([1, 2], _state.Outbox.Dropped().Select(dropped => dropped.Sequence));

        Assert.Throws<TimeoutException>(() => _state.Outbox.Enqueue(MessageKind.Summary, StateFixture.Start.AddHours(1),
            _ => throw new TimeoutException(), logged: true, accountsFor: [1, 2]));
        Assert.Equal(2, _state.Outbox.Dropped().Count);
        Assert.Equal(3, _state.Outbox.Enqueue(MessageKind.Summary, StateFixture.Start.AddHours(1), StateFixture.Message, logged: true, accountsFor: [1, 2]));
        _state.Reopen();
        Assert.Empty(_state.Outbox.Dropped());
    }

    [Fact]
    public async Task Waiting_ends_when_a_message_becomes_ready_and_not_before()
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var sequence = _state.Commit();
        var waiting = _state.Outbox.WaitAsync(deadline.Token);
        Assert.False(waiting.IsCompleted); // unlogged does not count
        _state.Outbox.MarkLogged(sequence, 0);
        await waiting;
        Assert.True(_state.Outbox.WaitAsync(deadline.Token).IsCompletedSuccessfully); // still there
        _state.Outbox.Acknowledge(sequence);
        Assert.False(_state.Outbox.WaitAsync(deadline.Token).IsCompleted);
    }

    [Fact]
    public async Task Waiting_ends_when_cancelled_or_when_the_database_closes()
    {
        using var cancel = new CancellationTokenSource();
        var cancelled = _state.Outbox.WaitAsync(cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        var closed = _state.Outbox.WaitAsync(TestContext.Current.CancellationToken);
        _state.Close();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => closed);
    }

    [Fact]
    public void A_message_whose_bytes_were_changed_does_not_leave_and_is_counted()
    {
        _state.Outbox.Enqueue(MessageKind.Summary, StateFixture.Start.AddHours(1), _ => Encoding.ASCII.GetBytes(new string('x', 100)), logged: true);
        _state.Outbox.Enqueue(MessageKind.Summary, StateFixture.Start.AddHours(1), StateFixture.Message, logged: true);
        _state.Close();
        RowFile.Edit(_state.DatabaseFile, lite =>
        {
            var row = lite.GetCollection("outbox").FindById(1L);
            var payload = row["p"].AsBinary;
            payload[60] ^= 1;
            row["p"] = payload;
            lite.GetCollection("outbox").Update(row);
        });
        Assert.Equal([2], _state.Outbox.Ready(10).Select(message => message.Sequence));
        Assert.Equal(new OutboxCounts(1, 0, 1, _state.Outbox.Count().Bytes, 0), _state.Outbox.Count());
    }

    [Fact]
    public void An_edit_of_the_file_cannot_pass_an_unlogged_message_for_a_logged_one()
    {
        _state.Commit();
        _state.Commit();
        _state.Outbox.MarkLogged(2, 0);
        _state.Close();
        RowFile.Edit(_state.DatabaseFile, lite =>
        {
            var outbox = lite.GetCollection("outbox");
            var row = outbox.FindById(1L);
            row["l"] = outbox.FindById(2L)["l"];
            outbox.Update(row);
        });
        Assert.Equal([2], _state.Outbox.Ready(10).Select(message => message.Sequence));
        Assert.Equal(1, _state.Outbox.Count().Unreadable);
    }
}
