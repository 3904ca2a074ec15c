using Edge.Storage.Database;
using Edge.Storage.Outbox;
using Edge.Storage.Retention;

namespace Edge.Tests.Database;

/// <summary>The power goes, or the disk runs full, at every single operation of a short life.</summary>
public sealed class PowerCutTests : IDisposable
{
    private readonly StateFixture _state = new();

    public void Dispose() => _state.Dispose();

    [Fact]
    public void A_power_cut_at_any_moment_loses_nothing_acknowledged_and_halves_nothing()
    {
        var whole = new Life(_state, new SimulatedDisk());
        whole.Run();
        Assert.True(whole.Finished);

        for (var cut = 0; cut <= whole.Disk.Operations; cut++)
        {
            var life = new Life(_state, new SimulatedDisk { DiesAt = cut });
            life.Run();
            foreach (var (chance, seed) in new[] { (0.0, 0), (1.0, 0), (0.5, cut), (0.9, cut) })
                life.Verify(life.Disk.AfterPowerCut(chance, seed), $"operation {cut}, {chance:P0} of the cache kept");
        }
    }

    [Fact]
    public void A_disk_that_runs_full_at_any_moment_refuses_cleanly_and_works_again_with_room()
    {
        var whole = new Life(_state, new SimulatedDisk());
        whole.Run();
        var refused = 0;
        for (var full = 0; full <= whole.Disk.Operations; full++)
        {
            var disk = new SimulatedDisk { FullAt = full };
            var life = new Life(_state, disk);
            life.Run();
            if (!life.Finished)
            {
                refused++;
                Assert.IsType<StateStorageException>(life.Failure);
            }
            disk.FullAt = null;
            life.Verify(disk, $"full at operation {full}", inDoubt: 0);
        }
        Assert.True(refused > 5);
    }

    [Fact]
    public void After_a_failure_the_same_opener_goes_on_by_itself()
    {
        var disk = new SimulatedDisk();
        using var database = StateDatabase.Open(_state.Directory, disk.Files(_state.Directory), _state.Keys.Hours, _state.Time);
        var entry = _state.Entry("c", StateFixture.Start.AddHours(24));
        Assert.Equal(1, database.Hits.Commit(entry));
        disk.FullAt = 0;
        CommitUntilFull(database);
        var stored = database.Hits.Count;
        for (var i = 0; i < 3; i++) Assert.Throws<StateStorageException>(() => database.Hits.Commit(entry));
        Assert.Equal(stored, database.Hits.Count);
        Assert.True(database.Hits.TryRead(1, out _));

        disk.FullAt = null;
        disk.DiesAt = 0;
        Assert.Throws<StateStorageException>(() => database.Outbox.MarkLogged(1, 0));
        disk.DiesAt = null;
        Assert.Equal(stored + 1, database.Hits.Commit(entry));
        Assert.Equal(stored + 1, database.Outbox.Unlogged().Count);
    }

    // Bounded: a full disk may still have room inside the file.
    private void CommitUntilFull(StateDatabase database) => Assert.Throws<StateStorageException>(() =>
    {
        for (var i = 0; i < 1000; i++) database.Hits.Commit(_state.Entry("late", StateFixture.Start.AddHours(24)));
    });

    [Fact]
    public void A_full_disk_can_be_swept_and_then_takes_hits_again_without_more_room()
    {
        var disk = new SimulatedDisk();
        using var database = StateDatabase.Open(_state.Directory, disk.Files(_state.Directory), _state.Keys.Hours, _state.Time);
        for (var i = 0; i < 20; i++) database.Hits.Commit(_state.Entry("early", StateFixture.Start.AddHours(1)));
        disk.FullAt = 0;
        CommitUntilFull(database);
        database.Outbox.MarkLogged(1, 0);
        database.Outbox.Acknowledge(1);
        _state.Time.Advance(TimeSpan.FromHours(2));
        Assert.Equal(20, Sweep.Run(database).Hits);
        for (var i = 0; i < 10; i++) database.Hits.Commit(_state.Entry("late", StateFixture.Start.AddHours(24)));
    }

    /// <summary>A few of everything, and what was promised before it ended.</summary>
    private sealed class Life(StateFixture state, SimulatedDisk disk)
    {
        private readonly HashSet<long> _hits = [], _unlogged = [], _ready = [], _gone = [];
        private long _tried;

        public SimulatedDisk Disk => disk;

        public bool Finished { get; private set; }

        public Exception? Failure { get; private set; }

        public void Run()
        {
            try
            {
                using var database = StateDatabase.Open(state.Directory, disk.Files(state.Directory), state.Keys.Hours, state.Time);
                Commit(database);
                Commit(database);
                Log(database, 1);
                _ready.Add(Try(database.Outbox.Enqueue(MessageKind.Summary, StateFixture.Start.AddHours(24), StateFixture.Message, logged: true)));
                _ready.Remove(1); // in doubt until the call returns
                database.Outbox.Acknowledge(1);
                _gone.Add(1);
                Commit(database);
                Finished = true;
            }
            catch (IOException failed)
            {
                Failure = failed;
            }
        }

        public void Verify(SimulatedDisk after, string when, int inDoubt = 1)
        {
            using var database = StateDatabase.Open(state.Directory, after.Files(state.Directory), state.Keys.Hours, state.Time);
            var hits = database.Hits.List().Select(hit => hit.Sequence).ToHashSet();
            var ready = database.Outbox.Ready(100).Select(message => message.Sequence).ToHashSet();
            var unlogged = database.Outbox.Unlogged().Select(message => message.Sequence).ToHashSet();

            Assert.True(_hits.IsSubsetOf(hits), $"{when}: a committed hit is lost");
            Assert.All(hits, sequence => Assert.True(database.Hits.TryRead(sequence, out _), $"{when}: hit {sequence} does not open"));
            Assert.True(_ready.IsSubsetOf(ready), $"{when}: a ready message is lost");
            Assert.True(_unlogged.All(sequence => unlogged.Contains(sequence) || ready.Contains(sequence)), $"{when}: an unlogged message is lost");
            Assert.True(!_gone.Overlaps(ready) && !_gone.Overlaps(unlogged), $"{when}: an acknowledged message is back");
            Assert.Equal(0, database.Outbox.Count().Unreadable);

            // A hit is there with its message or not at all. When the power goes the last one may be in doubt; on a full
            // disk not even that: what was refused is not there.
            Assert.InRange(database.LastSequence, _tried, _tried + inDoubt);
            foreach (var sequence in hits.Where(sequence => sequence > 1)) Assert.Contains(sequence, unlogged);
            Assert.Equal(database.LastSequence, hits.Concat(ready).Concat(unlogged).DefaultIfEmpty(0).Max());
            Assert.Equal(database.LastSequence + 1, database.Hits.Commit(state.Entry("after", StateFixture.Start.AddHours(24))));
        }

        private void Commit(StateDatabase database)
        {
            var sequence = Try(database.Hits.Commit(state.Entry("case", StateFixture.Start.AddHours(24))));
            _hits.Add(sequence);
            _unlogged.Add(sequence);
        }

        private void Log(StateDatabase database, long sequence)
        {
            database.Outbox.MarkLogged(sequence, 0);
            _unlogged.Remove(sequence);
            _ready.Add(sequence);
        }

        private long Try(long sequence) => _tried = sequence;
    }
}
