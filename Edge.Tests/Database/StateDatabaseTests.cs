using Edge.Storage.Database;
using Edge.Storage.Outbox;
using LiteDB;

namespace Edge.Tests.Database;

public sealed class StateDatabaseTests : IDisposable
{
    private readonly StateFixture _state = new();

    public void Dispose() => _state.Dispose();

    [Fact]
    public void A_second_opener_is_told_what_to_do()
    {
        _ = _state.Database;
        var busy = Assert.Throws<StateBusyException>(() => StateDatabase.Open(_state.Directory, _state.Keys.Hours, _state.Time));
        Assert.Contains("systemctl stop edge-agent", busy.Message, StringComparison.Ordinal);
        _state.Close();
        using var after = StateDatabase.Open(_state.Directory, _state.Keys.Hours, _state.Time);
    }

    [Fact]
    public void Files_are_for_their_owner_only()
    {
        _state.Commit();
        Assert.All(Directory.EnumerateFiles(_state.Directory, "*", SearchOption.AllDirectories), file =>
            Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(file) & ~(UnixFileMode.UserRead | UnixFileMode.UserWrite)));
    }

    [Fact]
    public void A_closed_database_refuses_every_call()
    {
        var database = _state.Database;
        _state.Close();
        Assert.Throws<ObjectDisposedException>(() => database.Hits.Count);
        Assert.Throws<ObjectDisposedException>(() => database.Outbox.Ready(1));
        database.Dispose();
    }

    [Fact]
    public void A_file_that_was_never_a_database_is_named_as_such()
    {
        var random = new Random(1);
        foreach (var length in new[] { 1, 100, 8191, 8192, 50_000 })
        {
            var bytes = new byte[length];
            random.NextBytes(bytes);
            File.WriteAllBytes(_state.DatabaseFile, bytes);
            var damaged = Assert.Throws<StateDamagedException>(() => StateDatabase.Open(_state.Directory, _state.Keys.Hours, _state.Time));
            Assert.Contains("state.db is damaged or not an edge-agent database", damaged.Message, StringComparison.Ordinal);
            Assert.Equal(bytes, File.ReadAllBytes(_state.DatabaseFile)); // and nobody touched it
        }
    }

    [Fact]
    public void The_database_of_another_program_is_refused()
    {
        RowFile.Edit(_state.DatabaseFile, lite => lite.GetCollection("customers").Insert(new BsonDocument { ["name"] = "x" }));
        Assert.Throws<StateDamagedException>(() => _state.Database);
    }

    [Fact]
    public void Rows_of_another_shape_are_refused()
    {
        foreach (var (collection, row) in new (string, BsonDocument)[]
        {
            ("hits", new() { ["_id"] = 1L }),
            ("hits", new() { ["_id"] = 1L, ["f"] = 1L, ["x"] = 5L, ["s"] = 5L, ["h"] = 0L, ["c"] = 7, ["r"] = new byte[3] }),
            ("hits", new() { ["_id"] = "one", ["f"] = 1L, ["x"] = 5L, ["s"] = 5L, ["h"] = 0L, ["c"] = "c", ["r"] = new byte[3] }),
            ("hits", new() { ["_id"] = 1L, ["f"] = 1L, ["x"] = 5L, ["s"] = 5L, ["c"] = "c", ["r"] = new byte[3] }),
            ("hits", new() { ["_id"] = 1L, ["f"] = 1L, ["x"] = 5L, ["s"] = 5L, ["h"] = -1L, ["c"] = "c", ["r"] = new byte[3] }),
            ("hits", new() { ["_id"] = 2L, ["f"] = 1L, ["x"] = 5L, ["s"] = 5L, ["h"] = 0L, ["c"] = "c", ["r"] = new byte[3] }), // a number never given out
            ("holds", new() { ["_id"] = 1L, ["x"] = 5L, ["m"] = 0L, ["c"] = "c", ["r"] = new byte[48] }),
            ("holds", new() { ["_id"] = 1L, ["x"] = 5L, ["m"] = 7L, ["c"] = "c" }),
            ("holds", new() { ["_id"] = 2L, ["x"] = 5L, ["m"] = 7L, ["c"] = "c", ["r"] = new byte[48] }),
            ("orders", new() { ["_id"] = 1L, ["o"] = "order" }),
            ("orders", new() { ["_id"] = 1L, ["x"] = 5L }),
            ("orders", new() { ["_id"] = 2L, ["x"] = 5L, ["o"] = "order" }),
            ("outbox", new() { ["_id"] = 1L, ["x"] = 5L, ["k"] = 77, ["p"] = new byte[3], ["l"] = new byte[48] }),
            ("outbox", new() { ["_id"] = 1L, ["x"] = long.MaxValue, ["k"] = 1, ["p"] = new byte[3], ["l"] = new byte[48] }),
            ("outbox", new() { ["_id"] = 1L, ["x"] = 5L, ["k"] = 1, ["p"] = new byte[3] }),
            ("outbox", new() { ["_id"] = "one", ["d"] = true }),
            ("state", new() { ["_id"] = "state", ["format"] = "edge-state/1", ["last"] = 1L }),
            ("state", new() { ["_id"] = "state", ["format"] = "edge-state/2", ["last"] = -1L }),
        })
        {
            using var state = new StateFixture();
            state.Outbox.Enqueue(MessageKind.Summary, StateFixture.Start.AddHours(1), StateFixture.Message);
            state.Close();
            RowFile.Edit(state.DatabaseFile, lite => lite.GetCollection(collection).Upsert(row));
            Assert.Throws<StateDamagedException>(() => state.Database);
        }
    }

    [Fact]
    public void Every_byte_of_a_stored_hit_is_guarded()
    {
        _state.Commit("case-1");
        _state.Commit("case-1");
        _state.Close();
        BsonDocument first = [], second = [];
        RowFile.Edit(_state.DatabaseFile, lite =>
        {
            first = lite.GetCollection("hits").FindById(1L);
            second = lite.GetCollection("hits").FindById(2L);
        });

        var record = first["r"].AsBinary;
        var edits = new List<Action<BsonDocument>>
        {
            row => row["c"] = "case-2",
            row => row["f"] = row["f"].AsInt64 + 1,
            row => row["s"] = row["s"].AsInt64 + 1,
            row => row["s"] = row["s"].AsInt64 + 3_600_000,
            row => row["h"] = 1L,
            row => row["x"] = row["x"].AsInt64 + 1,
            row => row["x"] = row["x"].AsInt64 + 3_600_000,
            row => row["x"] = row["x"].AsInt64 - 3_600_000,
            row => row["r"] = second["r"],
            row => row["r"] = Array.Empty<byte>(),
            row => row["r"] = record[..^1],
        };
        for (var at = 0; at < record.Length; at += 7)
        {
            var index = at;
            edits.Add(row => row["r"] = (byte[])[.. record[..index], (byte)(record[index] ^ 0x10), .. record[(index + 1)..]]);
        }
        foreach (var edit in edits)
        {
            RowFile.Edit(_state.DatabaseFile, lite =>
            {
                var row = new BsonDocument(first.ToDictionary(pair => pair.Key, pair => pair.Value));
                edit(row);
                lite.GetCollection("hits").Update(row);
            });
            Assert.False(_state.Hits.TryRead(1, out _));
            Assert.True(_state.Hits.TryRead(2, out _));
            _state.Close();
        }
    }

    [Fact]
    public void A_database_with_any_page_overwritten_opens_nothing_false_and_throws_nothing_strange()
    {
        for (var i = 0; i < 6; i++) _state.Commit($"case-{i}");
        _state.Close();
        var good = File.ReadAllBytes(_state.DatabaseFile);
        var random = new Random(2);
        var damaged = 0;
        for (var page = 0; page < good.Length / 8192; page++)
            foreach (var pattern in new Action<byte[]>[] { Array.Clear, random.NextBytes })
            {
                var junk = new byte[8192];
                pattern(junk);
                var bytes = (byte[])good.Clone();
                junk.CopyTo(bytes, page * 8192);
                File.WriteAllBytes(_state.DatabaseFile, bytes);
                try
                {
                    foreach (var hit in _state.Hits.ReadAll())
                        Assert.StartsWith("""{"header":""", System.Text.Encoding.ASCII.GetString(hit.Record.Span), StringComparison.Ordinal);
                    _state.Outbox.Unlogged();
                }
                catch (StateDamagedException)
                {
                    damaged++;
                }
                _state.Close();
            }
        Assert.True(damaged > 4, $"only {damaged} noticed");
    }

    [Fact]
    public void A_folder_that_cannot_be_written_is_named()
    {
        var file = Path.Combine(_state.Directory, "a-file");
        File.WriteAllText(file, "");
        var refused = Assert.Throws<StateStorageException>(() => StateDatabase.Open(file, _state.Keys.Hours, _state.Time));
        Assert.Contains(file, refused.Message, StringComparison.Ordinal);
    }
}
