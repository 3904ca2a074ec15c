using System.Text;
using System.Text.Unicode;

namespace Edge.Storage.Audit;

/// <summary>C2SP tlog-proof: one file that shows, offline, that an entry stands in a log.</summary>
/// <param name="Index">The entry's place in the log.</param>
/// <param name="Hashes">The inclusion proof, from the leaf's sibling up.</param>
/// <param name="Note">The signed checkpoint, perhaps cosigned.</param>
/// <param name="Extra">Opaque and authenticated by nobody; null if there is none.</param>
public sealed record TlogProof(long Index, IReadOnlyList<Sha256Hash> Hashes, SignedNote Note,
    ReadOnlyMemory<byte>? Extra = null)
{
    /// <summary>Largest proof read, in bytes.</summary>
    public const int MaxBytes = 2 * SignedNote.MaxBytes;

    private const string Header = "c2sp.org/tlog-proof@v1";
    private const int MaxHashes = 63;

    /// <summary>False if this is not a proof in its one spelling; nothing is verified yet.</summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out TlogProof? proof)
    {
        proof = null;
        var gap = bytes.IndexOf("\n\n"u8);
        if (bytes.Length > MaxBytes || gap < 0 || !Utf8.IsValid(bytes)) return false;
        if (!SignedNote.TryParse(bytes[(gap + 2)..], out var note) || !Checkpoint.TryParse(note!.Text, out _)) return false;

        var lines = new Queue<string>(Encoding.UTF8.GetString(bytes[..gap]).Split('\n'));
        if (lines.Dequeue() != Header) return false;

        ReadOnlyMemory<byte>? extra = null;
        if (TryTake(lines, "extra ", out var base64))
        {
            if (!Canonical.TryBase64(base64, out var opaque)) return false;
            extra = opaque;
        }
        if (!TryTake(lines, "index ", out var number) || !Canonical.TryDecimal(number, out var index)) return false;
        if (lines.Count > MaxHashes) return false;

        var hashes = new List<Sha256Hash>();
        foreach (var line in lines)
        {
            if (!Sha256Hash.TryParse(line, out var hash)) return false;
            hashes.Add(hash);
        }
        proof = new TlogProof(index, hashes, note, extra);
        return true;
    }

    /// <summary>True if <paramref name="log"/> signed the checkpoint and <paramref name="leaf"/> is its leaf at
    /// <see cref="Index"/>. Ask <see cref="Cosignature.TryVerify"/> for each witness that must have seen it.</summary>
    public bool Verify(Sha256Hash leaf, NoteKey log) =>
        Note.IsSignedBy(log) && Checkpoint.TryParse(Note.Text, out var checkpoint) && checkpoint!.Origin == log.Name
        && Merkle.VerifyInclusion(Index, checkpoint.Size, leaf, Hashes.ToArray(), checkpoint.Root);

    public byte[] ToBytes()
    {
        var text = new StringBuilder(Header).Append('\n');
        if (Extra is { } extra) text.Append("extra ").Append(Convert.ToBase64String(extra.Span)).Append('\n');
        text.Append("index ").Append(Canonical.Decimal(Index)).Append('\n');
        foreach (var hash in Hashes) text.Append(hash).Append('\n');
        return Encoding.UTF8.GetBytes(text.Append('\n').Append(Note).ToString());
    }

    private static bool TryTake(Queue<string> lines, string prefix, out string rest)
    {
        rest = "";
        if (!lines.TryPeek(out var line) || !line.StartsWith(prefix, StringComparison.Ordinal)) return false;
        rest = lines.Dequeue()[prefix.Length..];
        return true;
    }
}
