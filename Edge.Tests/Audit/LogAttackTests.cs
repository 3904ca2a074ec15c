using Edge.Storage.Audit;
using Edge.Storage.Keys;
using Edge.Storage.Witnessing;
using Edge.Tests.Support;

namespace Edge.Tests.Audit;

/// <summary>What root can do to a log, and who finds it: the table of docs/audit-log.md, a test a row. Root has every file and every key that is on the
/// box at the time, and no key that was destroyed.</summary>
public sealed class LogAttackTests : IDisposable
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    private readonly LogLab _lab = new();
    private readonly TemporaryFolder _folder = new();
    private readonly LogWitness _witness;

    public LogAttackTests() => _witness = LogWitness.Open(_folder.File("witness"), "ombudsman", _lab.Time, new UnsyncedSteps());

    public void Dispose()
    {
        _witness.Dispose();
        _lab.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void A_flipped_byte_anywhere_is_found_without_a_witness_and_in_its_cosignature_with_one()
    {
        TwoEpochs();
        Cosign();
        foreach (var file in _lab.Files().ToList())
        {
            var path = Path.Combine(_lab.Directory, file);
            var right = File.ReadAllBytes(path);
            // The witness's own line in cosigned/ says nothing to an auditor who does not know the witness.
            var own = file.StartsWith("cosigned/", StringComparison.Ordinal) ? File.ReadAllText(path).Split('\n')[..^2].Sum(line => line.Length + 3) : 0;
            for (var i = 0; i < right.Length; i++)
            {
                var wrong = right.ToArray();
                wrong[i] ^= (byte)(1 << (i % 8));
                File.WriteAllBytes(path, wrong);
                if (own == 0) Assert.False(Alone().Holds, $"byte {i} of {file}");
                Assert.False(Witnessed().Holds, $"byte {i} of {file}");
            }
            File.WriteAllBytes(path, right);
        }
        Assert.True(Alone().Holds && Witnessed().Holds);
    }

    [Fact]
    public void Truncated_and_continued_within_the_present_epoch_takes_a_witness_and_before_it_none()
    {
        TwoEpochs();
        Cosign();
        var raw = _lab.Raw();
        using var later = _lab.EpochKeys().Load(1)!;

        var within = Forge("within", [.. raw.SkipLast(2), Another(), Another(), Another()], later);
        Assert.True(Alone(within).Holds);
        Fails("cosignatures", Witnessed(within));
        Fails("cosignatures", Alone(Kept(within))); // what the witness said lies there: no key of the witness is needed

        var before = Forge("before", [.. raw.Take(2), Another(), Another(), Another(), Another(), Another(), Another(), Another()], later);
        Fails("epochs", Alone(before));
    }

    [Fact]
    public void Re_signed_with_a_later_key_an_earlier_epoch_is_found_without_a_witness()
    {
        TwoEpochs();
        var raw = _lab.Raw();
        using var later = _lab.EpochKeys().Load(1)!;
        List<byte[]> changed = [Another(), .. raw.Skip(1)];

        // With the end of the epoch as it was kept, with it left away, and with one that the later key signs.
        Fails("epochs", Alone(Forge("kept", changed, later)));
        var without = Forge("without", changed, later);
        File.Delete(Path.Combine(without, "epochs/000"));
        Fails("epochs", Alone(without));
        var forged = Forge("forged", changed, later);
        var end = new Checkpoint(LogLab.Origin, 5, Merkle.Root([.. changed.Take(5).Select(entry => Merkle.Leaf(entry))]));
        File.WriteAllBytes(Path.Combine(forged, "epochs/000"), LogLab.Sign(end, _lab.Key, later));
        Fails("epochs", Alone(forged));
    }

    [Fact]
    public void A_whole_new_log_with_epochs_of_its_own_is_found_by_who_has_the_first_epoch_s_key_or_a_witness()
    {
        TwoEpochs();
        Cosign();
        var anew = _folder.File("anew");
        using (var log = _lab.OpenEpochs(null, anew, _folder.File("anew-keys")))
        {
            log.AppendMany(LogLab.Entries(4, from: 70));
            _lab.Time.Advance(Day);
            log.BeginEpochAfter(Day);
            log.AppendMany(LogLab.Entries(9, from: 80));
        }
        Assert.True(_lab.Verify(anew).Holds); // with the log's key alone
        Fails("epochs", Alone(anew));
        Fails("cosignatures", AuditVerifier.Verify(anew, _lab.Vkey, null, [_witness.Key.ToString()]));
    }

    [Fact]
    public void A_log_forked_for_two_auditors_takes_a_witness_or_that_they_compare()
    {
        TwoEpochs();
        var (other, keys) = (_lab.Copy("other"), _lab.Copy("other-keys", _lab.KeyFolder));
        using (var log = _lab.OpenEpochs()) log.AppendMany(LogLab.Entries(3, from: 20));
        using (var log = _lab.OpenEpochs(null, other, keys)) log.AppendMany(LogLab.Entries(3, from: 30));
        Assert.True(Alone().Holds && Alone(other).Holds);
        Fails("consistency", _lab.VerifyEpochs(other, File.ReadAllBytes(Path.Combine(_lab.Directory, "checkpoint"))));

        Cosign();
        Assert.True(Witnessed().Holds);
        using (var log = _lab.OpenEpochs(null, other, keys))
            Assert.Equal(WitnessVerdict.Forked, _witness.Take(WitnessRequest.Of(log.LatestNote, log.Latest.Size, [])!, Log).Verdict);
        Fails("cosignatures", Witnessed(other));
    }

    [Fact]
    public void An_entry_deleted_by_root_is_found_unless_it_is_of_the_present_epoch_and_no_witness_saw_it()
    {
        TwoEpochs();
        Cosign();
        var raw = _lab.Raw();
        using var later = _lab.EpochKeys().Load(1)!;
        List<byte[]> Without(int index) => [.. raw.Take(index), .. raw.Skip(index + 1)];

        // From the files alone: what is left does not give the root that is signed.
        var files = Forge("files", Without(6), later);
        File.Copy(Path.Combine(_lab.Directory, "checkpoint"), Path.Combine(files, "checkpoint"), overwrite: true);
        Assert.False(Alone(files).Holds);

        Fails("epochs", Alone(Forge("earlier", Without(1), later)));
        var present = Forge("present", Without(6), later);
        Assert.True(Alone(present).Holds);
        Fails("cosignatures", Witnessed(present));
    }

    [Fact]
    public void A_disk_put_back_to_an_old_image_takes_a_witness_and_the_log_alone_put_back_over_an_epoch_none()
    {
        using (var log = _lab.OpenEpochs()) log.AppendMany(LogLab.Entries(4));
        var (image, keys) = (_lab.Copy("image"), _lab.Copy("image-keys", _lab.KeyFolder));
        TwoEpochs();
        Cosign();

        // The log without the keys: the key of its epoch is destroyed.
        Assert.Contains("whose key is not here", Assert.Throws<AuditDamagedException>(() => _lab.OpenEpochs(null, image)).Message, StringComparison.Ordinal);
        // All of the disk: it goes on, and an auditor sees nothing wrong in it.
        using (var log = _lab.OpenEpochs(null, image, keys))
        {
            log.AppendMany(LogLab.Entries(6, from: 40));
            Assert.True(Alone(image).Holds);
            Fails("cosignatures", Witnessed(image));
            Assert.Equal(CosignatureTaken.Ahead, log.TakeCosigned(_witness.Cosigned(Log)!, _witness.Key)); // the box learns it too
        }
        Fails("consistency", _lab.VerifyEpochs(image, _witness.Cosigned(Log)!.ToBytes()));
    }

    private NoteKey Log => new(LogLab.Origin, _lab.Key.Public);

    // Epoch 0: entries 0 to 4, the last of which names the key of epoch 1; then more, so that an old image of 4 entries stays behind with 10.
    private void TwoEpochs()
    {
        using var log = _lab.OpenEpochs();
        if (log.Latest.Size == 0) log.AppendMany(LogLab.Entries(4));
        _lab.Time.Advance(Day);
        Assert.True(log.BeginEpochAfter(Day));
        log.AppendMany(LogLab.Entries(7, from: 10));
    }

    private void Cosign()
    {
        using var log = _lab.OpenEpochs();
        var old = _witness.KnownOf(Log)?.Size ?? 0;
        var request = WitnessRequest.Of(log.LatestNote, old, old == 0 ? [] : log.ProveConsistency(old))!;
        Assert.Equal(WitnessVerdict.Consistent, _witness.Take(request, Log).Verdict);
        Assert.Equal(CosignatureTaken.Kept, log.TakeCosigned(_witness.Cosigned(Log)!, _witness.Key));
    }

    /// <summary>Signed by what root has, and beside it what was kept of the epochs.</summary>
    private string Forge(string name, IReadOnlyList<byte[]> entries, SigningKey later)
    {
        var to = _lab.Forge(name, entries, _lab.Key, later);
        Directory.CreateDirectory(Path.Combine(to, "epochs"));
        File.Copy(Path.Combine(_lab.Directory, "epochs/000"), Path.Combine(to, "epochs/000"));
        return to;
    }

    private string Kept(string forged)
    {
        Directory.CreateDirectory(Path.Combine(forged, "cosigned"));
        foreach (var file in Directory.GetFiles(Path.Combine(_lab.Directory, "cosigned")))
            File.Copy(file, Path.Combine(forged, "cosigned", Path.GetFileName(file)));
        return forged;
    }

    private byte[] Another() =>
        AuditEntryJson.Write(new AuditEntry { Action = AuditAction.Boot, Time = _lab.Time.GetUtcNow(), Boot = "AAECAwQFBgcICQoLDA0ODw" });

    private AuditReport Alone(string? directory = null) => _lab.VerifyEpochs(directory);

    private AuditReport Witnessed(string? directory = null) => _lab.VerifyEpochs(directory, null, _witness.Key.ToString());

    private static void Fails(string check, AuditReport report) =>
        Assert.Contains(report.Checks, found => found.Name == check && found.Result == CheckResult.Failed);
}
