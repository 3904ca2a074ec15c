using System.Text;
using Edge.Storage.Hits;
using Edge.Storage.Outbox;
using Edge.Tests.Database;

namespace Edge.Tests.Hits;

public sealed class HitStoreTests : IDisposable
{
    private readonly StateFixture _state = new();

    public void Dispose() => _state.Dispose();

    [Fact]
    public void A_committed_hit_is_read_back_as_it_was_sealed()
    {
        byte[] record = [];
        var sequence = _state.Hits.Commit(number => new HitEntry(
            new NewHit("case-7", StateFixture.Start, StateFixture.Start.AddHours(24), record = _state.Record(number, "hello")),
            new OutboxMessage(number, MessageKind.Hit, StateFixture.Message(number), StateFixture.Start.AddHours(24))));
        _state.ReloadKeys();
        Assert.True(_state.Hits.TryRead(sequence, out var hit));
        Assert.Equal(record, hit.Record);
        Assert.Equal(new HitHeading(1, "case-7", StateFixture.Start, StateFixture.Start.AddHours(24), StateFixture.Start.AddHours(24)), hit.Heading);
        Assert.Equal(1, _state.Hits.Count);
        Assert.Equal([1], _state.Hits.ReadAll().Select(stored => stored.Heading.Sequence));
    }

    [Fact]
    public void Numbers_have_no_gap_over_hits_summaries_restarts_and_refused_builders()
    {
        Assert.Equal(1, _state.Commit());
        Assert.Throws<TimeoutException>(() => _state.Hits.Commit(_ => throw new TimeoutException()));
        Assert.Throws<ArgumentException>(() => _state.Commit(casePseudonym: "not a pseudonym"));
        Assert.Throws<TimeoutException>(() => _state.Outbox.Enqueue(MessageKind.Summary, StateFixture.Start.AddHours(1), _ => throw new TimeoutException()));
        Assert.Equal(2, _state.Outbox.Enqueue(MessageKind.Summary, StateFixture.Start.AddHours(1), StateFixture.Message));
        _state.Reopen();
        Assert.Equal(2, _state.Database.LastSequence);
        Assert.Equal(3, _state.Commit());
        _state.Outbox.MarkLogged(3, 0);
        _state.Outbox.Acknowledge(3);
        _state.Reopen();
        Assert.Equal(4, _state.Commit());
    }

    [Fact]
    public void A_hit_with_the_wrong_number_or_kind_of_message_is_not_stored()
    {
        Assert.Throws<ArgumentException>(() => _state.Hits.Commit(sequence =>
            _state.Entry("c", StateFixture.Start.AddHours(1))(sequence) is var entry
                ? entry with { Message = entry.Message with { Sequence = sequence + 1 } } : entry));
        Assert.Throws<ArgumentException>(() => _state.Hits.Commit(sequence =>
            _state.Entry("c", StateFixture.Start.AddHours(1))(sequence) is var entry
                ? entry with { Message = entry.Message with { Kind = MessageKind.Summary } } : entry));
        Assert.Equal(0, _state.Hits.Count);
        Assert.Equal(new OutboxCounts(0, 0, 0, _state.Outbox.Count().Bytes, 0), _state.Outbox.Count());
    }

    [Theory]
    [InlineData("")]
    [InlineData("case 1")]
    [InlineData("Ä")]
    public void A_case_pseudonym_is_opaque_and_short(string pseudonym)
    {
        Assert.Throws<ArgumentException>(() => _state.Commit(pseudonym));
        Assert.Throws<ArgumentException>(() => _state.Commit(new string('a', 65)));
    }

    [Fact]
    public void A_record_or_message_of_no_size_or_too_much_is_refused()
    {
        var expires = StateFixture.Start.AddHours(1);
        HitEntry Entry(long sequence, int record, int payload) => new(new NewHit("c", StateFixture.Start, expires, new byte[record]),
            new OutboxMessage(sequence, MessageKind.Hit, new byte[payload], expires));
        foreach (var (record, payload) in new[] { (0, 1), (1, 0), (NewHit.MaxRecord + 1, 1), (1, 256 * 1024 + 1) })
            Assert.Throws<ArgumentException>(() => _state.Hits.Commit(sequence => Entry(sequence, record, payload)));
        Assert.Equal(1, _state.Hits.Commit(sequence => Entry(sequence, NewHit.MaxRecord, 256 * 1024)));
        Assert.True(_state.Hits.TryRead(1, out var hit) && hit.Record.Length == NewHit.MaxRecord);
    }

    [Fact]
    public void Only_sequence_expiry_and_case_are_clear_on_the_disk()
    {
        for (var i = 0; i < 20; i++) _state.Commit($"case-{i}");
        _state.Close();
        foreach (var file in Directory.EnumerateFiles(_state.Directory))
        {
            var bytes = File.ReadAllBytes(file);
            foreach (var secret in new[] { "header", "sealed", "suite", "X25519", "ciphertext", "signed message", _state.Agency.Public.KeyId })
                Assert.Equal(-1, bytes.AsSpan().IndexOf(Encoding.ASCII.GetBytes(secret)));
        }
        Assert.True(File.ReadAllBytes(_state.DatabaseFile).AsSpan().IndexOf("case-19"u8) > 0); // the search would find it
    }

    [Fact]
    public void The_box_holds_no_key_that_opens_a_stored_hit()
    {
        var sequence = _state.Commit(body: "the secret body");
        _state.Close();
        // Everything on the disk, with the wrapping key: the outer seal opens, and what is inside names a foreign key.
        using var keys = Edge.Storage.Keys.KeyFolder.Open(_state.Directory, credentialsDirectory: null);
        using var image = Edge.Storage.Database.StateDatabase.Open(_state.Directory, keys.Hours, _state.Time);
        Assert.True(image.Hits.TryRead(sequence, out var hit));
        var text = Encoding.UTF8.GetString(hit.Record.Span);
        var at = text.IndexOf("\"sealed\":", StringComparison.Ordinal) + 9;
        Assert.True(Edge.Storage.Sealing.SealedPart.TryParse(Encoding.UTF8.GetBytes(text[at..^1]), out var part));
        var header = """{"sequence":1}"""u8.ToArray();
        Assert.True(part.TryOpen(_state.Agency, header, out var body));
        Assert.Equal("the secret body"u8, body);

        // Every 32 bytes that any file of the box holds, raw or unwrapped, tried as the private key.
        var candidates = new List<byte[]>
            { keys.Messages.ExportSeed(), keys.Log.ExportSeed(), File.ReadAllBytes(Path.Combine(_state.Directory, "keys", "wrap.key")) };
        foreach (var file in Directory.EnumerateFiles(_state.Directory, "*", SearchOption.AllDirectories))
        {
            var bytes = File.ReadAllBytes(file);
            if (bytes.Length > 4096) Assert.Equal(-1, bytes.AsSpan().IndexOf(_state.Agency.Export()));
            else for (var i = 0; i + 32 <= bytes.Length; i++) candidates.Add(bytes[i..(i + 32)]);
        }
        foreach (var candidate in candidates)
        {
            using var key = Edge.Storage.Sealing.RecipientKey.FromRaw(candidate);
            Assert.NotEqual(part.KeyId, key.Public.KeyId);
            Assert.False(part.TryOpen(key, header, out _));
        }
    }

    [Fact]
    public void An_expired_hit_is_not_read_even_before_the_sweep()
    {
        _state.Commit(life: TimeSpan.FromMinutes(10));
        _state.Time.Advance(TimeSpan.FromMinutes(10));
        Assert.False(_state.Hits.TryRead(1, out _));
        Assert.Empty(_state.Hits.ReadAll());
    }

    [Fact]
    public void A_builder_that_uses_the_store_is_refused()
    {
        Assert.Throws<InvalidOperationException>(() => _state.Hits.Commit(sequence =>
        {
            _state.Commit();
            return _state.Entry("c", StateFixture.Start.AddHours(1))(sequence);
        }));
        Assert.Equal(1, _state.Commit());
    }

    [Fact]
    public async Task Writers_on_many_threads_share_one_gapless_sequence()
    {
        var hits = _state.Hits;
        var numbers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
            Enumerable.Range(0, 10).Select(_ => hits.Commit(_state.Entry("c", StateFixture.Start.AddHours(1)))).ToList(),
                TestContext.Current.CancellationToken)));
        Assert.Equal(Enumerable.Range(1, 40).Select(number => (long)number), numbers.SelectMany(list => list).Order());
        Assert.Equal(40, _state.Hits.Count);
    }
}
