using Edge.Agent.Governance;
using Edge.Agent.Hub;
using Edge.Storage.Audit;
using Edge.Storage.Keys;
using Edge.Storage.Trust;
using Edge.Tests.Matching;
using Edge.Tests.Orders;
using Edge.Tests.Support;
using Edge.Tests.Trust;
using Microsoft.Extensions.Time.Testing;

namespace Edge.Tests.Governance;

/// <summary>Trust files that come one by one over a broker that nobody trusts.</summary>
public sealed class TrustMailboxTests : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _time = new(Lists.Now);
    private readonly CancellationTokenSource _stop = new();
    private readonly OrderLab.KeptLog _log = new();
    private readonly SigningKey _key = SigningKey.Create();
    private readonly Agency _agency;
    private readonly AuditLog _audit;
    private readonly TrustWatch _trust;
    private readonly TrustMailbox _mailbox;
    private readonly Task _running;

    public TrustMailboxTests()
    {
        _agency = Agency.Create(_folder.File("agency"), new AgencyPlan { Agency = "riverton", Cost = Lists.Cheap }, Lists.Now, null, out _)!;
        _audit = AuditLog.Open(_folder.File("audit"), "edge/v1/riverton/box-1", _key, _time);
        _trust = new TrustWatch(TrustClient.Open(_folder.File("trust"), File.ReadAllBytes(Path.Combine(_agency.TrustFolder, "1.root.json")), "riverton",
            "box-1"), _audit, _log);
        _mailbox = new TrustMailbox(_trust, _time, _log);
        _running = _mailbox.RunAsync(_stop.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
        _audit.Dispose();
        _agency.Dispose();
        _key.Dispose();
        _folder.Dispose();
    }

    private List<string> Files => [.. TrustRepositoryWriter.SendingOrder(_agency.TrustFolder, "riverton")];

    private void Put(params IEnumerable<string> files)
    {
        foreach (var file in files) _mailbox.Put(file, File.ReadAllBytes(Path.Combine(_agency.TrustFolder, file)));
    }

    private Task Until(Func<bool> condition, string what) => Eventually.TrueAsTimePasses(_time, condition, what);

    private Task UntilLookedAgain(int looks) => Until(() => Waits >= looks, "what came was looked at");

    private int Waits
    {
        get
        {
            lock (_log.Lines) return _log.Lines.Count(line => line.StartsWith("trust files are still to come", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Files_in_any_order_make_a_set_and_missing_ones_wait_without_a_refusal()
    {
        var files = Files;
        files.Reverse(); // the timestamp first, which names all that is missing
        for (var i = 0; i < files.Count - 1; i++)
        {
            Put(files[i]);
            if (i < 2) await UntilLookedAgain(i + 1);
        }
        Assert.Null(_trust.Current);
        Put(files[^1]);
        await Until(() => _trust.Current is not null, "the set is in use");
        Assert.Empty(Refusals);
    }

    [Fact]
    public async Task A_forged_timestamp_is_refused_and_the_agency_s_own_still_comes_through()
    {
        Put(Files);
        await Until(() => _trust.Current is not null, "the set is in use");
        var forged = ForgedTimestamp.Copy(_agency.TrustFolder, _folder.File("forged"));
        ForgedTimestamp.Put(forged);
        _mailbox.Put(TrustPath.Timestamp, File.ReadAllBytes(Path.Combine(forged, TrustPath.Timestamp)));
        await Until(() => Refusals.Count > 0, "it is refused");
        Assert.Equal(1, _trust.Current!.Targets.Versions[TrustPath.Timestamp]);

        Assert.NotNull(Lists.Replace(_agency, [Lists.Wanted("AB123")]).Next);
        Put(Files);
        await Until(() => _trust.Current!.Matcher.Hotlist.Version == 2, "the agency's own is in use");
        Assert.Equal(["timestamp-json"], Refusals.Select(entry => entry.Outcome.Reason));
    }

    [Fact]
    public async Task Only_what_changed_has_to_come_again()
    {
        Put(Files);
        await Until(() => _trust.Current is not null, "the set is in use");
        var before = Files.ToDictionary(file => file, file => File.ReadAllBytes(Path.Combine(_agency.TrustFolder, file)));
        Assert.NotNull(Lists.Replace(_agency, [Lists.Wanted("AB123")]).Next);
        var changed = Files.Where(file => !File.ReadAllBytes(Path.Combine(_agency.TrustFolder, file)).AsSpan().SequenceEqual(before[file])).ToList();
        Assert.DoesNotContain(TrustPath.Root, changed);
        Assert.DoesNotContain(TrustPath.Policy, changed);
        Put(changed);
        await Until(() => _trust.Current!.Matcher.Hotlist.Version == 2, "the new list is in use");
        Assert.Equal(0, Waits);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_proof_of_a_hotlist_may_come_before_it_or_long_after_it(bool before)
    {
        using var witnesses = new PublicationWitnesses(_agency, _folder.File("witnesses"), _time, 1);
        witnesses.Require(needed: 1);
        Assert.Empty(witnesses.Cosign(1));
        Put(Files);
        await Until(() => _trust.Current is { Waiting.Count: 0 }, "the set is in use with its proof");
        Assert.NotNull(Lists.Replace(_agency, [Lists.Wanted("AB123")]).Next);
        Assert.Empty(witnesses.Cosign(1));
        var proof = TrustPath.Proof("riverton");
        if (before) Put(proof);
        else Put(Files.Where(file => file != proof));
        await Until(() => before ? _time.GetUtcNow() > Lists.Now.AddMinutes(1) : _trust.Current!.Waiting.Count > 0, "it was looked at");
        Assert.Equal(1, _trust.Current!.Matcher.Hotlist.Version);
        if (before) Put(Files.Where(file => file != proof));
        else Put(proof);
        await Until(() => _trust.Current!.Matcher.Hotlist.Version == 2, "the new list is in use");
        Assert.Empty(_trust.Current!.Waiting);
        Assert.Empty(Refusals);
    }

    [Fact]
    public async Task A_forged_proof_over_the_broker_is_refused_once_and_the_right_one_still_comes_through()
    {
        using var witnesses = new PublicationWitnesses(_agency, _folder.File("witnesses"), _time, 1);
        Put(Files);
        await Until(() => _trust.Current is not null, "the set is in use");
        witnesses.Require(needed: 1);
        Assert.NotNull(Lists.Replace(_agency, [Lists.Wanted("AB123")]).Next);
        var proof = TrustPath.Proof("riverton");
        Put(Files);
        await Until(() => _trust.Current!.Waiting.Count > 0, "it waits");
        _mailbox.Put(proof, "c2sp.org/tlog-proof@v1\nforged"u8.ToArray());
        await Until(() => Refusals.Count > 0, "it is refused");
        Assert.Empty(witnesses.Cosign(1));
        Put(proof);
        await Until(() => _trust.Current!.Matcher.Hotlist.Version == 2, "the new list is in use");
        Assert.Equal(["hotlists-riverton-tlog-proof"], Refusals.Select(entry => entry.Outcome.Reason));
    }

    [Fact]
    public async Task What_came_while_the_disk_refused_is_taken_up_once_it_no_longer_does()
    {
        var taken = Directory.CreateDirectory(Path.Combine(_folder.File("trust"), "active.json"));
        Put(Files);
        await Until(() => _log.Lines.Count > 0, "the disk refuses");
        Assert.Null(_trust.Current);
        taken.Delete();
        await Until(() => _trust.Current is not null, "the set is in use");
        Assert.Empty(Refusals);
    }

    [Fact]
    public async Task A_drip_of_files_keeps_no_publication_out()
    {
        Put(Files);
        await Until(() => _trust.Current is not null, "the set is in use");
        Assert.NotNull(Lists.Replace(_agency, [Lists.Wanted("AB123")]).Next);
        Put(Files);
        await Until(() =>
        {
            _mailbox.Put("999.root.json", new byte[1]);
            return _trust.Current!.Matcher.Hotlist.Version == 2;
        }, "the new list is in use");
    }

    [Fact]
    public async Task One_forged_root_does_not_take_the_next_publication_with_it()
    {
        Put(Files);
        await Until(() => _trust.Current is not null, "the set is in use");
        Assert.NotNull(Lists.Replace(_agency, [Lists.Wanted("AB123")]).Next);
        _mailbox.Put("2.root.json", "{}"u8.ToArray());
        Put(Files);
        await Until(() => _trust.Current!.Matcher.Hotlist.Version == 2, "the new list is in use");
        Assert.Single(Refusals);
    }

    [Fact]
    public void No_more_files_wait_than_a_repository_can_have()
    {
        for (var i = 2; i < 2 + (2 * TrustMailbox.MaxFiles); i++) _mailbox.Put($"{i}.root.json", new byte[1]);
        Assert.Contains(_log.Lines, line => line.Contains("they were dropped", StringComparison.Ordinal));
    }

    [Fact]
    public void A_flood_of_forged_files_does_not_fill_the_log_and_is_counted()
    {
        _trust.Refresh(TrustSource.Folder(_agency.TrustFolder), _time.GetUtcNow());
        for (var i = 0; i < 300; i++) Forge(i);
        Assert.Equal(60, Refusals.Count);
        _time.Advance(TimeSpan.FromHours(1));
        Forge(300);
        Assert.Equal([("further-files", 240L), ("timestamp-json", null)], Refusals.TakeLast(2).Select(entry => (entry.Outcome.Reason, entry.Count)));
        Assert.NotNull(_trust.Current);

        void Forge(int i) => _trust.Refresh((path, _) => path != TrustPath.Timestamp ? null : i % 2 == 0 ? "no JSON"u8.ToArray() : "{}"u8.ToArray(),
            _time.GetUtcNow());
    }

    private List<AuditEntry> Refusals => [.. _audit.Read().Select(record => record.Entry!).Where(entry => entry.Action == AuditAction.TrustRefused)];

    [Fact]
    public void What_no_repository_has_and_what_is_too_large_is_dropped_and_so_is_more_than_may_wait()
    {
        _mailbox.Put("../state.db", new byte[10]);
        _mailbox.Put(TrustPath.Timestamp, new byte[TrustPath.MaxBytes(TrustPath.Timestamp) + 1]);
        _mailbox.Put(TrustPath.Timestamp, default);
        Assert.Empty(_log.Lines);
        var large = new byte[TrustPath.MaxBytes(TrustPath.Hotlist("any"))];
        for (var i = 0; i * (long)large.Length <= TrustMailbox.MaxBytes; i++) _mailbox.Put(TrustPath.Hotlist($"agency{(char)('a' + i)}"), large);
        Assert.Contains(_log.Lines, line => line.Contains("they were dropped", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_nobody_foresaw_in_it_costs_what_came_and_not_the_box()
    {
        var fails = true;
        var trust = new TrustWatch(TrustClient.Open(_folder.File("other"), File.ReadAllBytes(Path.Combine(_agency.TrustFolder, "1.root.json")), "riverton",
            "box-1"), _audit, _log)
        {
            TimestampSigned = _ => { if (fails) throw new InvalidOperationException("nobody foresaw this"); },
        };
        var mailbox = new TrustMailbox(trust, _time, _log);
        var running = mailbox.RunAsync(_stop.Token);
        void Bring()
        {
            foreach (var file in Files) mailbox.Put(file, File.ReadAllBytes(Path.Combine(_agency.TrustFolder, file)));
        }

        Bring();
        await Until(() => running.IsCompleted || Dropped, "it was looked at");
        Assert.False(running.IsCompleted);
        fails = false;
        Bring();
        await Until(() => trust.Current is not null, "the set is in use");
    }

    private bool Dropped
    {
        get
        {
            lock (_log.Lines) return _log.Lines.Any(line => line.Contains("was dropped: unexpected InvalidOperationException", StringComparison.Ordinal));
        }
    }
}
