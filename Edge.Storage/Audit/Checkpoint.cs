using System.Text;

namespace Edge.Storage.Audit;

/// <summary>The state of a log, C2SP tlog-checkpoint: <c>origin \n size \n base64(root) \n</c>. Extension lines, which
/// the spec does not recommend, are refused.</summary>
/// <param name="Origin">Names the log; also the name of the key that signs for it.</param>
/// <param name="Size">Number of entries.</param>
/// <param name="Root">The root of the Merkle tree over them.</param>
public sealed record Checkpoint(string Origin, long Size, Sha256Hash Root)
{
    /// <summary>Reads the text of a note, final newline included.</summary>
    public static bool TryParse(string text, out Checkpoint? checkpoint)
    {
        checkpoint = null;
        var lines = text.Split('\n');
        if (lines.Length != 4 || lines[3].Length != 0 || !NoteKey.IsName(lines[0])) return false;
        if (!Canonical.TryDecimal(lines[1], out var size) || !Sha256Hash.TryParse(lines[2], out var root)) return false;
        checkpoint = new Checkpoint(lines[0], size, root);
        return true;
    }

    /// <summary>Reads a signed checkpoint, if and only if <paramref name="log"/> signed it and it is that log's.</summary>
    public static bool TryOpen(ReadOnlySpan<byte> note, NoteKey log, out Checkpoint? checkpoint)
    {
        checkpoint = null;
        return SignedNote.TryParse(note, out var parsed) && parsed!.IsSignedBy(log)
            && TryParse(parsed.Text, out checkpoint) && checkpoint!.Origin == log.Name;
    }

    /// <summary>The text that is signed.</summary>
    public string ToText() =>
        new StringBuilder().Append(Origin).Append('\n').Append(Size).Append('\n').Append(Root).Append('\n').ToString();
}
