using System.Text;
using System.Text.Unicode;
using Edge.Storage.Audit;

namespace Edge.Storage.Witnessing;

/// <summary>What a witness is asked, C2SP tlog-witness <c>add-checkpoint</c>: <c>old &lt;size&gt;\n</c>, at most 63 lines of a
/// consistency proof, an empty line, a signed checkpoint.</summary>
/// <param name="Old">The size that the proof starts from: what the witness last cosigned; 0 for a log that it does not know.</param>
/// <param name="Proof">From there to the checkpoint; empty from 0, and where nothing was appended.</param>
/// <param name="Note">The checkpoint as its log signed it; nothing is verified yet.</param>
/// <param name="Checkpoint">What <paramref name="Note"/> says.</param>
public sealed record WitnessRequest(long Old, IReadOnlyList<Sha256Hash> Proof, SignedNote Note, Checkpoint Checkpoint)
{
    /// <summary>Most hashes of a proof: enough for a log of 2^63 entries.</summary>
    public const int MostHashes = 63;

    /// <summary>Largest request read, in bytes, before anything is parsed.</summary>
    public const int MaxBytes = 24 + (MostHashes * 45) + 1 + SignedNote.MaxBytes;

    private const string Prefix = "old ";

    /// <summary>A request about a note that is a checkpoint; null if it is none.</summary>
    public static WitnessRequest? Of(SignedNote note, long old, IReadOnlyList<Sha256Hash> proof)
    {
        ArgumentNullException.ThrowIfNull(note);
        return Checkpoint.TryParse(note.Text, out var checkpoint) ? new WitnessRequest(old, proof, note, checkpoint!) : null;
    }

    /// <summary>False if this is not a request in its one spelling.</summary>
    public static bool TryParse(ReadOnlySpan<byte> body, out WitnessRequest? request)
    {
        request = null;
        if (body.Length > MaxBytes || !Utf8.IsValid(body) || body.IndexOf("\n\n"u8) is not (> 0 and var gap)) return false;
        if (!SignedNote.TryParse(body[(gap + 2)..], out var note)) return false;
        var lines = Encoding.UTF8.GetString(body[..gap]).Split('\n');
        if (lines.Length - 1 > MostHashes || !lines[0].StartsWith(Prefix, StringComparison.Ordinal)) return false;
        if (!Canonical.TryDecimal(lines[0].AsSpan(Prefix.Length), out var old)) return false;
        var proof = new Sha256Hash[lines.Length - 1];
        for (var i = 0; i < proof.Length; i++)
            if (!Sha256Hash.TryParse(lines[i + 1], out proof[i])) return false;
        request = Of(note!, old, proof);
        return request is not null;
    }

    public byte[] ToBytes()
    {
        var text = new StringBuilder(Prefix).Append(Canonical.Decimal(Old)).Append('\n');
        foreach (var hash in Proof) text.Append(hash).Append('\n');
        return Encoding.UTF8.GetBytes(text.Append('\n').Append(Note).ToString());
    }
}
