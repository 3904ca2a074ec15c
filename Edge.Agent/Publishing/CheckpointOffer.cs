using System.Diagnostics.CodeAnalysis;
using System.Text;
using Edge.Agent.Governance;
using Edge.Storage.Audit;
using Edge.Storage.Witnessing;

namespace Edge.Agent.Publishing;

/// <summary>A consistency proof from a size that a witness may know.</summary>
/// <param name="Old">From there, 1 or more.</param>
/// <param name="Hashes">To the checkpoint; empty where nothing was appended.</param>
public sealed record OfferedProof(long Old, IReadOnlyList<Sha256Hash> Hashes);

/// <summary>What a box tells witnesses: the checkpoint of its audit log, and how it follows from what each of them cosigned last.</summary>
/// <param name="Note">Signed by the log's key, which a reader has yet to verify.</param>
/// <param name="Proofs">One for each size; none for a log that no witness knows.</param>
public sealed record CheckpointOffer(SignedNote Note, IReadOnlyList<OfferedProof> Proofs)
{
    private const int MaxNote = SignedNote.MaxBytes;

    /// <summary>The offer as the JSON of an event's data.</summary>
    public byte[] ToJson() => MessageJson.Write(new Wire(Note.ToString(),
        [.. Proofs.Select(proof => new WireProof(proof.Old, [.. proof.Hashes.Select(hash => hash.ToArray())]))]));

    /// <summary>Reads what <see cref="ToJson"/> writes; <paramref name="reason"/> names members, never values.</summary>
    public static bool TryParse(ReadOnlySpan<byte> json, [NotNullWhen(true)] out CheckpointOffer? offer, out string reason)
    {
        offer = null;
        reason = MessageJson.Read<Wire>(json, CloudEvent.MaxBytes, out var wire) ?? "";
        if (wire is null) return false;
        if (wire.Checkpoint.Length > MaxNote || !SignedNote.TryParse(Encoding.UTF8.GetBytes(wire.Checkpoint), out var note)
            || !Checkpoint.TryParse(note!.Text, out _))
            reason = "checkpoint is not a signed checkpoint";
        else if (wire.Proofs.Length > Witnesses.Most
            || wire.Proofs.Any(proof => proof is null || proof.Old < 1 || proof.Hashes.Length > WitnessRequest.MostHashes
                     || proof.Hashes.Any(hash => hash is not { Length: Sha256Hash.Size })))
            reason = $"proofs are not at most {Witnesses.Most} of a size and at most {WitnessRequest.MostHashes} hashes";
        else
            offer = new CheckpointOffer(note,
                [.. wire.Proofs.Select(proof => new OfferedProof(proof.Old, [.. proof.Hashes.Select(hash => new Sha256Hash(hash))]))]);
        return offer is not null;
    }

    /// <summary>What a witness is asked that knows <paramref name="known"/> of this log: from there, if there is a proof; else from
    /// where the offer starts, so that the witness can say where it is.</summary>
    public WitnessRequest Request(Checkpoint? known)
    {
        var checkpoint = WitnessRequest.Of(Note, 0, [])!;
        // New to the witness, or nothing appended: there is nothing to prove.
        if (known is null || known.Size == 0) return checkpoint;
        if (known.Size == checkpoint.Checkpoint.Size) return checkpoint with { Old = known.Size };
        if (known.Size > checkpoint.Checkpoint.Size) return checkpoint;
        return Proofs.FirstOrDefault(proof => proof.Old == known.Size) is { } fits ? checkpoint with { Old = fits.Old, Proof = fits.Hashes } : checkpoint;
    }

    /// <summary>What a witness is asked that says it knows <paramref name="old"/> entries; null if the offer proves nothing from there.</summary>
    public WitnessRequest? RequestFrom(long old)
    {
        var checkpoint = WitnessRequest.Of(Note, 0, [])!;
        if (old == 0) return checkpoint;
        if (old == checkpoint.Checkpoint.Size) return checkpoint with { Old = old };
        return Proofs.FirstOrDefault(proof => proof.Old == old) is { } fits ? checkpoint with { Old = old, Proof = fits.Hashes } : null;
    }

    private sealed record Wire(string Checkpoint, WireProof[] Proofs);

    private sealed record WireProof(long Old, byte[][] Hashes);
}
