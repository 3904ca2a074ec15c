using Edge.Storage.Audit;
using Edge.Storage.Trust;

namespace Edge.Agent.Governance;

/// <summary>What a proof of a hotlist's publication is worth. Each but the first is a refusal.</summary>
public enum ProofVerdict
{
    /// <summary>The list stands in the log that the policy names, and as many witnesses as it needs have seen that.</summary>
    Holds,
    /// <summary>None has come.</summary>
    Missing,
    /// <summary>Not a tlog-proof, or its entry is none of a publication.</summary>
    Unreadable,
    /// <summary>Of another log than the policy names.</summary>
    AnotherLog,
    /// <summary>The checkpoint bears the name of the log's key, and that key did not sign it.</summary>
    NotSigned,
    /// <summary>The entry does not stand under the checkpoint.</summary>
    NotIncluded,
    /// <summary>Fewer witnesses of the policy than it needs have cosigned the checkpoint.</summary>
    TooFewWitnesses,
    /// <summary>Whole, but of another list: an older one's, or one's that is still to come.</summary>
    AnotherList,
}

/// <summary>Decides whether a hotlist was published where everybody who matters can see it: in the agency's log of publications, which witnesses
/// watch, under the policy's word for whose log and which witnesses those are. The leaf is the entry <c>hotlist.published</c>, which the proof brings along as
/// its extra data. Pure.</summary>
public static class PublicationProof
{
    /// <summary>Judges what came as a proof.</summary>
    /// <param name="proof">Untrusted bytes; null if nothing came.</param>
    /// <param name="agency">Whose list it is, which may be another agency than the policy's.</param>
    /// <param name="list">The exact bytes of <c>hotlists/{agency}.json</c>.</param>
    public static ProofVerdict Judge(ReadOnlyMemory<byte>? proof, string agency, ReadOnlyMemory<byte> list, Policy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        if (policy.PublicationLog is not { } log) throw new ArgumentException("the policy names no publication log", nameof(policy));
        if (proof is not { } bytes) return ProofVerdict.Missing;
        if (!TlogProof.TryParse(bytes.Span, out var read) || read!.Extra is not { } leaf
            || !AuditEntryJson.TryRead(leaf.Span, out var entry) || entry!.Action != AuditAction.HotlistPublished) return ProofVerdict.Unreadable;
        if (!Checkpoint.TryParse(read.Note.Text, out var checkpoint) || checkpoint!.Origin != log.Name
            || !read.Note.Signatures.Any(line => line.Name == log.Name && line.KeyId == log.Id)) return ProofVerdict.AnotherLog;
        if (!read.Note.IsSignedBy(log)) return ProofVerdict.NotSigned;
        if (!read.Verify(Merkle.Leaf(leaf.Span), log)) return ProofVerdict.NotIncluded;
        var cosigned = policy.Witnesses.Keys.Count(witness => Cosignature.TryVerify(read.Note, witness, out _));
        if (cosigned < policy.Witnesses.Needed) return ProofVerdict.TooFewWitnesses;
        return entry.Agency == agency && entry.Digest == Sha256Hash.Of(list.Span) ? ProofVerdict.Holds : ProofVerdict.AnotherList;
    }

    /// <summary>The refusal as the log writes it.</summary>
    public static string Code(ProofVerdict verdict) => verdict switch
    {
        ProofVerdict.Missing => "no-proof",
        ProofVerdict.Unreadable => "proof-unreadable",
        ProofVerdict.AnotherLog => "proof-of-another-log",
        ProofVerdict.NotSigned => "proof-not-signed",
        ProofVerdict.NotIncluded => "proof-broken",
        ProofVerdict.TooFewWitnesses => "too-few-witnesses",
        ProofVerdict.AnotherList => "proof-of-another-list",
        _ => throw new ArgumentOutOfRangeException(nameof(verdict)),
    };

    /// <summary>The refusal in words, and what to do.</summary>
    public static string Reason(ProofVerdict verdict, Policy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        return $"{Code(verdict)}: {verdict switch
        {
            ProofVerdict.Missing => "no proof has come that its publication stands in the agency's log; hub push makes and sends it",
            ProofVerdict.Unreadable => "what came as the proof of its publication is none",
            ProofVerdict.AnotherLog => $"the proof is of another log than the policy's, {policy.PublicationLog?.Name}",
            ProofVerdict.NotSigned => "the proof's checkpoint is not signed by the log's key",
            ProofVerdict.NotIncluded => "the proof does not lead from the publication to the log's checkpoint",
            ProofVerdict.TooFewWitnesses => $"fewer than {policy.Witnesses.Needed} of the policy's witnesses have cosigned the log with it",
            _ => "the proof is of another list",
        }}";
    }

    /// <summary>Accident or attack. A broken signature, or a proof that leads nowhere under a good one, was made by somebody.</summary>
    public static TrustFault Fault(ProofVerdict verdict) => verdict is ProofVerdict.NotSigned or ProofVerdict.NotIncluded
        ? TrustFault.Signature : TrustFault.Unusable;
}
