using Edge.Agent.Governance;
using Edge.Agent.Hub;
using Edge.Agent.Publishing;
using Edge.Agent.Witnessing;
using Edge.Storage.Audit;
using Edge.Storage.Database;
using Edge.Storage.Keys;
using Edge.Storage.Outbox;
using Edge.Storage.Witnessing;
using Edge.Tests.Audit;
using Edge.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Edge.Tests.Witnessing;

/// <summary>What a box offers to its witnesses, and what it takes from them.</summary>
public sealed class LogWitnessingTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 4, 5, 6, 7, TimeSpan.Zero)); // a cosignature has whole seconds
    private readonly BoxName _box = new("city", "box-1");
    private readonly KeyFolder _keys;
    private readonly StateDatabase _state;
    private readonly List<string> _incidents = [];
    private readonly LogWitness _witness;
    private AuditLog _audit;
    private Policy _policy;

    public LogWitnessingTests()
    {
        _keys = KeyFolder.Open(_folder.File("state"), null);
        _state = StateDatabase.Open(_folder.File("state"), _keys.Hours, _time);
        _audit = Open("audit");
        _witness = LogWitness.Open(_folder.File("witness"), "edge/v1/city/witness", _time, new UnsyncedSteps());
        _policy = AgencyPlan.ExamplePolicy("city") with { Witnesses = new Witnesses([_witness.Key], 1) };
        Witnessing = Make();
    }

    private LogWitnessing Witnessing { get; set; }

    private NoteKey Log => new(_box.LogOrigin, _keys.Log.Public);

    public void Dispose()
    {
        _witness.Dispose();
        _audit.Dispose();
        _state.Dispose();
        _keys.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Each_offer_proves_from_what_the_witness_cosigned_last_and_what_came_back_lies_beside_the_log()
    {
        foreach (var size in new[] { 3, 4, 300 })
        {
            Grow(size);
            Witnessing.Take(Exchange()!.ToBytes());
            Assert.Equal(new LogStanding(size, _time.GetUtcNow()), Witnessing.Standing);
        }
        Grow(301);
        var copy = _audit.CopyTo(_folder.File("export"));
        var report = AuditVerifier.Verify(_folder.File("export"), Log.ToString(), null, [_witness.Key.ToString()]);
        Assert.True(report.Holds);
        Assert.Equal((300, 1), (report.Witnessed.Single().Size, report.Witnessed.Single().Since));
        Assert.Equal(301, copy.Size);
    }

    [Fact]
    public void Without_a_witness_in_the_policy_nothing_is_offered_and_nothing_taken()
    {
        Grow(3);
        var note = Cosigned(_audit);
        _policy = _policy with { Witnesses = Witnesses.None };
        Witnessing.Offer();
        Witnessing.Take(note.ToBytes());
        Assert.Empty(_state.Outbox.Ready(8));
        Assert.Null(_audit.LastCosigned(_witness.Key));
        Assert.Null(Witnessing.Standing);
    }

    [Fact]
    public void A_box_away_for_weeks_has_one_checkpoint_to_send()
    {
        for (var i = 1; i < 20; i++)
        {
            Grow(i);
            Witnessing.Offer();
        }
        Assert.Single(_state.Outbox.Ready(64));
    }

    [Fact]
    public void A_witness_that_knows_another_size_says_so_and_the_next_offer_proves_from_there()
    {
        Grow(3);
        _ = Exchange(); // its answer is lost
        Grow(5);
        var told = Exchange()!;
        Assert.Contains("\n3\n", told.Text, StringComparison.Ordinal);
        Witnessing.Take(told.ToBytes());
        Assert.Contains("\n5\n", Exchange()!.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_cosignature_by_an_unknown_key_a_changed_one_and_one_for_another_log_are_nothing()
    {
        Grow(3);
        using var stranger = LogWitness.Open(_folder.File("stranger"), "edge/v1/city/witness", _time, new UnsyncedSteps());
        Witnessing.Take(_audit.LatestNote.With(stranger.Take(WitnessRequest.Of(_audit.LatestNote, 0, [])!, Log).Cosignature!).ToBytes());
        var right = Cosigned(_audit);
        var changed = right.ToBytes();
        changed[^10] ^= 1;
        Witnessing.Take(changed);
        using var other = SigningKey.Create();
        var foreign = SignedNote.Sign(right.Text, _box.LogOrigin, other);
        Witnessing.Take(foreign.With(right.Signatures[^1]).ToBytes());
        Witnessing.Take("nonsense"u8.ToArray());
        Assert.Null(_audit.LastCosigned(_witness.Key));
        Assert.Empty(_incidents);
        Witnessing.Take(right.ToBytes());
        Assert.NotNull(_audit.LastCosigned(_witness.Key));
    }

    [Fact]
    public void A_box_set_back_to_an_old_image_learns_it_from_its_witness()
    {
        Grow(3);
        CopyAudit("image");
        Grow(9);
        var cosigned = Cosigned(_audit);
        Reopen("image");
        Witnessing.Take(cosigned.ToBytes());
        Witnessing.Take(cosigned.ToBytes());
        Assert.Equal(["log-check-failed behind-witness"], _incidents);
        _audit.AppendMany(LogLab.Entries(20, from: 500));
        Witnessing.Take(cosigned.ToBytes());
        Assert.Equal(["log-check-failed behind-witness", "log-check-failed not-as-witnessed"], _incidents);
    }

    [Fact]
    public void A_log_put_back_beside_its_cosigned_checkpoint_is_not_appended_to()
    {
        Grow(3);
        CopyAudit("image");
        Grow(9);
        Witnessing.Take(Cosigned(_audit).ToBytes());
        _audit.Dispose();
        foreach (var file in Directory.EnumerateFiles(_folder.File("audit/cosigned")))
        {
            Directory.CreateDirectory(_folder.File("image/cosigned"));
            File.Copy(file, _folder.File($"image/cosigned/{Path.GetFileName(file)}"));
        }
        var failed = Assert.Throws<AuditDamagedException>(() => Open("image"));
        Assert.Contains("a witness has cosigned 9", failed.Message, StringComparison.Ordinal);
        var report = AuditVerifier.Verify(_folder.File("image"), Log.ToString());
        Assert.Equal(CheckResult.Failed, report.Checks.Single(check => check.Name == "cosignatures").Result);
        _audit = Open("audit"); // with the file beside it, as it was, it opens
        Assert.Equal(9, _audit.LastCosigned(_witness.Key)!.Checkpoint.Size);
    }

    [Fact]
    public void A_log_rewritten_after_it_was_cosigned_fails_also_without_the_witness_s_key_and_with_it_names_who_did_not_sign()
    {
        Grow(9);
        Witnessing.Take(Cosigned(_audit).ToBytes());
        using (var rewritten = Open("rewritten")) rewritten.AppendMany(LogLab.Entries(12, from: 700));
        Directory.CreateDirectory(_folder.File("rewritten/cosigned"));
        foreach (var file in Directory.EnumerateFiles(_folder.File("audit/cosigned")))
            File.Copy(file, _folder.File($"rewritten/cosigned/{Path.GetFileName(file)}"));
        var check = AuditVerifier.Verify(_folder.File("rewritten"), Log.ToString()).Checks.Single(one => one.Name == "cosignatures");
        Assert.Equal(CheckResult.Failed, check.Result);
        Assert.Contains("history was rewritten", check.Detail, StringComparison.Ordinal);
        Directory.Delete(_folder.File("rewritten/cosigned"), recursive: true);
        check = AuditVerifier.Verify(_folder.File("rewritten"), Log.ToString(), null,
            [_witness.Key.ToString()]).Checks.Single(one => one.Name == "cosignatures");
        Assert.Contains("nothing here was cosigned by edge/v1/city/witness", check.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void No_cosignature_for_a_day_is_one_incident_until_there_is_one()
    {
        Grow(3);
        _time.Advance(Witnesses.Patience);
        Witnessing.Look();
        Assert.Empty(_incidents);
        _time.Advance(TimeSpan.FromMinutes(1));
        Witnessing.Look();
        Witnessing.Look();
        Assert.Equal(["log-not-witnessed no-cosignature"], _incidents);
        Witnessing.Take(Cosigned(_audit).ToBytes());
        Witnessing.Look();
        _time.Advance(Witnesses.Patience + TimeSpan.FromMinutes(1));
        Witnessing.Look();
        Assert.Single(_incidents); // all that there is was cosigned
        Grow(4);
        _time.Advance(Witnesses.Patience + TimeSpan.FromMinutes(1));
        Witnessing.Look();
        Assert.Equal(2, _incidents.Count);
    }

    [Fact]
    public void A_box_that_restarts_every_day_tells_that_nobody_witnesses_its_log()
    {
        Grow(3);
        for (var day = 0; day < 3; day++)
        {
            Witnessing = Make();
            Witnessing.Look();
            _time.Advance(TimeSpan.FromHours(23.9));
            Witnessing.Look();
        }
        Assert.Equal(["log-not-witnessed no-cosignature", "log-not-witnessed no-cosignature"], _incidents);
    }

    [Fact]
    public void An_old_checkpoint_cosigned_anew_each_day_hides_no_entry_that_is_not()
    {
        Grow(3);
        var old = WitnessRequest.Of(_audit.LatestNote, 0, [])!;
        Witnessing.Take(old.Note.Of(Log).With(_witness.Take(old, Log).Cosignature!).ToBytes());
        for (var day = 1; day <= 3; day++)
        {
            Grow(3 + day * 10);
            _time.Advance(TimeSpan.FromHours(23));
            Witnessing.Take(old.Note.Of(Log).With(_witness.Take(old with { Old = 3 }, Log).Cosignature!).ToBytes());
            Witnessing.Look();
        }
        Assert.Equal(["log-not-witnessed no-cosignature"], _incidents);
    }

    [Fact]
    public void Entries_that_cannot_be_read_are_reported_and_stop_nothing()
    {
        Grow(3);
        foreach (var bundle in Directory.EnumerateFiles(_folder.File("audit/tile/entries"), "*", SearchOption.AllDirectories)) File.WriteAllBytes(bundle, []);
        Witnessing.Look();
        Witnessing.Look();
        Assert.Equal(["log-check-failed damaged"], _incidents);
    }

    [Fact]
    public void A_policy_that_has_just_named_its_witnesses_gives_them_an_hour()
    {
        var named = _policy;
        _policy = _policy with { Witnesses = Witnesses.None };
        Grow(3);
        _time.Advance(TimeSpan.FromDays(30));
        Witnessing.Look();
        _policy = named;
        Witnessing.Look();
        _time.Advance(LogWitnessing.FirstExchange - TimeSpan.FromMinutes(1));
        Witnessing.Look();
        Assert.Empty(_incidents);
        _time.Advance(TimeSpan.FromMinutes(1));
        Witnessing.Look();
        Assert.Single(_incidents);
    }

    [Fact]
    public void Of_two_needed_witnesses_the_one_that_is_behind_counts()
    {
        using var second = LogWitness.Open(_folder.File("second"), "council", _time, new UnsyncedSteps());
        _policy = _policy with { Witnesses = new Witnesses([_witness.Key, second.Key], 2) };
        Grow(3);
        Witnessing.Take(_audit.LatestNote.With(second.Take(WitnessRequest.Of(_audit.LatestNote, 0, [])!, Log).Cosignature!).ToBytes());
        Assert.Equal(new LogStanding(0, null), Witnessing.Standing);
        var before = _time.GetUtcNow();
        _time.Advance(TimeSpan.FromHours(1));
        Grow(5);
        Witnessing.Take(Cosigned(_audit).ToBytes());
        Assert.Equal(new LogStanding(3, before), Witnessing.Standing);
    }

    private LogWitnessing Make() => new(_state, _audit, new MessageSigner(_box, _keys.Messages, "0.1.0"), () => _policy,
        (kind, detail) => _incidents.Add($"{IncidentKinds.Write(kind)} {detail}"), _time, NullLogger.Instance);

    private AuditLog Open(string name) => AuditLog.Open(_folder.File(name), _box.LogOrigin, _keys.Log, _time, new UnsyncedSteps());

    private void Reopen(string name)
    {
        _audit.Dispose();
        _audit = Open(name);
        Witnessing = Make();
    }

    private void CopyAudit(string name)
    {
        _audit.CopyTo(_folder.File(name));
    }

    private void Grow(int size)
    {
        if (_audit.Latest.Size < size) _audit.AppendMany(LogLab.Entries((int)(size - _audit.Latest.Size), from: (int)_audit.Latest.Size));
    }

    /// <summary>As the witness at the broker does: what the box offers, and the answer.</summary>
    private SignedNote? Exchange()
    {
        Witnessing.Offer();
        var message = Assert.Single(_state.Outbox.Ready(8));
        var hub = new MessageVerifier("city", new Dictionary<BoxName, VerifyingKey> { [_box] = _keys.Messages.Public }, []);
        var offer = Assert.IsType<ReceivedMessage.Checkpoint>(hub.Verify(Topics.Of(_box, EventType.Checkpoint), message.Payload.Span, _time.GetUtcNow())).Offer;
        _state.Outbox.Acknowledge(message.Sequence);
        var request = offer.Request(_witness.KnownOf(Log));
        return _witness.Take(request, Log).Cosignature is { } line ? request.Note.Of(Log).With(line) : _witness.Cosigned(Log);
    }

    private SignedNote Cosigned(AuditLog log)
    {
        var old = _witness.KnownOf(Log)?.Size ?? 0;
        return log.LatestNote.With(_witness.Take(WitnessRequest.Of(log.LatestNote, old, old == 0 ? [] : log.ProveConsistency(old))!, Log).Cosignature!);
    }
}
