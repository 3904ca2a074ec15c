using Edge.Storage.Audit;
using Edge.Storage.Files;

namespace Edge.Tests.Audit;

/// <summary>The disk fails, or the power goes, at every single step of an append.</summary>
public sealed class AuditLogFaultTests : IDisposable
{
    // An append of 4 at 254 fills a bundle and a tile, begins a level and leaves partial ones.
    private const int Before = 254;

    private readonly LogLab _lab = new();
    private readonly byte[] _old;

    public AuditLogFaultTests()
    {
        using (var log = _lab.Open())
        {
            log.AppendMany(LogLab.Entries(4));
            log.AppendMany([.. Enumerable.Repeat(new AuditEntry { Action = AuditAction.Boot }, Before - 4)]);
        }
        _old = File.ReadAllBytes(Path.Combine(_lab.Directory, "checkpoint"));
    }

    public static TheoryData<Fault> Faults => [.. Enum.GetValues<Fault>()];

    public void Dispose() => _lab.Dispose();

    [Theory, MemberData(nameof(Faults))]
    public void After_a_crash_at_any_step_the_log_is_the_old_one_or_the_new_one(Fault fault)
    {
        for (var step = 0; ; step++)
        {
            var directory = _lab.Copy("crash");
            var steps = new FaultySteps(fault);
            using (var log = _lab.Open(steps, directory))
            {
                steps.FailAt(step, thenDead: true);
                try
                {
                    log.AppendMany(LogLab.Entries(4, Before));
                }
                catch (AuditWriteException)
                {
                    Assert.True(steps.Failed);
                }
            }
            if (!steps.Failed)
            {
                Assert.InRange(step, 20, 100);
                return;
            }
            AssertWhole(directory, steps, [Before, Before + 4]);
        }
    }

    [Fact]
    public void What_an_append_has_written_so_far_is_told_from_what_is_wrong()
    {
        var unfinished = 0;
        for (var step = 0; ; step++)
        {
            var directory = _lab.Copy("under-way");
            var steps = new FaultySteps(Fault.Torn);
            using (var log = _lab.Open(steps, directory))
            {
                steps.FailAt(step, thenDead: true);
                if (Record.Exception(() => log.AppendMany(LogLab.Entries(4, Before))) is not AuditWriteException) break;
            }
            var report = _lab.Verify(directory);
            Assert.True(report.Holds || report.IsUnfinished, string.Join('\n', report.Checks));
            if (report.Holds) continue;
            unfinished++;
            File.AppendAllText(Path.Combine(directory, "disclosures", "000"), "!");
            Assert.False(_lab.Verify(directory).IsUnfinished);
        }
        Assert.InRange(unfinished, 5, 100);
    }

    [Theory, MemberData(nameof(Faults))]
    public void After_a_refused_append_the_same_log_goes_on(Fault fault)
    {
        for (var step = 0; ; step++)
        {
            var directory = _lab.Copy("refused");
            var steps = new FaultySteps(fault);
            var refused = false;
            using (var log = _lab.Open(steps, directory))
            {
                steps.FailAt(step, thenDead: false);
                try
                {
                    log.AppendMany(LogLab.Entries(4, Before));
                }
                catch (AuditWriteException)
                {
                    refused = true;
                }
                if (!steps.Failed) return;
                var unsure = steps.LastRename.EndsWith("checkpoint", StringComparison.Ordinal);
                var next = log.Append(new AuditEntry { Action = AuditAction.Boot });
                // The one step after which nobody can know is the last: the checkpoint has its name, but is it durable?
                Assert.Equal(refused && !unsure ? Before : Before + 4, next);
            }
            AssertWhole(directory, steps, [Before + 1, Before + 5]);
        }
    }

    [Fact]
    public void A_log_that_could_not_even_begin_begins_the_next_time()
    {
        for (var step = 0; ; step++)
        {
            var directory = Path.Combine(_lab.Directory, $"../begin/{step}");
            var steps = new FaultySteps(Fault.Torn);
            steps.FailAt(step, thenDead: true);
            try
            {
                _lab.Open(steps, directory).Dispose();
            }
            catch (AuditWriteException)
            {
            }
            if (!steps.Failed) return;
            using (var log = _lab.Open(null, directory)) log.Append(new AuditEntry { Action = AuditAction.Boot });
            Assert.True(_lab.Verify(directory).Holds);
        }
    }

    [Fact]
    public void After_a_power_cut_at_any_step_no_acknowledged_entry_is_lost()
    {
        for (var seed = 0; seed < 3; seed++)
        {
            for (var step = 0; ; step++)
            {
                var directory = _lab.Copy("power");
                var steps = new PowerCutSteps(seed * 1000 + step);
                long acknowledged = Before;
                using (var log = _lab.Open(steps, directory))
                {
                    steps.CutAt(step);
                    try
                    {
                        log.Append(LogLab.Entries(1, Before)[0]);
                        acknowledged = Before + 1;
                        log.AppendMany(LogLab.Entries(4, Before + 1));
                        acknowledged = Before + 5;
                    }
                    catch (AuditWriteException)
                    {
                    }
                }
                if (!steps.IsCut) break;
                steps.LoseWhatWasNotSynced();
                using (var log = _lab.Open(null, directory))
                {
                    Assert.InRange(log.Latest.Size, acknowledged, acknowledged == Before ? Before + 1 : Before + 5);
                    log.Append(new AuditEntry { Action = AuditAction.Boot });
                }
                Assert.True(_lab.Verify(directory, _old).Holds);
            }
        }
    }

    [Fact]
    public void A_disk_that_is_really_full_refuses_the_entry_in_words()
    {
        // A file where a folder is needed: the kernel itself refuses, whoever runs the test.
        _lab.Fill(2);
        using var log = _lab.Open(new DurableSteps());
        Directory.CreateDirectory(Path.Combine(_lab.Directory, "checkpoint.tmp"));
        var failure = Assert.Throws<AuditWriteException>(() => log.Append(new AuditEntry { Action = AuditAction.Boot }));
        Assert.Contains("refused the entry", failure.Message, StringComparison.Ordinal);
        Directory.Delete(Path.Combine(_lab.Directory, "checkpoint.tmp"));
        var size = log.Latest.Size;
        Assert.Equal(size, log.Append(new AuditEntry { Action = AuditAction.Boot }));
        Assert.True(_lab.Verify().Holds);
    }

    private void AssertWhole(string directory, FaultySteps steps, long[] sizes)
    {
        using (var log = _lab.Open(null, directory))
        {
            Assert.Contains(log.Latest.Size, sizes);
            if (!steps.Published.Any(note => note.Contains($"\n{Before + 4}\n", StringComparison.Ordinal)))
                Assert.Contains(log.Latest.Size, sizes[..1]);
            Assert.True(_lab.Verify(directory, _old).Holds);
            log.Append(new AuditEntry { Action = AuditAction.Boot });
        }
        var report = _lab.Verify(directory, _old);
        Assert.True(report.Holds);
        // Whatever checkpoint had its name on the disk, if only for a moment, may have been read: none is ever denied.
        Assert.All(steps.Published, note => Assert.True(_lab.Verify(directory, System.Text.Encoding.UTF8.GetBytes(note)).Holds));
    }
}
