using System.Text;
using Edge.Storage.Audit;
using Edge.Storage.Audit.Bundles;
using Edge.Storage.Keys;
using Edge.Storage.Sealing;

namespace Edge.Tests.Audit.Bundles;

public sealed class BundleTests : IDisposable
{
    private readonly LogLab _lab = new();
    private readonly RecipientKey _auditor = RecipientKey.Create();

    public void Dispose()
    {
        _lab.Dispose();
        _auditor.Dispose();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(256)]
    [InlineData(700)]
    public void A_public_export_verifies_in_both_forms_and_of_one_state_is_always_the_same_bytes(int entries)
    {
        _lab.Fill(entries);
        var (one, two, folder) = (Export("one.tar"), Export("two.tar"), Export("folder"));
        Assert.Equal(File.ReadAllBytes(one), File.ReadAllBytes(two));
        Assert.All([Verify(one), Verify(folder)], report => Assert.True(report.Holds, Said(report)));
        Assert.DoesNotContain(_lab.Files(folder),
            file => file.StartsWith("disclosures", StringComparison.Ordinal) || file.StartsWith("sealed", StringComparison.Ordinal));
        using var archive = new BundleTar.Files(one);
        Assert.Equal(_lab.Files(folder), archive.Names);
    }

    [Fact]
    public async Task The_archive_is_one_that_tar_unpacks()
    {
        _lab.Fill(300);
        var (archive, folder) = (Export("one.tar"), Directory.CreateDirectory(Path.Combine(_lab.Directory, "../unpacked")).FullName);
        using var tar = System.Diagnostics.Process.Start("tar", ["-xf", archive, "-C", folder]);
        await tar.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, tar.ExitCode);
        Assert.True(Verify(folder).Holds);
    }

    [Fact]
    public void A_full_export_is_opened_by_its_auditor_and_proves_the_same_to_everybody_else()
    {
        _lab.Fill(700);
        var full = Export("full.tar", _auditor);
        Assert.Contains("140 of 140 concealed values disclosed", Verify(full, _auditor).Checks.Single(check => check.Name == "disclosures").Detail,
            StringComparison.Ordinal);
        var closed = Verify(full);
        Assert.True(closed.Holds);
        Assert.Contains("0 of 140", closed.Checks.Single(check => check.Name == "disclosures").Detail, StringComparison.Ordinal);
        using var another = RecipientKey.Create();
        Assert.Equal(CheckResult.Failed, Verify(full, another).Checks.Single(check => check.Name == "bundle").Result);
    }

    [Fact]
    public void Any_flipped_bit_of_any_byte_of_an_archive_is_found()
    {
        _lab.Fill(7);
        var (archive, spoiled) = (Export("full.tar", _auditor), Path.Combine(_lab.Directory, "../spoiled.tar"));
        var bytes = File.ReadAllBytes(archive);
        Assert.True(Verify(archive, _auditor).Holds);
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] ^= (byte)(1 << (i % 8));
            File.WriteAllBytes(spoiled, bytes);
            Assert.False(Holds(spoiled), $"byte {i}");
            bytes[i] ^= (byte)(1 << (i % 8));
        }
        for (var length = 0; length < bytes.Length; length += 256)
        {
            File.WriteAllBytes(spoiled, bytes.AsSpan(0, length));
            Assert.False(Holds(spoiled), $"cut to {length}");
        }
        File.WriteAllBytes(spoiled, [.. bytes, 0]);
        Assert.False(Holds(spoiled), "a byte at the end");
    }

    [Fact]
    public void A_log_that_goes_on_while_it_is_verified_and_searched_is_read_as_it_was()
    {
        using var log = _lab.Open();
        log.AppendMany(LogLab.Entries(300));
        using var bundle = Bundle.Open(_lab.Directory);
        log.AppendMany(LogLab.Entries(300, 300));
        var report = bundle.Verify(AuditVerifier.Log(_lab.Vkey), null, [], out _);
        Assert.True(report.Holds, Said(report));
        Assert.Equal(300, report.Checkpoint!.Size);
        var found = AuditSearch.In(bundle, new AuditQuery());
        Assert.Equal(Enumerable.Range(0, 300).Select(i => (long)i), found.Select(match => match.Record.Index));
    }

    [Fact]
    public void A_writer_that_goes_on_does_not_disturb_an_export()
    {
        using var log = _lab.Open();
        log.AppendMany(LogLab.Entries(300));
        var snapshot = new LogSnapshot(new LogFolder(_lab.Directory));
        // Grows the partial tile, then fills it, then begins the next one.
        log.AppendMany(LogLab.Entries(100, 300));
        log.AppendMany(LogLab.Entries(200, 400));
        var copy = Path.Combine(_lab.Directory, "../copy");
        foreach (var (name, read) in snapshot.Files)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(copy, name))!);
            File.WriteAllBytes(Path.Combine(copy, name), read());
        }
        var report = _lab.Verify(copy);
        Assert.True(report.Holds, Said(report));
        Assert.Equal(300, report.Checkpoint!.Size);
    }

    [Fact]
    public void A_bundle_of_a_log_whose_epochs_have_ended_carries_their_ends_and_proves_them_with_the_first_epoch_s_key()
    {
        WriteEpochs();
        foreach (var bundle in new[] { Export("epochs.tar"), Export("epochs"), Export("full.tar", _auditor) })
        {
            var report = Verify(bundle, _auditor, _lab.EpochVkey);
            Assert.True(report.Holds, Said(report));
            Assert.StartsWith("2 ended", report.Checks.Single(check => check.Name == "epochs").Detail, StringComparison.Ordinal);
            using var other = SigningKey.Create();
            var refused = Verify(bundle, _auditor, new NoteKey(LogLab.Origin, other.Public).ToString());
            Assert.Equal(CheckResult.Failed, refused.Checks.Single(check => check.Name == "epochs").Result);
        }
        File.Delete(Path.Combine(_lab.Directory, "../epochs/epochs/001"));
        Assert.Equal((CheckResult.Failed, "epochs/001"), Epochs(Path.GetFullPath(Path.Combine(_lab.Directory, "../epochs"))));
    }

    [Fact]
    public void An_epoch_that_ends_while_a_bundle_is_made_does_not_disturb_it_and_a_log_that_was_set_back_is_still_found()
    {
        WriteEpochs();
        var kept = File.ReadAllBytes(Path.Combine(_lab.Directory, "checkpoint"));
        var ending = new EndingFolder(_lab.Directory, () =>
        {
            _lab.Time.Advance(TimeSpan.FromDays(1));
            using var log = _lab.OpenEpochs();
            Assert.True(log.BeginEpochAfter(TimeSpan.FromDays(1)));
            log.Append(LogLab.Entries(1)[0]);
        });
        var names = new LogSnapshot(ending).Files.Select(file => file.Name).Where(name => name.StartsWith("epochs/", StringComparison.Ordinal));
        Assert.Equal(["epochs/000", "epochs/001"], names);

        File.WriteAllBytes(Path.Combine(_lab.Directory, "checkpoint"), kept);
        Assert.Equal((CheckResult.Failed, "epochs/002"), Epochs(Export("back.tar")));
    }

    [Fact]
    public void A_listener_is_told_of_every_entry_in_order_though_they_are_read_on_every_core()
    {
        _lab.Fill(20_000);
        using var bundle = Bundle.Open(_lab.Directory);
        var seen = new List<long>();
        long told = 0;
        var report = bundle.Verify(AuditVerifier.Log(_lab.Vkey), null, [], out var gaps, seen: (index, entry) =>
        {
            seen.Add(index);
            Assert.Equal(index % 5 == 0, entry.Action == AuditAction.HitStored);
        }, progress: new Told(count => told = count));
        Assert.True(report.Holds, Said(report));
        Assert.Equal(Enumerable.Range(0, 20_000).Select(index => (long)index), seen);
        Assert.Equal(20_000, told);
        // Who listens to nobody is told the same of the holes.
        bundle.Verify(AuditVerifier.Log(_lab.Vkey), null, [], out var faster);
        Assert.Equal((gaps.Starts, gaps.Uncleanly, gaps.StepsBack), (faster.Starts, faster.Uncleanly, faster.StepsBack));
    }

    [Fact]
    public void A_disclosure_that_was_swept_is_missing_and_no_finding()
    {
        _lab.Fill(20);
        File.Delete(Path.Combine(_lab.Directory, "disclosures/005"));
        var report = Verify(Export("full", _auditor), _auditor);
        Assert.True(report.Holds, Said(report));
        Assert.Contains("3 of 4 concealed", report.Checks.Single(check => check.Name == "disclosures").Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void A_bundle_for_the_public_that_carries_what_it_must_not_is_found()
    {
        _lab.Fill(20);
        var folder = Export("folder");
        Directory.CreateDirectory(Path.Combine(folder, "disclosures"));
        File.Copy(Path.Combine(_lab.Directory, "disclosures/005"), Path.Combine(folder, "disclosures/005"));
        Assert.Equal(CheckResult.Failed, Verify(folder).Checks.Single(check => check.Name == "bundle").Result);
    }

    [Fact]
    public void A_sealed_part_of_another_export_or_place_does_not_open()
    {
        _lab.Fill(20);
        var (older, newer) = (Export("older", _auditor), "");
        _lab.Fill(5);
        newer = Export("newer", _auditor);
        File.Copy(Path.Combine(older, "sealed/000"), Path.Combine(newer, "sealed/000"), overwrite: true);
        var check = Verify(newer, _auditor).Checks.Single(check => check.Name == "bundle");
        Assert.Equal((CheckResult.Failed, "sealed/000"), (check.Result, check.File));
    }

    [Fact]
    public void A_link_in_a_folder_is_refused_and_not_followed()
    {
        _lab.Fill(20);
        var folder = Export("folder");
        File.CreateSymbolicLink(Path.Combine(folder, "tile/more"), "/etc/passwd");
        Assert.Throws<BundleException>(() => Bundle.Open(folder));
        File.Delete(Path.Combine(folder, "tile/more"));
        Directory.Move(Path.Combine(folder, "tile"), Path.Combine(folder, "../tile"));
        Directory.CreateSymbolicLink(Path.Combine(folder, "tile"), "../tile");
        Assert.Throws<BundleException>(() => Bundle.Open(folder));
    }

    [Theory]
    [InlineData("../checkpoint")]
    [InlineData("/etc/passwd")]
    [InlineData("tile//000")]
    [InlineData("tile/./000")]
    [InlineData("tile/.hidden")]
    [InlineData("a\nb")]
    [InlineData("a\u001b[2J")]
    [InlineData("A")]
    [InlineData("")]
    public void A_hostile_name_in_an_archive_is_refused(string name) => Assert.Throws<BundleException>(() => Read(Entry(name, "x")));

    [Fact]
    public void Anything_but_plain_files_in_order_each_once_is_refused()
    {
        Assert.Single(Read(Entry("a", "x")));
        Assert.Equal(["a", "b"], Read([.. Entry("a", "x"), .. Entry("b", "")]));
        Assert.Throws<BundleException>(() => Read([.. Entry("b", "x"), .. Entry("a", "x")]));
        Assert.Throws<BundleException>(() => Read([.. Entry("a", "x"), .. Entry("a", "y")]));
        foreach (var type in "123456LKxg\0") Assert.Throws<BundleException>(() => Read(Entry("a", "x", type)));
        Assert.Throws<BundleException>(() => Read(Entry("a", "x", size: 1L << 32)));
    }

    [Fact]
    public void An_opening_of_the_log_that_comes_back_is_found_and_silences_are_told()
    {
        var watch = new LogGapWatch();
        var start = new DateTimeOffset(2026, 10, 1, 0, 0, 0, TimeSpan.Zero);
        (double, string, AuditAction) At(double hours, string boot, AuditAction action = AuditAction.IntervalSummary) => (hours, boot, action);
        void Look(long index, (double Hours, string Boot, AuditAction Action) at) =>
            watch.Look(new EntryMoment(index, start.AddHours(at.Hours), at.Boot, at.Action));
        (double, string, AuditAction)[] entries =
        [
            At(0, "one", AuditAction.AgentStart), At(0.25, "one"), At(0.5, "one"), At(5, "one"), At(5.1, "one", AuditAction.AgentStop),
            At(9, "two", AuditAction.AgentStart),
            At(8, "two"), At(9.5, "three"),
        ];
        foreach (var (i, entry) in entries.Index()) Look(i, entry);
        Assert.Equal(CheckResult.Passed, watch.Check(allRead: true).Result);
        Assert.Equal((3, 1, 1), (watch.Gaps.Starts, watch.Gaps.Uncleanly, watch.Gaps.StepsBack));
        Assert.Equal([(3L, false), (5L, true), (7L, false)], watch.Gaps.Silences.Select(one => (one.Before, one.Stopped)));
        Look(8, At(10, "one"));
        Assert.Equal(CheckResult.Failed, watch.Check(allRead: true).Result);
    }

    [Fact]
    public void An_auditor_s_key_opens_with_its_passphrase_and_with_no_other()
    {
        var file = AuditorKey.Protect(_auditor, "correct horse battery"u8, new BlindCost(7168, 5));
        Assert.True(AuditorKey.TryParse(file.Write(), out var read, out _));
        Assert.False(read.TryOpen("incorrect horse battery"u8, out _));
        Assert.True(read.TryOpen("correct horse battery"u8, out var opened));
        using (opened) Assert.Equal(_auditor.Public, opened.Public);
    }

    private string Export(string name, RecipientKey? auditor = null)
    {
        var to = Path.GetFullPath(Path.Combine(_lab.Directory, "..", name));
        BundleExport.Write(_lab.Directory, to, new BundleForm(auditor?.Public, name.EndsWith(".tar", StringComparison.Ordinal)));
        return to;
    }

    private AuditReport Verify(string path, RecipientKey? auditor = null, string? firstEpoch = null)
    {
        using var bundle = Bundle.Open(path, auditor);
        var log = AuditVerifier.Log(_lab.Vkey);
        return bundle.Verify(log, null, [], out _, firstEpoch is null ? null : AuditVerifier.FirstEpoch(firstEpoch, log));
    }

    private (CheckResult Result, string? File) Epochs(string path)
    {
        var check = Verify(path, firstEpoch: _lab.EpochVkey).Checks.Single(check => check.Name == "epochs");
        return (check.Result, check.File);
    }

    // Two that have ended and one that has begun.
    private void WriteEpochs()
    {
        using var log = _lab.OpenEpochs();
        for (var epoch = 0; epoch < 3; epoch++)
        {
            log.AppendMany(LogLab.Entries(150, epoch * 150));
            _lab.Time.Advance(TimeSpan.FromDays(1));
            if (epoch < 2) Assert.True(log.BeginEpochAfter(TimeSpan.FromDays(1)));
        }
    }

    private bool Holds(string path)
    {
        try
        {
            return Verify(path, _auditor).Holds;
        }
        catch (BundleException)
        {
            return false;
        }
    }

    private static string Said(AuditReport report) => string.Join('\n', report.Checks);

    private IReadOnlyList<string> Read(byte[] entries)
    {
        var path = Path.Combine(_lab.Directory, "../made.tar");
        Directory.CreateDirectory(_lab.Directory);
        File.WriteAllBytes(path, [.. entries, .. new byte[1024]]);
        using var archive = new BundleTar.Files(path);
        return archive.Names;
    }

    private static byte[] Entry(string name, string content, char type = '0', long? size = null)
    {
        var header = BundleTar.Header("a", size ?? content.Length);
        header.AsSpan(0, 100).Clear();
        Encoding.Latin1.GetBytes(name, header);
        header[156] = (byte)type;
        "        "u8.CopyTo(header.AsSpan(148));
        var sum = header.Sum(one => one);
        Encoding.ASCII.GetBytes($"{Convert.ToString(sum, 8).PadLeft(6, '0')}\0 ", header.AsSpan(148));
        return [.. header, .. Encoding.Latin1.GetBytes(content), .. new byte[BundleTar.Padding(content.Length)]];
    }

    private sealed class Told(Action<long> told) : IProgress<long>
    {
        public void Report(long value) => told(value);
    }

    /// <summary>A log whose epoch ends just after its checkpoint was read.</summary>
    private sealed class EndingFolder(string root, Action end) : LogFolder(root)
    {
        private bool _ended;

        public override byte[]? Read(string name, int most)
        {
            var bytes = base.Read(name, most);
            if (name == CheckpointName && !_ended)
            {
                _ended = true;
                end();
            }
            return bytes;
        }
    }
}
