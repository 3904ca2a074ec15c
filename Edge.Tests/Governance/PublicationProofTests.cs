using System.Text;
using Edge.Agent.Governance;
using Edge.Storage.Audit;
using Edge.Storage.Keys;
using Edge.Storage.Trust;
using Edge.Tests.Audit;
using Edge.Tests.Matching;
using Edge.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace Edge.Tests.Governance;

/// <summary>What a box takes as a proof that a hotlist was published under witnesses, and what not.</summary>
public sealed class PublicationProofTests : IDisposable
{
    private const string Origin = "edge/v1/riverton/publications";
    private static readonly byte[] List = "the list"u8.ToArray();

    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _time = new(Lists.Now);
    private readonly SigningKey _key = SigningKey.Create();
    private readonly SigningKey[] _witnesses = [SigningKey.Create(), SigningKey.Create(), SigningKey.Create()];
    private readonly Policy _policy;
    private int _logs;

    public PublicationProofTests() => _policy = Lists.Policy with
    {
        PublicationLog = new NoteKey(Origin, _key.Public), Witnesses = new Witnesses([.. _witnesses.Select((key, i) => Witness(i))], 2),
    };

    public void Dispose()
    {
        _key.Dispose();
        foreach (var witness in _witnesses) witness.Dispose();
        _folder.Dispose();
    }

    private NoteKey Witness(int i) => new($"w{i}", _witnesses[i].Public, NoteKeyType.Cosignature);

    private SignedNote Cosigned(SignedNote note, params IEnumerable<int> witnesses)
    {
        foreach (var i in witnesses) note = note.With(Cosignature.Sign(note.Text, $"w{i}", _witnesses[i], Lists.Now));
        return note;
    }

    /// <summary>A log with a few publications; the proof is of the one with <see cref="List"/>.</summary>
    private TlogProof Proof(string? origin = null, SigningKey? key = null, AuditEntry? entry = null, params int[] witnesses)
    {
        using var log = AuditLog.Open(_folder.File($"log-{_logs++}"), origin ?? Origin, key ?? _key, _time, new UnsyncedSteps());
        log.AppendMany([Entry("another list"u8), entry ?? Entry(List), Entry("a third one"u8)]);
        var record = log.Read(1).First();
        var proof = log.ProveInclusion(1);
        return proof with { Note = Cosigned(proof.Note, witnesses.Length == 0 ? [0, 2] : witnesses), Extra = AuditEntryJson.Write(record.Entry!) };
    }

    private static AuditEntry Entry(ReadOnlySpan<byte> list, string agency = "riverton") =>
        new() { Action = AuditAction.HotlistPublished, Actor = "hub", Role = AuditRole.Hub, Agency = agency, Version = 2, Digest = Sha256Hash.Of(list) };

    private ProofVerdict Judge(ReadOnlyMemory<byte>? proof, Policy? policy = null) => PublicationProof.Judge(proof, "riverton", List, policy ?? _policy);

    [Fact]
    public void A_hotlist_in_the_policy_s_log_under_enough_witnesses_is_published() => Assert.Equal(ProofVerdict.Holds, Judge(Proof().ToBytes()));

    [Fact]
    public void No_proof_and_what_is_none_are_refused()
    {
        Assert.Equal(ProofVerdict.Missing, Judge(null));
        Assert.Equal(ProofVerdict.Unreadable, Judge(ReadOnlyMemory<byte>.Empty));
        Assert.Equal(ProofVerdict.Unreadable, Judge(Encoding.UTF8.GetBytes("c2sp.org/tlog-proof@v1\n")));
        Assert.Equal(ProofVerdict.Unreadable, Judge((Proof() with { Extra = null }).ToBytes()));
        Assert.Equal(ProofVerdict.Unreadable, Judge(Proof(entry: new AuditEntry { Action = AuditAction.AgentStart }).ToBytes()));
        Assert.Equal(ProofVerdict.Unreadable, Judge((byte[])[.. Proof().ToBytes(), (byte)'\n']));
    }

    [Fact]
    public void One_key_is_one_witness_under_however_many_names_and_the_log_s_own_is_none()
    {
        Assert.True(Policy.TryParse(_policy.Write(), out _, out _));
        var twice = new NoteKey("another-name", _witnesses[0].Public, NoteKeyType.Cosignature);
        Assert.False(Policy.TryParse((_policy with { Witnesses = new Witnesses([Witness(0), twice], 2) }).Write(), out _, out var problems));
        Assert.Contains("one key twice", Assert.Single(problems).ToString(), StringComparison.Ordinal);
        var own = new NoteKey("hub", _key.Public, NoteKeyType.Cosignature);
        Assert.False(Policy.TryParse((_policy with { Witnesses = new Witnesses([own], 1) }).Write(), out _, out problems));
        Assert.Contains("its own witness", Assert.Single(problems).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_proof_of_another_list_or_of_another_agency_s_list_is_refused()
    {
        Assert.Equal(ProofVerdict.AnotherList, Judge(Proof(entry: Entry("yet another"u8)).ToBytes()));
        Assert.Equal(ProofVerdict.AnotherList, Judge(Proof(entry: Entry(List, "sheriff")).ToBytes()));
    }

    [Fact]
    public void A_proof_by_another_log_is_refused_also_under_the_same_name()
    {
        using var thief = SigningKey.Create();
        Assert.Equal(ProofVerdict.AnotherLog, Judge(Proof(key: thief).ToBytes()));
        Assert.Equal(ProofVerdict.AnotherLog, Judge(Proof(origin: "edge/v1/sheriff/publications").ToBytes()));
        // The box's own log, which the agency's witnesses cosign too, is not the log of publications.
        Assert.Equal(ProofVerdict.AnotherLog, Judge(Proof(origin: "edge/v1/riverton/box-1").ToBytes()));
    }

    [Fact]
    public void A_forged_proof_is_refused_as_an_attack()
    {
        var good = Proof();
        using var thief = SigningKey.Create();
        var forged = SignedNote.Sign(good.Note.Text, Origin, thief).Signatures[0] with { KeyId = _policy.PublicationLog!.Id };
        Assert.True(SignedNote.TryParse(Encoding.UTF8.GetBytes($"{good.Note.Text}\n{forged}\n"), out var note));
        Assert.Equal(ProofVerdict.NotSigned, Judge((good with { Note = Cosigned(note!, 0, 1, 2) }).ToBytes()));

        Assert.Equal(ProofVerdict.NotIncluded, Judge((good with { Index = 0 }).ToBytes()));
        Assert.Equal(ProofVerdict.NotIncluded, Judge((good with { Hashes = [.. good.Hashes.Reverse()] }).ToBytes()));
        var entry = Encoding.UTF8.GetString(good.Extra!.Value.Span).Replace("\"version\":2", "\"version\":3", StringComparison.Ordinal);
        Assert.Equal(ProofVerdict.NotIncluded, Judge((good with { Extra = Encoding.UTF8.GetBytes(entry) }).ToBytes()));
        Assert.All([ProofVerdict.NotSigned, ProofVerdict.NotIncluded], verdict => Assert.Equal(TrustFault.Signature, PublicationProof.Fault(verdict)));
    }

    [Fact]
    public void Too_few_witnesses_are_too_few_however_often_one_signs_and_whoever_else_does()
    {
        Assert.Equal(ProofVerdict.TooFewWitnesses, Judge(Proof(witnesses: [1]).ToBytes()));
        Assert.Equal(ProofVerdict.TooFewWitnesses, Judge(Proof(witnesses: [1, 1, 1]).ToBytes()));
        var two = _policy with { Witnesses = new Witnesses([Witness(0), Witness(1)], 2) };
        Assert.Equal(ProofVerdict.TooFewWitnesses, Judge(Proof(witnesses: [0, 2]).ToBytes(), two));
        Assert.Equal(ProofVerdict.Holds, Judge(Proof(witnesses: [0, 1, 2]).ToBytes(), two));
    }

    [Fact]
    public void No_byte_of_a_proof_can_be_changed()
    {
        var proof = Proof(witnesses: [0, 1]).ToBytes();
        for (var i = 0; i < proof.Length; i++)
        {
            var changed = proof.ToArray();
            changed[i] ^= 1;
            Assert.NotEqual(ProofVerdict.Holds, Judge(changed));
        }
    }
}
