using System.Text;
using Edge.Storage.Audit;
using Edge.Storage.Database;
using Edge.Storage.Files;
using Edge.Storage.Keys;
using Edge.Storage.Witnessing;
using Edge.Tests.Audit;
using Edge.Tests.Support;

namespace Edge.Tests.Witnessing;

/// <summary>Attacks on a log that has a witness, and on the witness.</summary>
public sealed class LogWitnessTests : IDisposable
{
    private readonly LogLab _lab = new();
    private readonly TemporaryFolder _folder = new();

    private NoteKey Log => new(LogLab.Origin, _lab.Key.Public);

    public void Dispose()
    {
        _lab.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void A_log_that_only_grows_is_cosigned_each_time_and_the_key_is_0600()
    {
        using var witness = Open();
        foreach (var size in new[] { 3, 3, 4, 700 }) Assert.Equal(WitnessVerdict.Consistent, Offer(witness, size).Verdict);
        Assert.Equal(700, witness.KnownOf(Log)!.Size);
        using (LogWitness.Open(_folder.File("on-disk"), "ombudsman", _lab.Time)) { }
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_folder.File("on-disk/witness.key")));
        var cosigned = witness.Cosigned(Log)!;
        Assert.True(cosigned.IsSignedBy(Log));
        Assert.True(Cosignature.TryVerify(cosigned, witness.Key, out var time));
        Assert.Equal(_lab.Time.GetUtcNow(), time);
    }

    [Fact]
    public void Of_a_forked_log_a_witness_signs_one_branch_and_two_witnesses_notes_show_both()
    {
        using var one = Open("one");
        using var two = Open("two");
        Offer(one, 5);
        Offer(two, 5);
        var fork = _lab.Copy("fork");
        Assert.Equal(WitnessVerdict.Consistent, Offer(one, 9).Verdict);
        using (var forked = _lab.Open(directory: fork)) forked.AppendMany(LogLab.Entries(4, from: 100));
        Assert.Equal(WitnessVerdict.Consistent, two.Take(Request(fork, old: 5), Log).Verdict);

        Assert.Equal(WitnessVerdict.Forked, one.Take(Request(fork, old: 9), Log).Verdict);
        using (var forked = _lab.Open(directory: fork)) forked.AppendMany(LogLab.Entries(3, from: 200));
        var refused = Request(fork, old: 9);
        Assert.Equal((WitnessVerdict.Inconsistent, 9L), (one.Take(refused, Log).Verdict, one.KnownOf(Log)!.Size));
        var evidence = File.ReadAllText(one.KeepEvidence(refused, Log, WitnessVerdict.Inconsistent)!);
        Assert.Contains(one.KnownOf(Log)!.ToText(), evidence, StringComparison.Ordinal);
        Assert.Contains(refused.Note.ToString(), evidence, StringComparison.Ordinal);

        // An auditor who has the other branch's note, and either witness's key.
        var other = two.Cosigned(Log)!.ToBytes();
        var report = AuditVerifier.Verify(_lab.Directory, _lab.Vkey, other, [two.Key.ToString()]);
        Assert.Equal(CheckResult.Failed, report.Checks.Single(check => check.Name == "consistency").Result);
    }

    [Fact]
    public void Broken_proofs_without_end_leave_room_for_the_proof_of_a_fork()
    {
        using var witness = Open();
        Offer(witness, 5);
        var fork = _lab.Copy("fork");
        Grow(9);
        var right = Request(_lab.Directory, old: 5);
        for (var i = 0; i <= LogWitness.MostEvidence; i++)
        {
            var broken = right with { Proof = [Sha256Hash.Of(BitConverter.GetBytes(i))] };
            Assert.Equal(i < LogWitness.MostEvidence - LogWitness.ReservedForForks,
                witness.KeepEvidence(broken, Log, witness.Take(broken, Log).Verdict) is not null);
        }
        witness.Take(right, Log);
        using (var forked = _lab.Open(directory: fork)) forked.AppendMany(LogLab.Entries(4, from: 100));
        var proof = Request(fork, old: 9);
        Assert.Equal(WitnessVerdict.Forked, witness.Take(proof, Log).Verdict);
        Assert.Contains(proof.Note.ToString(), File.ReadAllText(witness.KeepEvidence(proof, Log, WitnessVerdict.Forked)!), StringComparison.Ordinal);
    }

    [Fact]
    public void A_date_far_ahead_does_not_make_an_old_word_of_every_right_one()
    {
        using var witness = Open();
        Grow(5);
        witness.Take(Request(_lab.Directory, old: 0), Log, DateTimeOffset.MaxValue);
        Assert.Equal(_lab.Time.GetUtcNow() + LogWitness.ClockTolerance, witness.SaidOf(Log));
    }

    [Fact]
    public void A_log_that_was_set_back_is_refused_and_so_is_what_grows_from_there()
    {
        using var witness = Open();
        Offer(witness, 5);
        var image = _lab.Copy("image");
        Offer(witness, 9);
        Assert.Equal(WitnessVerdict.Smaller, witness.Take(Request(image, old: 5), Log).Verdict);
        using (var back = _lab.Open(directory: image)) back.AppendMany(LogLab.Entries(20, from: 300));
        Assert.Equal(WitnessVerdict.ProofFromElsewhere, witness.Take(Request(image, old: 5), Log).Verdict);
        Assert.Equal(WitnessVerdict.Inconsistent, witness.Take(Request(image, old: 9), Log).Verdict);
        Assert.Equal(9, witness.KnownOf(Log)!.Size);
    }

    [Fact]
    public void A_history_rewritten_and_signed_again_with_the_log_key_is_refused()
    {
        using var witness = Open();
        Offer(witness, 5);
        var rewritten = _folder.File("rewritten");
        using (var log = _lab.Open(directory: rewritten)) log.AppendMany(LogLab.Entries(8, from: 50));
        Assert.Equal(WitnessVerdict.Inconsistent, witness.Take(Request(rewritten, old: 5), Log).Verdict);
    }

    [Fact]
    public void A_replayed_checkpoint_moves_nothing()
    {
        using var witness = Open();
        Offer(witness, 5);
        var old = Request(_lab.Directory, old: 5);
        Offer(witness, 9);
        Assert.Equal((WitnessVerdict.Smaller, null), (witness.Take(old, Log).Verdict, witness.Take(old, Log).Cosignature));
        Assert.Equal(9, witness.KnownOf(Log)!.Size);
    }

    [Fact]
    public void Another_key_another_origin_and_a_cut_or_changed_proof_are_refused()
    {
        using var witness = Open();
        Offer(witness, 5);
        Grow(11);
        var right = Request(_lab.Directory, old: 5);
        using var other = SigningKey.Create();
        Assert.Equal(WitnessVerdict.NotSigned, witness.Take(right with { Note = SignedNote.Sign(right.Note.Text, LogLab.Origin, other) }, Log).Verdict);
        Assert.Equal(WitnessVerdict.UnknownLog, witness.Take(right, new NoteKey("another/log", _lab.Key.Public)).Verdict);
        Assert.Equal(WitnessVerdict.Inconsistent, witness.Take(right with { Proof = [.. right.Proof.SkipLast(1)] }, Log).Verdict);
        Assert.Equal(WitnessVerdict.Inconsistent, witness.Take(right with { Proof = [.. right.Proof, right.Proof[0]] }, Log).Verdict);
        Assert.Equal(WitnessVerdict.Inconsistent, witness.Take(right with { Proof = [.. right.Proof.Skip(1), right.Proof[0]] }, Log).Verdict);
        Assert.Equal(WitnessVerdict.ProofFromBeyond, witness.Take(right with { Old = 12 }, Log).Verdict);
        Assert.Equal(WitnessVerdict.Consistent, witness.Take(right, Log).Verdict);
    }

    [Theory]
    [InlineData("rename")]
    [InlineData("sync")]
    public void Killed_between_persisting_and_signing_a_witness_never_signs_two_forks(string where)
    {
        using (var witness = Open()) Offer(witness, 5);
        var fork = _lab.Copy("fork");
        Grow(9);
        using (var forked = _lab.Open(directory: fork)) forked.AppendMany(LogLab.Entries(4, from: 100));
        var steps = new DyingSteps(where);
        using (var dying = LogWitness.Open(_folder.File("witness"), "ombudsman", _lab.Time, steps))
        {
            steps.Dying = true;
            Assert.Throws<IOException>(() => dying.Take(Request(_lab.Directory, old: 5), Log)); // no signature came out
        }

        using var again = Open();
        // Cut off before the rename nothing is known of the first branch, and nothing of it was signed; after it, only that branch is ever signed.
        var branch = again.Take(Request(fork, old: again.KnownOf(Log)!.Size), Log).Verdict;
        Assert.Equal(where == "rename" ? WitnessVerdict.Consistent : WitnessVerdict.Forked, branch);
        var first = again.Take(Request(_lab.Directory, old: 9), Log).Verdict;
        Assert.Equal(where == "rename" ? WitnessVerdict.Forked : WitnessVerdict.Consistent, first);
    }

    [Fact]
    public void One_process_is_a_witness_and_what_it_has_lost_or_cannot_read_it_does_not_sign()
    {
        using (var witness = Open())
        {
            Offer(witness, 5);
            Assert.Throws<StateBusyException>(() => Open());
        }
        var state = Directory.GetFiles(_folder.File("witness/logs")).Single();
        File.WriteAllText(state, "{}");
        using (var damaged = Open()) Assert.Throws<StateDamagedException>(() => Offer(damaged, 6));
        File.Delete(_folder.File("witness/witness.key"));
        Assert.Throws<UnusableKeyException>(() => Open());
    }

    [Fact]
    public void A_log_with_a_new_key_is_a_new_log()
    {
        using var witness = Open();
        Offer(witness, 5);
        using var key = SigningKey.Create();
        using var log = AuditLog.Open(_folder.File("new"), LogLab.Origin, key, _lab.Time, new UnsyncedSteps());
        log.AppendMany(LogLab.Entries(2));
        Assert.Equal(WitnessVerdict.Consistent, witness.Take(WitnessRequest.Of(log.LatestNote, 0, [])!, new NoteKey(LogLab.Origin, key.Public)).Verdict);
    }

    [Fact]
    public void Add_checkpoint_answers_as_C2SP_tlog_witness_says()
    {
        using var witness = Open();
        (int, string) Ask(byte[] body) => WitnessResponse.To(body, origin => origin == LogLab.Origin ? Log : null, witness) is var said
            ? (said.Status, said.ContentType == WitnessResponse.SizeType ? Encoding.ASCII.GetString(said.Body.Span) : "") : default;

        Grow(5);
        var first = Request(_lab.Directory, old: 0);
        Assert.Equal((200, ""), Ask(first.ToBytes()));
        Grow(9);
        var second = Request(_lab.Directory, old: 5);
        Assert.Equal((409, "5\n"), Ask((second with { Old = 0, Proof = [] }).ToBytes()));
        Assert.Equal((422, ""), Ask((second with { Proof = [.. second.Proof.Skip(1)] }).ToBytes()));
        Assert.Equal((400, ""), Ask((second with { Old = 10 }).ToBytes()));
        var line = WitnessResponse.To(second.ToBytes(), _ => Log, witness);
        Assert.Equal(200, line.Status);
        Assert.True(SignedNote.TryParse([.. second.Note.ToBytes(), .. line.Body.Span], out var cosigned));
        Assert.True(Cosignature.TryVerify(cosigned!, witness.Key, out _));
        Assert.Equal((409, "9\n"), Ask(first.ToBytes()));
        using var other = SigningKey.Create();
        Assert.Equal((403, ""), Ask((second with { Note = SignedNote.Sign(second.Note.Text, LogLab.Origin, other) }).ToBytes()));
        Assert.Equal((404, ""), Ask(Encoding.UTF8.GetBytes(
            Encoding.UTF8.GetString(second.ToBytes()).Replace(LogLab.Origin, "example.com/unknown", StringComparison.Ordinal))));
        Assert.Equal((400, ""), Ask([]));
        Assert.Equal((413, ""), Ask(new byte[WitnessRequest.MaxBytes + 1]));
    }

    [Theory]
    [InlineData("old 5\n", "old 05\n")]
    [InlineData("old 5\n", "old -1\n")]
    [InlineData("old 5\n", "old  5\n")]
    [InlineData("old 5\n", "Old 5\n")]
    [InlineData("old 5\n", "")]
    [InlineData("old 5\n", "old 5\r\n")]
    public void A_request_has_one_spelling(string right, string wrong)
    {
        Grow(9);
        var text = Encoding.UTF8.GetString(WithProof(5).ToBytes());
        Assert.True(WitnessRequest.TryParse(Encoding.UTF8.GetBytes(text), out var read));
        Assert.Equal(text, Encoding.UTF8.GetString(read!.ToBytes()));
        Assert.False(WitnessRequest.TryParse(Encoding.UTF8.GetBytes(text.Replace(right, wrong, StringComparison.Ordinal)), out _));
    }

    [Theory]
    [InlineData(63, true)]
    [InlineData(64, false)]
    public void At_most_63_lines_of_a_proof_are_read(int lines, bool reads)
    {
        Grow(9);
        var request = WithProof(5) with { Proof = [.. Enumerable.Repeat(Merkle.Empty, lines)] };
        Assert.Equal(reads, WitnessRequest.TryParse(request.ToBytes(), out _));
    }

    [Fact]
    public void The_published_cosignature_of_another_implementation_verifies()
    {
        Assert.True(TlogProof.TryParse(File.ReadAllBytes(Shared.Need("vectors/tlog/kat.tlog-proof")), out var proof));
        Assert.True(NoteKey.TryParse("example.com/witness+fae09774+BNdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea", out var witness));
        Assert.True(Cosignature.TryVerify(proof!.Note, witness!, out var time));
        Assert.Equal(1700000000, time.ToUnixTimeSeconds());
    }

    [Fact]
    public void A_witness_follows_the_published_log_through_all_its_checkpoints()
    {
        Assert.True(NoteKey.TryParse("example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx", out var log));
        using var witness = Open();
        for (var size = 1; size <= 15; size++)
        {
            Assert.True(SignedNote.TryParse(File.ReadAllBytes(Shared.Need($"vectors/tlog/log/checkpoint.{size}")), out var note));
            var hashes = File.ReadAllBytes(Shared.Need($"vectors/tlog/log/tile/0/000.p/{size}")).Chunk(32).Select(hash => new Sha256Hash(hash)).ToArray();
            var proof = size == 1 ? [] : Merkle.ConsistencyProof(size - 1, size, (begin, end) => Merkle.Root(hashes.AsSpan((int)begin, (int)(end - begin))));
            Assert.Equal(WitnessVerdict.Consistent, witness.Take(WitnessRequest.Of(note!, size - 1, proof)!, log!).Verdict);
        }
        Assert.Equal(15, witness.KnownOf(log!)!.Size);
    }

    private LogWitness Open(string name = "ombudsman") =>
        LogWitness.Open(_folder.File(name == "ombudsman" ? "witness" : name), name, _lab.Time, new UnsyncedSteps());

    private void Grow(int size)
    {
        using var log = _lab.Open();
        if (log.Latest.Size < size) log.AppendMany(LogLab.Entries((int)(size - log.Latest.Size), from: (int)log.Latest.Size));
    }

    private Witnessed Offer(LogWitness witness, int size)
    {
        Grow(size);
        return witness.Take(Request(_lab.Directory, witness.KnownOf(Log)?.Size ?? 0), Log);
    }

    private WitnessRequest WithProof(long old) => Request(_lab.Directory, old);

    private WitnessRequest Request(string directory, long old)
    {
        using var log = _lab.Open(directory: directory);
        return WitnessRequest.Of(log.LatestNote, old, old == 0 || old > log.Latest.Size ? [] : log.ProveConsistency(old))!;
    }

    /// <summary>A process that dies at the state's rename, or at the fsync after it.</summary>
    private sealed class DyingSteps(string where) : UnsyncedSteps
    {
        public bool Dying { get; set; }

        public override void Rename(string from, string to)
        {
            if (Dying && where == "rename") throw new IOException("killed");
            base.Rename(from, to);
        }

        public override void SyncFolder(string folder)
        {
            if (Dying && where == "sync" && folder.EndsWith("logs", StringComparison.Ordinal)) throw new IOException("killed");
        }
    }
}
