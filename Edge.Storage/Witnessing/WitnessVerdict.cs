using Edge.Storage.Audit;

namespace Edge.Storage.Witnessing;

/// <summary>What a checkpoint is to a witness. Each but the first is a refusal.</summary>
public enum WitnessVerdict
{
    /// <summary>It only appends to what the witness knows of the log, or the log is new to it: to be cosigned.</summary>
    Consistent,
    /// <summary>No log of this origin is known here.</summary>
    UnknownLog,
    /// <summary>Not signed by the log's key.</summary>
    NotSigned,
    /// <summary>The proof starts beyond the checkpoint.</summary>
    ProofFromBeyond,
    /// <summary>The log is smaller than what was cosigned. An old checkpoint that came late, or a log that was set back.</summary>
    Smaller,
    /// <summary>The proof starts at another size than the one last cosigned; from there it may be consistent.</summary>
    ProofFromElsewhere,
    /// <summary>As many entries as what was cosigned, and not the same: both signed by the log. Proof of a fork.</summary>
    Forked,
    /// <summary>The proof does not lead from what was cosigned to the checkpoint: a broken proof, or a fork.</summary>
    Inconsistent,
}

/// <summary>Decides what a checkpoint is. Pure.</summary>
public static class WitnessJudgement
{
    /// <param name="log">The log's key, under the origin's name; null if there is none of this origin.</param>
    /// <param name="known">What was last cosigned of this log; null if nothing was.</param>
    public static WitnessVerdict Judge(WitnessRequest request, NoteKey? log, Checkpoint? known)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (log is null || log.Name != request.Checkpoint.Origin) return WitnessVerdict.UnknownLog;
        if (log.Type != NoteKeyType.Ed25519 || !request.Note.IsSignedBy(log)) return WitnessVerdict.NotSigned;
        var (size, root) = (request.Checkpoint.Size, request.Checkpoint.Root);
        if (request.Old > size) return WitnessVerdict.ProofFromBeyond;
        if (size < known?.Size) return WitnessVerdict.Smaller;
        if (size == known?.Size && root != known.Root) return WitnessVerdict.Forked;
        if (request.Old != (known?.Size ?? 0)) return WitnessVerdict.ProofFromElsewhere;
        if (size == 0 && root != Merkle.Empty) return WitnessVerdict.Inconsistent;
        var holds = request.Old == 0 ? request.Proof.Count == 0
            : Merkle.VerifyConsistency(request.Old, size, known!.Root, root, [.. request.Proof]);
        return holds ? WitnessVerdict.Consistent : WitnessVerdict.Inconsistent;
    }
}
