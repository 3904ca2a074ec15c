using Edge.Storage.Audit;
using Edge.Storage.Files;
using Edge.Storage.Keys;

namespace Edge.Tests.Audit;

/// <summary>The log's key of today signs nothing of yesterday: epochs, and what is cut off while one ends.</summary>
public sealed class AuditLogEpochTests : IDisposable
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    private readonly LogLab _lab = new();

    public static TheoryData<Fault> Faults => [.. Enum.GetValues<Fault>()];

    public void Dispose() => _lab.Dispose();

    [Fact]
    public void An_epoch_ends_with_the_next_key_s_name_a_checkpoint_of_its_own_and_the_end_of_its_key()
    {
        using var log = _lab.OpenEpochs();
        log.AppendMany(LogLab.Entries(3));
        using var first = _lab.EpochKeys().Load(0);
        Assert.True(log.LatestNote.IsSignedBy(Named(first!)));
        _lab.Time.Advance(Day);
        Assert.True(log.BeginEpochAfter(Day));

        var entry = log.ReadTail(1)[0].Entry!;
        Assert.Equal((AuditAction.LogEpoch, 1L, 4L), (entry.Action, entry.Version, log.Latest.Size));
        Assert.Equal(File.ReadAllText(InLog("checkpoint")), File.ReadAllText(InLog("epochs/000")));
        Assert.True(log.LatestNote.IsSignedBy(Named(first!)));
        Assert.Equal(["1", "first"], Keys());
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, KeyMode());

        log.Append(LogLab.Entries(1, 3)[0]);
        using var second = _lab.EpochKeys().Load(1);
        Assert.True(second!.Public.Equals(entry.Key));
        Assert.True(log.LatestNote.IsSignedBy(Named(second)));
        Assert.False(log.LatestNote.IsSignedBy(Named(first!)));
        Assert.True(log.LatestNote.IsSignedBy(new NoteKey(LogLab.Origin, _lab.Key.Public))); // by which witnesses know it
        var check = _lab.VerifyEpochs().Checks.Single(one => one.Name == "epochs");
        Assert.Equal(CheckResult.Passed, check.Result);
        Assert.StartsWith("1 ended", check.Detail, StringComparison.Ordinal);

        UnixFileMode KeyMode()
        {
            var folder = Path.Combine(_lab.KeyFolder, "../on-disk");
            _lab.EpochKeys(new DurableSteps(), folder);
            return File.GetUnixFileMode(Path.Combine(folder, "0"));
        }
    }

    [Fact]
    public void An_epoch_ends_after_its_length_also_if_the_clock_was_put_back_and_never_in_an_empty_log()
    {
        using (var log = _lab.OpenEpochs())
        {
            _lab.Time.Advance(2 * Day);
            Assert.False(log.BeginEpochAfter(Day));
            log.AppendMany(LogLab.Entries(2));
        }
        _lab.Time.Advance(Day / 2);
        using (var log = _lab.OpenEpochs())
        {
            Assert.False(log.BeginEpochAfter(Day));
            _lab.Time.Advance(Day / 2);
            Assert.True(log.BeginEpochAfter(Day)); // by the time of its first entry, over a restart
            Assert.False(log.BeginEpochAfter(Day));
        }
        _lab.Time.Advance(Day);
        var clock = new WallClock(_lab.Time);
        using (var log = AuditLog.Open(_lab.Directory, LogLab.Origin, _lab.Key, clock, new UnsyncedSteps(), _lab.EpochKeys()))
        {
            Assert.True(log.BeginEpochAfter(Day));
            clock.Behind = TimeSpan.FromDays(30);
            Assert.False(log.BeginEpochAfter(Day));
            _lab.Time.Advance(Day);
            Assert.True(log.BeginEpochAfter(Day));
        }
        Assert.True(_lab.VerifyEpochs().Holds);
        Assert.Equal(["3", "first"], Keys());
    }

    [Fact]
    public void A_log_from_before_there_were_epochs_gets_them_and_cannot_lose_them_again()
    {
        _lab.Fill(5);
        Assert.Equal("epochs", Assert.Single(_lab.VerifyEpochs().Checks, check => check.Result == CheckResult.Failed).Name);
        using (var log = _lab.OpenEpochs())
        {
            log.Append(LogLab.Entries(1)[0]);
            _lab.Time.Advance(Day);
            Assert.True(log.BeginEpochAfter(Day));
        }
        Assert.True(_lab.VerifyEpochs().Holds);
        Assert.Contains("without their keys", Assert.Throws<AuditDamagedException>(() => _lab.Open()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nobody_but_the_log_begins_its_epochs()
    {
        using var log = _lab.Open();
        using var key = SigningKey.Create();
        Assert.Throws<ArgumentException>(() => log.Append(new AuditEntry { Action = AuditAction.LogEpoch, Version = 1, Key = key.Public }));
        Assert.Throws<ArgumentException>(() => log.Append(new AuditEntry { Action = AuditAction.Boot, Key = key.Public }));
        Assert.Throws<InvalidOperationException>(() => log.BeginEpochAfter(Day));
    }

    [Theory, MemberData(nameof(Faults))]
    public void Cut_off_at_any_step_an_epoch_has_ended_or_has_not_and_no_key_signs_before_the_last_one_is_destroyed(Fault fault)
    {
        Prepare();
        for (var step = 0; ; step++)
        {
            var (directory, keys) = (_lab.Copy("crash"), _lab.Copy("crash-keys", _lab.KeyFolder));
            var steps = new FaultySteps(fault) { Publishing = note => RequireOneKey(note, keys) };
            using (var log = _lab.OpenEpochs(steps, directory, keys))
            {
                steps.FailAt(step, thenDead: true);
                try
                {
                    log.BeginEpochAfter(Day);
                    log.Append(LogLab.Entries(1)[0]);
                }
                catch (AuditWriteException)
                {
                    Assert.True(steps.Failed);
                }
            }
            if (!steps.Failed)
            {
                Assert.InRange(step, 15, 100);
                return;
            }
            GoOn(directory, keys, steps.Published);
        }
    }

    [Theory, MemberData(nameof(Faults))]
    public void After_a_step_that_was_refused_the_same_log_goes_on_in_one_epoch(Fault fault)
    {
        Prepare();
        for (var step = 0; ; step++)
        {
            var (directory, keys) = (_lab.Copy("refused"), _lab.Copy("refused-keys", _lab.KeyFolder));
            var steps = new FaultySteps(fault) { Publishing = note => RequireOneKey(note, keys) };
            using (var log = _lab.OpenEpochs(steps, directory, keys))
            {
                steps.FailAt(step, thenDead: false);
                try
                {
                    log.BeginEpochAfter(Day);
                }
                catch (AuditWriteException)
                {
                }
                if (!steps.Failed) return;
                log.Append(LogLab.Entries(1)[0]);
            }
            GoOn(directory, keys, steps.Published);
        }
    }

    [Fact]
    public void After_a_power_cut_at_any_step_the_log_and_its_keys_fit_together()
    {
        Prepare();
        for (var seed = 0; seed < 4; seed++)
        {
            for (var step = 0; ; step++)
            {
                var (directory, keys) = (_lab.Copy("power"), _lab.Copy("power-keys", _lab.KeyFolder));
                var steps = new PowerCutSteps(seed * 1000 + step);
                long acknowledged = 3;
                using (var log = _lab.OpenEpochs(steps, directory, keys))
                {
                    steps.CutAt(step);
                    try
                    {
                        log.BeginEpochAfter(Day);
                        acknowledged = log.Append(LogLab.Entries(1)[0]) + 1;
                    }
                    catch (AuditWriteException)
                    {
                    }
                }
                if (!steps.IsCut) break;
                steps.LoseWhatWasNotSynced();
                GoOn(directory, keys, []);
                using var after = _lab.OpenEpochs(null, directory, keys);
                Assert.True(after.Latest.Size >= acknowledged);
            }
        }
    }

    [Fact]
    public void The_first_key_is_made_whole_or_again()
    {
        for (var step = 0; ; step++)
        {
            var keys = Path.Combine(_lab.Directory, $"../first/{step}");
            var steps = new FaultySteps(Fault.Torn);
            steps.FailAt(step, thenDead: true);
            try
            {
                _lab.EpochKeys(steps, keys);
            }
            catch (IOException)
            {
            }
            var opened = _lab.EpochKeys(null, keys);
            using (var key = opened.Load(0)) Assert.True(key!.Public.Equals(opened.First));
            if (!steps.Failed) return;
        }
    }

    [Fact]
    public void Without_the_epoch_s_key_or_with_another_the_log_does_not_go_on()
    {
        Prepare();
        var keys = _lab.Copy("other-keys", _lab.KeyFolder);
        using (var log = _lab.OpenEpochs()) log.BeginEpochAfter(Day);
        Refused("whose key is not here", keys);
        File.Delete(Path.Combine(_lab.KeyFolder, "1"));
        Refused("whose key is not here", _lab.KeyFolder);
        using (_lab.EpochKeys().Make(1)) Refused("not the one that the log names", _lab.KeyFolder);
        File.WriteAllText(Path.Combine(_lab.KeyFolder, "1"), "damaged");
        Assert.Throws<UnusableKeyException>(() => _lab.OpenEpochs());
        File.Delete(Path.Combine(_lab.KeyFolder, "first"));
        Assert.Throws<UnusableKeyException>(() => _lab.OpenEpochs());
        Assert.Throws<UnusableKeyException>(() => _lab.OpenEpochs()); // and did not begin anew

        void Refused(string why, string with) =>
            Assert.Contains(why, Assert.Throws<AuditDamagedException>(() => _lab.OpenEpochs(keys: with)).Message, StringComparison.Ordinal);
    }

    // Three entries, and an epoch that is over.
    private void Prepare()
    {
        using (var log = _lab.OpenEpochs()) log.AppendMany(LogLab.Entries(3));
        _lab.Time.Advance(Day);
    }

    private void GoOn(string directory, string keys, IEnumerable<string> published)
    {
        using (var log = _lab.OpenEpochs(null, directory, keys))
        {
            Assert.Single(Keys(keys), name => name != "first");
            Assert.True(_lab.VerifyEpochs(directory).Holds);
            log.Append(new AuditEntry { Action = AuditAction.Boot });
            Assert.True(_lab.VerifyEpochs(directory).Holds);
            _lab.Time.Advance(Day);
            Assert.True(log.BeginEpochAfter(Day));
            log.Append(new AuditEntry { Action = AuditAction.Boot });
        }
        Assert.All(published, note => Assert.True(_lab.VerifyEpochs(directory, System.Text.Encoding.UTF8.GetBytes(note)).Holds));
        Assert.True(_lab.VerifyEpochs(directory).Holds);
    }

    // Whoever takes the box at the moment when a checkpoint has its name finds the key that signed it, and none from before.
    private void RequireOneKey(string text, string keys)
    {
        Assert.True(SignedNote.TryParse(System.Text.Encoding.UTF8.GetBytes(text), out var note));
        var ring = _lab.EpochKeys(null, keys);
        using var zero = ring.Load(0);
        using var one = ring.Load(1);
        if (one is not null && note!.IsSignedBy(Named(one))) Assert.Null(zero);
    }

    private static NoteKey Named(SigningKey key) => new(LogLab.Origin, key.Public);

    private string InLog(string file) => Path.Combine(_lab.Directory, file);

    private IEnumerable<string> Keys(string? folder = null) => _lab.Files(folder ?? _lab.KeyFolder);

    private sealed class WallClock(TimeProvider time) : TimeProvider
    {
        public TimeSpan Behind { get; set; }

        public override long TimestampFrequency => time.TimestampFrequency;

        public override DateTimeOffset GetUtcNow() => time.GetUtcNow() - Behind;

        public override long GetTimestamp() => time.GetTimestamp();
    }
}
