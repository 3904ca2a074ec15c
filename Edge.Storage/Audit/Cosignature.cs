using System.Buffers.Binary;
using System.Text;
using Edge.Storage.Keys;

namespace Edge.Storage.Audit;

/// <summary>A witness's word, C2SP tlog-cosignature <c>cosignature/v1</c>: at this time, this checkpoint was the largest
/// consistent one it had seen. The signature is u64be(time) ‖ Ed25519 over two header lines and the whole checkpoint
/// body.</summary>
public static class Cosignature
{
    private const int Length = 8 + 64;

    /// <summary>The signature line of witness <paramref name="name"/> under a checkpoint's text.</summary>
    public static NoteSignature Sign(string checkpoint, string name, SigningKey key, DateTimeOffset time)
    {
        var seconds = time.ToUnixTimeSeconds();
        var bytes = new byte[Length];
        BinaryPrimitives.WriteInt64BigEndian(bytes, seconds);
        key.Sign(Message(checkpoint, seconds)).CopyTo(bytes, 8);
        return new NoteSignature(name, new NoteKey(name, key.Public, NoteKeyType.Cosignature).Id, bytes);
    }

    /// <summary>True if <paramref name="witness"/> cosigned <paramref name="note"/>; <paramref name="time"/> is the
    /// latest time it vouches for.</summary>
    public static bool TryVerify(SignedNote note, NoteKey witness, out DateTimeOffset time)
    {
        time = DateTimeOffset.MinValue;
        if (witness.Type != NoteKeyType.Cosignature || !note.IsSignedBy(witness)) return false;
        foreach (var line in note.Signatures.Where(line => line.IsBy(witness)))
            if (Verify(note.Text, line, witness, out var signed) && signed > time) time = signed;
        return true;
    }

    internal static bool Verify(string checkpoint, NoteSignature line, NoteKey witness, out DateTimeOffset time)
    {
        time = default;
        if (line.Signature.Length != Length) return false;
        var seconds = BinaryPrimitives.ReadInt64BigEndian(line.Signature.Span);
        if (seconds < 0 || seconds > DateTimeOffset.MaxValue.ToUnixTimeSeconds()) return false;
        if (!witness.Key.Verify(Message(checkpoint, seconds), line.Signature.Span[8..])) return false;
        time = DateTimeOffset.FromUnixTimeSeconds(seconds);
        return true;
    }

    private static byte[] Message(string checkpoint, long seconds) =>
        Encoding.UTF8.GetBytes($"cosignature/v1\ntime {Canonical.Decimal(seconds)}\n{checkpoint}");
}
