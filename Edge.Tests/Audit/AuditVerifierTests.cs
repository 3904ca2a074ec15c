using System.Text;
using Edge.Storage.Audit;
using Edge.Storage.Audit.Bundles;
using Edge.Storage.Keys;
using Edge.Tests.Support;

namespace Edge.Tests.Audit;

public sealed class AuditVerifierTests : IDisposable
{
    private readonly LogLab _lab = new();

    public void Dispose() => _lab.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(256)]
    [InlineData(700)]
    public void A_log_as_it_was_written_passes_every_check(int size)
    {
        _lab.Open().Dispose();
        var empty = File.ReadAllBytes(Path.Combine(_lab.Directory, "checkpoint"));
        _lab.Fill(size);
        var report = _lab.Verify(older: empty);
        Assert.All(report.Checks, check => Assert.Equal(check.Name is "cosignatures" or "epochs" ? CheckResult.Skipped : CheckResult.Passed, check.Result));
        Assert.Equal(
            ["checkpoint", "signature", "entries", "tiles", "root", "files", "format", "disclosures", "conservation", "consistency", "cosignatures",
                "epochs"],
            report.Checks.Select(check => check.Name));
        Assert.Equal(size, report.Checkpoint!.Size);
    }

    [Fact]
    public void Any_flipped_bit_in_any_byte_of_any_file_is_found()
    {
        _lab.Fill(6);
        Assert.Contains("disclosures/005", _lab.Files());
        foreach (var file in _lab.Files())
        {
            var path = Path.Combine(_lab.Directory, file);
            var right = File.ReadAllBytes(path);
            for (var i = 0; i < right.Length; i++)
            {
                var wrong = right.ToArray();
                wrong[i] ^= (byte)(1 << (i % 8));
                File.WriteAllBytes(path, wrong);
                Assert.False(_lab.Verify().Holds, $"byte {i} of {file}");
            }
            File.WriteAllBytes(path, right);
        }
        Assert.True(_lab.Verify().Holds);
    }

    [Fact]
    public void In_a_larger_log_every_file_is_covered_too_and_the_report_names_it()
    {
        _lab.Fill(600);
        var random = new Random(1);
        foreach (var file in _lab.Files().Where(file => !file.StartsWith("disclosures/", StringComparison.Ordinal)
                     || file.EndsWith("95", StringComparison.Ordinal)).ToList())
        {
            var path = Path.Combine(_lab.Directory, file);
            var right = File.ReadAllBytes(path);
            foreach (var spoil in new Func<byte[], byte[]>[]
                     {
                         bytes => { bytes[random.Next(bytes.Length)] ^= 0x10; return bytes; },
                         bytes => bytes[..^1],
                         bytes => [.. bytes, 0],
                         bytes => [],
                     })
            {
                File.WriteAllBytes(path, spoil(right.ToArray()));
                var failed = _lab.Verify().Checks.Where(check => check.Result == CheckResult.Failed).ToList();
                Assert.NotEmpty(failed);
                Assert.All(failed, check => Assert.NotNull(check.File));
                Assert.Contains(failed, check => check.File == file || check.Expected is not null);
            }
            File.WriteAllBytes(path, right);
        }
        Assert.True(_lab.Verify().Holds);
    }

    [Fact]
    public void A_missing_file_is_found_except_a_disclosure_that_was_dropped()
    {
        _lab.Fill(300);
        foreach (var file in _lab.Files().Where(file => !file.EndsWith('0')).ToList())
        {
            var path = Path.Combine(_lab.Directory, file);
            var right = File.ReadAllBytes(path);
            File.Delete(path);
            Assert.Equal(file.StartsWith("disclosures/", StringComparison.Ordinal), _lab.Verify().Holds);
            File.WriteAllBytes(path, right);
        }
    }

    [Theory]
    [InlineData("tile/0/005", "files")]
    [InlineData("tile/0/001.p/99", "files")]
    [InlineData("tile/4/000.p/1", "files")]
    [InlineData("tile/entries/001.p/99", "files")]
    [InlineData("tile/entries/x001/000", "files")]
    [InlineData("tile/0/000.p/5", "tiles")]
    [InlineData("tile/entries/000.p/5", "tiles")]
    [InlineData("checkpoint.tmp", "files")]
    [InlineData("tile/0/001.p/44.tmp", "files")]
    [InlineData("checkpoint.old", "files")]
    [InlineData("notes.txt", "files")]
    [InlineData("disclosures/001", "disclosures")]
    [InlineData("disclosures/999", "disclosures")]
    [InlineData("disclosures/x000/001", "files")]
    public void A_file_that_does_not_belong_is_named(string file, string check)
    {
        _lab.Fill(300);
        var path = Path.Combine(_lab.Directory, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, "surprise");
        var failed = Assert.Single(_lab.Verify().Checks, found => found.Result == CheckResult.Failed);
        Assert.Equal((check, file), (failed.Name, failed.File));
    }

    [Fact]
    public void A_bundle_that_cannot_be_read_at_all_is_one_failure_of_the_disk()
    {
        _lab.Fill(300);
        var bundle = Path.Combine(_lab.Directory, "tile/entries/000");
        File.Delete(bundle);
        File.CreateSymbolicLink(bundle, bundle); // a loop: the kernel refuses, whoever runs the test
        Assert.ThrowsAny<IOException>(() => _lab.Verify());
    }

    [Fact]
    public void An_older_partial_tile_that_is_still_true_may_stay()
    {
        _lab.Fill(300);
        var tile = File.ReadAllBytes(Path.Combine(_lab.Directory, "tile/0/000"));
        Directory.CreateDirectory(Path.Combine(_lab.Directory, "tile/0/000.p"));
        File.WriteAllBytes(Path.Combine(_lab.Directory, "tile/0/000.p/5"), tile[..160]);
        Assert.True(_lab.Verify().Holds);
    }

    [Fact]
    public void History_rewritten_and_signed_again_passes_alone_and_fails_against_an_older_checkpoint()
    {
        _lab.Fill(20);
        var old = File.ReadAllBytes(Path.Combine(_lab.Directory, "checkpoint"));
        var forged = Path.Combine(_lab.Directory, "../forged");
        using (var log = AuditLog.Open(forged, LogLab.Origin, _lab.Key, _lab.Time)) log.AppendMany(LogLab.Entries(30));
        Assert.True(_lab.Verify(forged).Holds);
        var failed = Assert.Single(_lab.Verify(forged, old).Checks, check => check.Result == CheckResult.Failed);
        Assert.Equal("consistency", failed.Name);
        Assert.NotEqual(failed.Expected, failed.Actual);
    }

    [Fact]
    public void A_log_cut_short_is_found_by_a_newer_checkpoint_and_an_old_checkpoint_by_the_files()
    {
        _lab.Fill(20);
        var copy = _lab.Copy("short");
        _lab.Fill(20);
        var newer = File.ReadAllBytes(Path.Combine(_lab.Directory, "checkpoint"));
        Assert.True(_lab.Verify(copy).Holds);
        Assert.Equal("consistency", Assert.Single(_lab.Verify(copy, newer).Checks, Failed).Name);

        File.Copy(Path.Combine(copy, "checkpoint"), Path.Combine(_lab.Directory, "checkpoint"), overwrite: true);
        Assert.Contains(_lab.Verify().Checks, Failed);

        static bool Failed(AuditCheck check) => check.Result == CheckResult.Failed;
    }

    [Fact]
    public void Another_key_and_another_name_are_told_apart()
    {
        _lab.Fill(2);
        using var other = SigningKey.Create();
        var wrongKey = AuditVerifier.Verify(_lab.Directory, new NoteKey(LogLab.Origin, other.Public).ToString());
        Assert.Equal(["signature"], wrongKey.Checks.Where(check => check.Result == CheckResult.Failed).Select(check => check.Name));
        var wrongName = AuditVerifier.Verify(_lab.Directory, new NoteKey("example.com/other", _lab.Key.Public).ToString());
        Assert.Contains(wrongName.Checks, check => check is { Name: "checkpoint", Result: CheckResult.Failed });
        Assert.Throws<FormatException>(() => AuditVerifier.Verify(_lab.Directory, "nonsense"));
        Assert.Throws<FormatException>(() => AuditVerifier.Verify(_lab.Directory,
            new NoteKey(LogLab.Origin, _lab.Key.Public, NoteKeyType.Cosignature).ToString()));
    }

    [Fact]
    public void Reads_that_are_neither_discarded_nor_hits_are_found()
    {
        using (var log = _lab.Open())
            log.Append(new AuditEntry { Action = AuditAction.IntervalSummary, Frames = 9, Reads = 5, Discarded = 3, Hits = 1 });
        var failed = Assert.Single(_lab.Verify().Checks, check => check is { Name: "conservation", Result: CheckResult.Failed });
        Assert.Contains("entry 0: 5 reads, but 3 discarded + 1 hits", failed.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Hits_that_were_counted_but_never_stored_are_found()
    {
        using (var log = _lab.Open())
            log.Append(new AuditEntry { Action = AuditAction.IntervalSummary, Frames = 9, Reads = 5, Discarded = 3, Hits = 2 });
        Assert.Contains(_lab.Verify().Checks, check => check is { Name: "conservation", Result: CheckResult.Failed });
        using (var log = _lab.Open()) log.AppendMany([LogLab.Entries(1)[0], LogLab.Entries(6)[5]]);
        var report = _lab.Verify();
        Assert.True(report.Holds);
        Assert.Equal(new AuditTotals(9, 5, 3, 2, 2), report.Totals);
    }

    [Fact]
    public void The_published_log_verifies_at_its_size_with_all_its_partial_tiles()
    {
        var published = Shared.Need("vectors/tlog/log");
        Assert.True(NoteKey.TryParse("example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx", out var key));
        for (var size = 0; size <= 15; size++)
        {
            var older = File.ReadAllBytes(Path.Combine(published, $"checkpoint.{size}"));
            var report = AuditVerifier.Verify(new LogFolder(published), key!, older, entriesAreAudit: false);
            // The set keeps its 16 checkpoints beside the one of the log: the only names that are no part of one.
            var failed = Assert.Single(report.Checks, check => check.Result == CheckResult.Failed);
            Assert.Equal(("files", 15), (failed.Name, failed.MoreFindings));
            Assert.StartsWith("checkpoint.", failed.File, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void An_entry_in_another_spelling_is_found_even_if_it_is_signed()
    {
        var json = AuditEntryJson.Write(new AuditEntry { Action = AuditAction.Boot, Boot = "AAECAwQFBgcICQoLDA0ODw" });
        byte[] spaced = [.. json, (byte)' '];
        var bundle = new EntryBundle();
        bundle.Add(spaced);
        Put("tile/entries/000.p/1", bundle.ToArray());
        Put("tile/0/000.p/1", Merkle.Leaf(spaced).ToArray());
        Put("checkpoint", SignedNote.Sign(new Checkpoint(LogLab.Origin, 1, Merkle.Leaf(spaced)).ToText(), LogLab.Origin, _lab.Key).ToBytes());
        var failed = Assert.Single(_lab.Verify().Checks, check => check.Result == CheckResult.Failed);
        Assert.Equal(("format", "tile/entries/000.p/1"), (failed.Name, failed.File));
    }

    [Fact]
    public void A_checkpoint_of_more_entries_than_can_be_counted_is_an_answer_whoever_signed_it()
    {
        _lab.Fill(3);
        using var stranger = SigningKey.Create();
        Put("checkpoint", LogLab.Sign(new Checkpoint(LogLab.Origin, long.MaxValue, Merkle.Empty), stranger));
        var report = _lab.Verify();
        Assert.False(report.Holds);
        Assert.Equal(CheckResult.Failed, report.Checks.Single(check => check.Name == "signature").Result);
        var refused = Assert.Throws<AuditDamagedException>(() => new LogSnapshot(new LogFolder(_lab.Directory)));
        Assert.Contains("more than any log has", refused.Message, StringComparison.Ordinal);
    }

    private void Put(string name, byte[] bytes)
    {
        var path = Path.Combine(_lab.Directory, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, bytes);
    }
}
