using Edge.Storage.Audit;

namespace Edge.Tests.Audit;

/// <summary>What the log conceals has a retention of its own; the log has none.</summary>
public sealed class DisclosureRetentionTests : IDisposable
{
    private readonly LogLab _lab = new();

    public void Dispose() => _lab.Dispose();

    private int Kept => Directory.EnumerateFiles(Path.Combine(_lab.Directory, "disclosures"), "*", SearchOption.AllDirectories).Count();

    [Fact]
    public void Disclosures_are_destroyed_after_their_retention_with_an_entry_and_the_log_still_verifies()
    {
        using (var log = _lab.Open())
        {
            log.AppendMany(LogLab.Entries(2000));
            _lab.Time.Advance(TimeSpan.FromDays(10));
            log.AppendMany(LogLab.Entries(50, from: 2000));
            Assert.Equal(0, log.SweepDisclosures(_lab.Time.GetUtcNow() - TimeSpan.FromDays(11)));
            Assert.Equal((410, 2050), (Kept, log.Latest.Size));

            var swept = new List<int>();
            while (log.SweepDisclosures(_lab.Time.GetUtcNow() - TimeSpan.FromDays(5)) is > 0 and var some) swept.Add(some);
            Assert.Equal([256, 144], swept);
            Assert.Equal(10, Kept);
            var entries = log.ReadTail(2).Select(record => record.Entry!).ToList();
            Assert.All(entries, entry => Assert.Equal((AuditAction.SweepDone, AuditLog.SweptDisclosures), (entry.Action, entry.Kind)));
            Assert.Equal([256L, 144L], entries.Select(entry => entry.Count));
            Assert.Null(log.Disclosed(log.Read(0).First()));
            Assert.Equal("2026-2000", log.Disclosed(log.Read(2000).First())!.Value);
        }
        var report = AuditVerifier.Verify(_lab.Directory, _lab.Vkey);
        Assert.True(report.Holds, string.Join('\n', report.Checks));
        Assert.Contains("10 of 410", report.Checks.Single(check => check.Name == "disclosures").Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_written_while_the_clock_was_a_little_ahead_keeps_nothing_older_alive()
    {
        using var log = _lab.Open();
        var start = _lab.Time.GetUtcNow();
        _lab.Time.Advance(TimeSpan.FromDays(1));
        log.AppendMany(LogLab.Entries(5));
        _lab.Time.AdjustTime(start.AddHours(1)); // put right
        log.AppendMany(LogLab.Entries(5, from: 5));
        Assert.Equal(1, log.SweepDisclosures(start.AddHours(2)));
        Assert.Equal("2026-0", log.Disclosed(log.Read(0).First())!.Value);
        Assert.Null(log.Disclosed(log.Read(5).First()));
    }

    [Fact]
    public void Nothing_is_destroyed_that_no_entry_speaks_of()
    {
        using var log = _lab.Open();
        log.AppendMany(LogLab.Entries(5));
        _lab.Time.Advance(TimeSpan.FromDays(2));
        var before = Kept;
        log.Dispose();
        Assert.ThrowsAny<Exception>(() => log.SweepDisclosures(_lab.Time.GetUtcNow()));
        Assert.Equal(before, Kept);
    }
}
