using System.Collections.Concurrent;
using System.Text;
using CsCheck;
using Edge.Storage.Audit;
using Edge.Storage.Files;
using Edge.Storage.Keys;

namespace Edge.Tests.Audit;

public sealed class AuditLogTests : IDisposable
{
    private readonly LogLab _lab = new();

    public void Dispose() => _lab.Dispose();

    [Fact]
    public void A_new_log_is_empty_signed_and_verifies()
    {
        using (var log = _lab.Open(DurableSteps.Disk)) Assert.Equal((0L, Merkle.Empty), (log.Latest.Size, log.Latest.Root));
        Assert.True(_lab.Verify().Holds);
        Assert.Equal(["checkpoint"], _lab.Files());
    }

    [Fact]
    public void Entries_get_the_next_index_the_time_and_the_boot_and_read_back()
    {
        using var log = _lab.Open(DurableSteps.Disk);
        Assert.Equal(0, log.Append(new AuditEntry { Action = AuditAction.AgentStart }));
        _lab.Time.Advance(TimeSpan.FromSeconds(1.25));
        Assert.Equal(1, log.AppendMany(LogLab.Entries(3)));
        Assert.Equal(4, log.Append(new AuditEntry { Action = AuditAction.AgentStop, Boot = "mine", Time = default }));

        var records = log.ReadTail(100);
        Assert.Equal([0L, 1, 2, 3, 4], records.Select(record => record.Index));
        Assert.Equal(TimeSpan.FromSeconds(1.25), records[4].Entry!.Time - records[0].Entry!.Time);
        Assert.Equal(records[0].Entry!.Boot, records[4].Entry!.Boot);
        Assert.Equal([3L, 4], log.ReadTail(2).Select(record => record.Index));
        Assert.True(_lab.Verify().Holds);
    }

    [Fact]
    public void A_log_grown_in_any_portions_and_reopened_at_any_time_is_the_same_log() =>
        Gen.Int[1, 300].Array[1, 8].Sample(portions =>
        {
            using var lab = new LogLab();
            var entries = new List<string>();
            foreach (var portion in portions)
            {
                using var log = lab.Open();
                Assert.True(log.Recovery.IsClean);
                log.AppendMany(LogLab.Entries(portion, entries.Count));
                entries.AddRange(log.Read(entries.Count).Select(record => Encoding.UTF8.GetString(record.Json.Span)));
            }
            using var last = lab.Open();
            Assert.Equal(portions.Sum(), last.Latest.Size);
            Assert.Equal(entries, last.Read().Select(record => Encoding.UTF8.GetString(record.Json.Span)));
            Assert.Equal(Merkle.Root([.. entries.Select(json => Merkle.Leaf(Encoding.UTF8.GetBytes(json)))]), last.Latest.Root);
            Assert.True(lab.Verify().Holds);
        }, iter: 15);

    [Fact]
    public void Only_the_tiles_of_the_present_size_stay()
    {
        using var log = _lab.Open();
        log.AppendMany(LogLab.Entries(254));
        for (var i = 0; i < 4; i++) log.Append(new AuditEntry { Action = AuditAction.Boot });
        Assert.Equal(
        [
            "checkpoint", "tile/0/000", "tile/0/001.p/2", "tile/1/000.p/1", "tile/entries/000", "tile/entries/001.p/2",
        ], _lab.Files().Where(file => !file.StartsWith("disclosures", StringComparison.Ordinal)));
    }

    [Fact]
    public void The_log_proves_each_entry_and_each_older_size()
    {
        using var log = _lab.Open();
        log.AppendMany(LogLab.Entries(100));
        var older = log.Latest;
        log.AppendMany(LogLab.Entries(600));
        var key = new NoteKey(LogLab.Origin, _lab.Key.Public);
        Assert.All(log.Read(), record =>
        {
            Assert.True(TlogProof.TryParse(log.ProveInclusion(record.Index).ToBytes(), out var proof));
            Assert.True(proof!.Verify(Merkle.Leaf(record.Json.Span), key));
        });
        Assert.True(Merkle.VerifyConsistency(older.Size, log.Latest.Size, older.Root, log.Latest.Root,
            [.. log.ProveConsistency(older.Size)]));
    }

    [Fact]
    public void A_second_writer_is_refused_until_the_first_has_gone()
    {
        using (_lab.Open())
            Assert.Contains("another", Assert.Throws<AuditBusyException>(() => _lab.Open()).Message, StringComparison.Ordinal);
        _lab.Open().Dispose();
    }

    [Fact]
    public void An_entry_that_is_misused_leaves_the_log_as_it_was()
    {
        using var log = _lab.Open();
        Assert.Throws<ArgumentException>(() => log.AppendMany(
            [new AuditEntry { Action = AuditAction.Boot }, new AuditEntry { Action = AuditAction.Incident }]));
        Assert.Equal(0, log.Append(new AuditEntry { Action = AuditAction.Boot }));
        Assert.True(_lab.Verify().Holds);
    }

    [Fact]
    public void Another_key_or_another_origin_does_not_open_the_log()
    {
        _lab.Fill(3);
        using var other = SigningKey.Create();
        Assert.Throws<AuditDamagedException>(() => AuditLog.Open(_lab.Directory, LogLab.Origin, other, _lab.Time));
        Assert.Throws<AuditDamagedException>(() => AuditLog.Open(_lab.Directory, "example.com/other", _lab.Key, _lab.Time));
        Assert.True(_lab.Verify().Holds);
    }

    [Theory]
    [InlineData("tile/0/002.p/188")]
    [InlineData("tile/1/000.p/2")]
    public void A_torn_or_missing_tile_of_the_edge_is_derived_again(string tile)
    {
        _lab.Fill(700);
        var path = Path.Combine(_lab.Directory, tile);
        foreach (var spoil in new Action[] { () => File.Delete(path), () => File.WriteAllBytes(path, new byte[32]), () => Flip(path, 5) })
        {
            spoil();
            using (var log = _lab.Open()) Assert.Equal(new AuditRecovery(1, 0), log.Recovery);
            Assert.True(_lab.Verify().Holds);
        }
    }

    [Theory]
    [InlineData(true)]  // the tiles of hashes are gone too
    [InlineData(false)]
    public void A_log_whose_checkpoint_is_gone_is_never_signed_again(bool tilesToo)
    {
        _lab.Fill(700);
        File.Delete(Path.Combine(_lab.Directory, "checkpoint"));
        if (tilesToo) Directory.Delete(Path.Combine(_lab.Directory, "tile/0"), recursive: true);
        var before = Snapshot();
        Assert.Contains("checkpoint is gone", Assert.Throws<AuditDamagedException>(() => _lab.Open()).Message, StringComparison.Ordinal);
        Assert.Equal(before, Snapshot());
    }

    [Theory]
    [InlineData("tile/entries/002.p/188", "tile/entries/002.p/188")]
    [InlineData("checkpoint", "checkpoint")]
    public void A_spoiled_part_that_the_checkpoint_covers_stops_the_log_and_nothing_is_touched(string file, string named)
    {
        _lab.Fill(700);
        Flip(Path.Combine(_lab.Directory, file), 1);
        var before = Snapshot();
        Assert.Contains(named, Assert.Throws<AuditDamagedException>(() => _lab.Open()).Message, StringComparison.Ordinal);
        Assert.Equal(before, Snapshot());
    }

    [Fact]
    public void A_changed_entry_at_the_edge_stops_the_log_with_both_roots()
    {
        _lab.Fill(3);
        var path = Path.Combine(_lab.Directory, "tile/entries/000.p/3");
        Flip(path, (int)new FileInfo(path).Length - 3);
        var before = Snapshot();
        Assert.Matches("root .{44}, its files give .{44};", Assert.Throws<AuditDamagedException>(() => _lab.Open()).Message);
        Assert.Equal(before, Snapshot());
    }

    [Fact]
    public void Entries_lost_with_the_checkpoint_are_not_signed_away()
    {
        _lab.Fill(700);
        File.Delete(Path.Combine(_lab.Directory, "checkpoint"));
        File.Delete(Path.Combine(_lab.Directory, "tile/entries/002.p/188"));
        var before = Snapshot();
        Assert.Throws<AuditDamagedException>(() => _lab.Open());
        Assert.Equal(before, Snapshot());
    }

    private static void Flip(string path, int position)
    {
        var bytes = File.ReadAllBytes(path);
        bytes[position] ^= 1;
        File.WriteAllBytes(path, bytes);
    }

    private List<string> Snapshot() =>
        [.. _lab.Files().Select(file => $"{file} {Sha256Hash.Of(File.ReadAllBytes(Path.Combine(_lab.Directory, file)))}")];

    [Fact]
    public void What_many_append_while_the_disk_is_at_work_is_one_step_each_where_it_was_told()
    {
        using var steps = new SlowSteps();
        using var log = _lab.Open(steps);
        var told = new ConcurrentDictionary<long, long>();
        steps.Hold = true;
        var threads = Enumerable.Range(0, 16).Select(thread => new Thread(() =>
            told[thread] = log.Append(new AuditEntry { Action = AuditAction.MessageAcknowledged, Sequence = thread }))).ToList();
        threads[0].Start();
        steps.AtWork.Wait(TestContext.Current.CancellationToken);
        foreach (var thread in threads.Skip(1)) thread.Start();
        SpinWait.SpinUntil(() => threads.Skip(1).All(thread => thread.ThreadState.HasFlag(ThreadState.WaitSleepJoin)));
        steps.Release.Set();
        foreach (var thread in threads) thread.Join();

        Assert.Equal(2, steps.Checkpoints); // the first, and all others
        Assert.Equal(0, told[0]);
        Assert.Equal(Enumerable.Range(0, 16).Select(index => (long)index), told.Values.Order());
        Assert.All(log.Read(), record => Assert.Equal(record.Index, told[record.Entry!.Sequence!.Value]));
        Assert.True(_lab.Verify().Holds);
    }

    private sealed class SlowSteps : UnsyncedSteps, IDisposable
    {
        public ManualResetEventSlim AtWork { get; } = new();

        public ManualResetEventSlim Release { get; } = new();

        public bool Hold { get; set; }

        public int Checkpoints { get; private set; }

        public override void Rename(string from, string to)
        {
            if (Hold)
            {
                Checkpoints++;
                AtWork.Set();
                Release.Wait();
            }
            base.Rename(from, to);
        }

        public void Dispose()
        {
            AtWork.Dispose();
            Release.Dispose();
        }
    }
}
