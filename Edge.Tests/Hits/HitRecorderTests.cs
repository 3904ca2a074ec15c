using System.Text;
using Edge.Agent.Governance;
using Edge.Agent.Hits;
using Edge.Agent.Matching;
using Edge.Agent.Publishing;
using Edge.Storage.Audit;
using Edge.Storage.Database;
using Edge.Storage.Trust;
using Edge.Tests.Database;
using Edge.Tests.Matching;
using Edge.Tests.Support;
using Microsoft.Extensions.Logging;
using LogLevel = Microsoft.Extensions.Logging.LogLevel;

namespace Edge.Tests.Hits;

/// <summary>The only path from a read to the disk: durable, logged, then sendable; nothing lost, nothing twice.</summary>
public sealed class HitRecorderTests : IDisposable
{
    private const string Plate = "AB123CD";
    private readonly StateFixture _state = new();
    private readonly TemporaryFolder _folder = new();
    private readonly AuditLog _audit;
    private readonly ReadCounter _counter = new();
    private readonly KeptLog _log = new();
    private readonly MessageSigner _signer;
    private readonly Hotlist _hotlist = Lists.Blind(Lists.Policy, Lists.Wanted(Plate));

    public HitRecorderTests()
    {
        _audit = AuditLog.Open(_folder.File("audit"), "edge/v1/riverton/box-1", _state.Keys.Log, _state.Time);
        _signer = new MessageSigner(new BoxName("riverton", "box-1"), _state.Keys.Messages, "0.1.0");
    }

    [Fact]
    public async Task A_match_is_stored_logged_counted_and_ready_to_leave()
    {
        using var recorder = Recorder(_state.Database);
        Record(recorder);
        recorder.Complete();
        await recorder.RunAsync(TestContext.Current.CancellationToken);

        var message = Assert.Single(_state.Outbox.Ready(8));
        var entry = Assert.Single(_audit.Read()).Entry!;
        Assert.True(_state.Hits.TryRead(message.Sequence, out var hit));
        Assert.Equal((AuditAction.HitStored, message.Sequence, Sha256Hash.Of(hit.Record.Span)), (entry.Action, entry.Sequence!.Value, entry.Digest!.Value));
        Assert.Equal(_state.Time.GetUtcNow(), hit.Heading.Found);
        Assert.Equal(new ReadCounts(0, 0, 1), _counter.Total);
    }

    [Fact]
    public async Task The_plate_is_in_no_file_no_message_and_no_line_of_the_diagnostics()
    {
        using var recorder = Recorder(_state.Database);
        Record(recorder);
        recorder.Complete();
        await recorder.RunAsync(TestContext.Current.CancellationToken);
        var kept = Directory.EnumerateFiles(_state.Directory, "*", SearchOption.AllDirectories)
            .Concat(Directory.EnumerateFiles(_folder.Path, "*", SearchOption.AllDirectories)).Select(File.ReadAllBytes)
            .Append(_state.Outbox.Ready(8)[0].Payload.ToArray()).Append(Encoding.UTF8.GetBytes(_log.ToString()));
        Assert.All(kept, bytes => Assert.Equal(-1, bytes.AsSpan().IndexOf(Encoding.ASCII.GetBytes(Plate))));
    }

    [Fact]
    public async Task A_full_disk_keeps_the_hit_in_memory_until_there_is_room_and_stores_it_once()
    {
        var disk = new SimulatedDisk();
        using var database = StateDatabase.Open(_state.Directory, disk.Files(_state.Directory), _state.Keys.Hours, _state.Time);
        using var recorder = Recorder(database);
        disk.FullAt = 0;
        Record(recorder);
        recorder.Complete();
        var running = recorder.RunAsync(TestContext.Current.CancellationToken);
        await Eventually.True(() => _log.Lines.Count > 0, "the refusal is said");
        Assert.Equal((0, 0), (database.Outbox.Count().Unlogged, database.Outbox.Count().Ready));
        Assert.Equal(0, _counter.Total.Hits);

        disk.FullAt = null;
        await Eventually.True(() =>
        {
            _state.Time.Advance(TimeSpan.FromSeconds(1));
            return running.IsCompleted;
        }, "the hit is stored once there is room");
        await running;
        Assert.Single(database.Outbox.Ready(8));
        Assert.Single(_audit.Read());
        Assert.Equal(1, _counter.Total.Hits);
        Assert.DoesNotContain(Plate, _log.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whoever_brought_a_hit_is_told_only_once_it_is_stored_and_logged()
    {
        var told = (Stored: -1, Logged: -1L);
        using var recorder = Recorder(_state.Database);
        Record(recorder, stored: () => told = (_state.Outbox.Count().Ready, _audit.Latest.Size));
        Assert.Equal((-1, -1L), told);
        recorder.Complete();
        await recorder.RunAsync(TestContext.Current.CancellationToken);
        Assert.Equal((1, 1L), told);
    }

    [Fact]
    public async Task A_burst_that_waits_is_stored_in_the_order_it_came_and_costs_the_disk_a_fraction_of_as_many_single_hits()
    {
        var (one, ofOne) = await OperationsOf(1);
        var (burst, ofBurst) = await OperationsOf(20);
        Assert.Equal([1], one);
        Assert.Equal(Enumerable.Range(1, 20).Select(number => (long)number), burst);
        Assert.InRange(ofBurst, ofOne, 20 * ofOne / 4);

        async Task<(IReadOnlyList<long> Told, long Operations)> OperationsOf(int hits)
        {
            var disk = new SimulatedDisk();
            using var folder = new TemporaryFolder();
            using var database = StateDatabase.Open(folder.Path, disk.Files(folder.Path), _state.Keys.Hours, _state.Time);
            using var recorder = Recorder(database);
            var (told, before, size) = (new List<long>(), disk.Operations, _audit.Latest.Size);
            for (var i = 0; i < hits; i++)
            {
                var number = i + 1;
                Record(recorder, stored: () => told.Add(database.Hits.Find(number) is null ? -1 : number));
            }
            recorder.Complete();
            await recorder.RunAsync(TestContext.Current.CancellationToken);
            Assert.Equal((hits, hits, 0), (database.Hits.Count, database.Outbox.Count().Ready, database.Outbox.Count().Unlogged));
            Assert.Equal(Enumerable.Range(1, hits).Select(number => (long)number),
                _audit.Read().Skip((int)size).Select(record => record.Entry!.Sequence!.Value));
            return (told, disk.Operations - before);
        }
    }

    [Theory]
    [InlineData(1, 16)]
    [InlineData(3, 24)]
    public async Task A_disk_that_fails_at_any_moment_leaves_every_hit_stored_and_logged_exactly_once(int hits, int operations)
    {
        for (var failing = 1; failing < operations; failing++)
        {
            var disk = new SimulatedDisk();
            using var folder = new TemporaryFolder();
            using var database = StateDatabase.Open(folder.Path, disk.Files(folder.Path), _state.Keys.Hours, _state.Time);
            using var recorder = Recorder(database);
            var (said, size) = (_log.Lines.Count, _audit.Latest.Size);
            disk.DiesAt = disk.Operations + failing;
            for (var i = 0; i < hits; i++) Record(recorder);
            recorder.Complete();
            var running = recorder.RunAsync(TestContext.Current.CancellationToken);
            await Eventually.True(() => running.IsCompleted || _log.Lines.Count > said, "it is stored, or the refusal is said");
            disk.DiesAt = null;
            await Eventually.True(() =>
            {
                _state.Time.Advance(TimeSpan.FromSeconds(1));
                return running.IsCompleted;
            }, $"all are stored once the disk works again, failing at {failing}");
            await running;
            Assert.Equal((hits, hits, 0), (database.Hits.Count, database.Outbox.Count().Ready, database.Outbox.Count().Unlogged));
            Assert.Equal(size + hits, _audit.Latest.Size);
        }
    }

    [Fact]
    public async Task Brought_again_after_a_crash_at_any_moment_a_hit_is_stored_logged_and_sent_once()
    {
        var origin = Sha256Hash.Of("camera, instant and picture"u8);
        for (var crash = 0; crash < 16; crash++)
            foreach (var kept in new[] { 0.0, 0.5, 1.0 })
            {
                using var folder = new TemporaryFolder();
                var (disk, size) = (new SimulatedDisk(), _audit.Latest.Size);
                await CrashAsync(folder.Path, disk, disk.Operations + crash, origin);
                using var database = StateDatabase.Open(folder.Path, disk.AfterPowerCut(kept, crash).Files(folder.Path), _state.Keys.Hours, _state.Time);
                using var next = Recorder(database);
                next.Reconcile(Sharing.Nobody);
                var stored = false;
                Record(next, origin: origin, stored: () => stored = true);
                next.Complete();
                await next.RunAsync(TestContext.Current.CancellationToken);
                Assert.True(stored, "vision is told, so that it does not send it for ever");
                Assert.Equal((1, 1, 0), (database.Hits.Count, database.Outbox.Count().Ready, database.Outbox.Count().Unlogged));
                Assert.Equal(size + 1, _audit.Latest.Size);
            }
    }

    /// <summary>A recorder whose disk, and process, end at this operation.</summary>
    private async Task CrashAsync(string folder, SimulatedDisk disk, int at, Sha256Hash origin)
    {
        using var database = StateDatabase.Open(folder, disk.Files(folder), _state.Keys.Hours, _state.Time);
        using var recorder = Recorder(database);
        using var killed = new CancellationTokenSource();
        var said = _log.Lines.Count;
        disk.DiesAt = disk.Operations + at;
        Record(recorder, origin: origin);
        recorder.Complete();
        var running = recorder.RunAsync(killed.Token);
        await Eventually.True(() => running.IsCompleted || _log.Lines.Count > said, "it is stored, or the refusal is said");
        await killed.CancelAsync();
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    [Theory]
    [InlineData(false)] // the power went before the audit entry
    [InlineData(true)]  // it went after the entry, before the message was marked
    public void A_crash_between_database_and_log_is_mended_with_exactly_one_entry(bool entryWasWritten)
    {
        var sequence = _state.Commit();
        if (entryWasWritten)
            _audit.Append(new AuditEntry
            {
                Action = AuditAction.HitStored, Sequence = sequence, Digest = new Sha256Hash(_state.Outbox.Unlogged()[0].Digest.Span),
            });
        Assert.Empty(_state.Outbox.Ready(8));

        using var recorder = Recorder(_state.Database);
        recorder.Reconcile(Sharing.Nobody);
        recorder.Reconcile(Sharing.Nobody);
        Assert.Single(_state.Outbox.Ready(8));
        Assert.Equal(sequence, Assert.Single(_audit.Read()).Entry!.Sequence);
    }

    [Theory]
    [InlineData(24, 24)] // ends on the hour, so that the key dies with the hit
    [InlineData(1, 1)]   // a short retention is not cut in half for that
    public async Task A_hit_expires_within_its_retention(int hours, int atMost)
    {
        using var recorder = Recorder(_state.Database);
        Record(recorder, hours);
        recorder.Complete();
        await recorder.RunAsync(TestContext.Current.CancellationToken);
        var kept = Assert.Single(_state.Hits.List()).Expires - StateFixture.Start;
        Assert.InRange(kept, TimeSpan.FromHours(hours) / 2, TimeSpan.FromHours(atMost));
    }

    public void Dispose()
    {
        _audit.Dispose();
        _state.Dispose();
        _folder.Dispose();
    }

    private HitRecorder Recorder(StateDatabase database) => new(database, _audit, _signer, _state.Keys, _counter, _state.Time, _log);

    private void Record(HitRecorder recorder, int retentionHours = 24, Action? stored = null, Sha256Hash? origin = null)
    {
        using var passage = Passages.Of(Plate);
        var trust = new ActiveTrust
        {
            Targets = new TrustedTargets
            {
                Agency = "riverton", Policy = default, Operators = default, Recipients = default, Hotlist = default,
                Versions = new Dictionary<string, int>(), Expiries = new Dictionary<string, DateTimeOffset>(),
            },
            Policy = Lists.Policy with { HitRetentionHours = retentionHours },
            Recipients = new Recipients("riverton", 1, [new Recipient(_state.Agency.Public, StateFixture.Start.AddDays(-1), StateFixture.Start.AddDays(1))]),
            Operators = new Operators("riverton", 1, []),
            Matcher = new HotlistMatcher(_hotlist),
            Refused = [],
        };
        var match = new AddressedMatch(new HotlistMatch(_hotlist.Entries[0], MatchForm.Exact), "riverton", _state.Agency.Public, null);
        using var seen = Sighting.Of(passage);
        recorder.Record(seen, passage.Camera, passage.SeenAt, [match], trust, StateFixture.Start, stored, origin);
    }

    private sealed class KeptLog : ILogger
    {
        public List<string> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (Lines) Lines.Add(formatter(state, exception));
        }

        public override string ToString()
        {
            lock (Lines) return string.Join('\n', Lines);
        }
    }
}
