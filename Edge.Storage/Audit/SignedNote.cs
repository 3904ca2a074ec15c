using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;
using Edge.Storage.Keys;

namespace Edge.Storage.Audit;

/// <summary>One signature line of a note, not yet verified.</summary>
/// <param name="Name">The signer's name.</param>
/// <param name="KeyId">Which of the signer's keys.</param>
/// <param name="Signature">What follows the key id; its layout depends on the type of the key.</param>
public sealed record NoteSignature(string Name, uint KeyId, ReadOnlyMemory<byte> Signature)
{
    /// <summary><c>— &lt;name&gt; base64(key id ‖ signature)</c>, without its newline.</summary>
    public override string ToString()
    {
        var bytes = new byte[4 + Signature.Length];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, KeyId);
        Signature.CopyTo(bytes.AsMemory(4));
        return $"— {Name} {Convert.ToBase64String(bytes)}";
    }

    internal bool IsBy(NoteKey key) => Name == key.Name && KeyId == key.Id;
}

/// <summary>C2SP signed-note: a text that ends in a newline, an empty line, then one line for each signature. Immutable;
/// parsing verifies nothing.</summary>
public sealed class SignedNote
{
    /// <summary>Largest note read, in bytes, before anything is parsed.</summary>
    public const int MaxBytes = 64 * 1024;

    /// <summary>Most signatures read; the spec asks for 16 at least.</summary>
    public const int MaxSignatures = 64;

    private const string SignaturePrefix = "— ";

    private SignedNote(string text, IReadOnlyList<NoteSignature> signatures) => (Text, Signatures) = (text, signatures);

    /// <summary>What is signed, with its final newline.</summary>
    public string Text { get; }

    /// <summary>In the order of the note; at least one.</summary>
    public IReadOnlyList<NoteSignature> Signatures { get; }

    /// <summary>Signs <paramref name="text"/> with type 0x01 (Ed25519).</summary>
    /// <exception cref="ArgumentException">The text does not end in a newline or has other control characters, or
    /// <paramref name="name"/> cannot name a key.</exception>
    public static SignedNote Sign(string text, string name, SigningKey key)
    {
        if (!text.EndsWith('\n') || text.Any(c => c < ' ' && c != '\n'))
            throw new ArgumentException("the text of a note ends in a newline and has no other control character",
                nameof(text));
        var id = new NoteKey(name, key.Public).Id;
        return new SignedNote(text, [new NoteSignature(name, id, key.Sign(Encoding.UTF8.GetBytes(text)))]);
    }

    /// <summary>This note with one more signature at its end.</summary>
    public SignedNote With(NoteSignature signature) => new(Text, [.. Signatures, signature]);

    /// <summary>This note with the signatures of <paramref name="key"/> alone.</summary>
    /// <exception cref="ArgumentException">It has none.</exception>
    public SignedNote Of(NoteKey key) => Signatures.Where(signature => signature.IsBy(key)).ToList() is { Count: > 0 } own ? new(Text, own)
        : throw new ArgumentException("the note has no line of this key", nameof(key));

    /// <summary>False if this is not a note in its one spelling.</summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out SignedNote? note)
    {
        note = null;
        if (bytes.Length > MaxBytes || !Utf8.IsValid(bytes) || bytes.IsEmpty || bytes[^1] != '\n') return false;
        foreach (var b in bytes)
            if (b < ' ' && b != '\n') return false;

        var gap = bytes.LastIndexOf("\n\n"u8);
        if (gap < 0) return false;
        var signatures = new List<NoteSignature>();
        foreach (var line in Encoding.UTF8.GetString(bytes[(gap + 2)..]).Split('\n')[..^1])
        {
            if (signatures.Count == MaxSignatures || !TryParseLine(line, out var signature)) return false;
            signatures.Add(signature!);
        }
        if (signatures.Count == 0) return false;
        note = new SignedNote(Encoding.UTF8.GetString(bytes[..(gap + 1)]), signatures);
        return true;
    }

    /// <summary>True if <paramref name="key"/> signed this text: at least one of its lines is here, and every one holds. A
    /// key of type <see cref="NoteKeyType.Cosignature"/> is verified as a cosignature at any time.</summary>
    public bool IsSignedBy(NoteKey key)
    {
        var lines = Signatures.Where(signature => signature.IsBy(key)).ToList();
        return lines.Count > 0 && lines.All(line => key.Type == NoteKeyType.Cosignature
            ? Cosignature.Verify(Text, line, key, out _)
            : key.Key.Verify(Encoding.UTF8.GetBytes(Text), line.Signature.Span));
    }

    public byte[] ToBytes() => Encoding.UTF8.GetBytes(ToString());

    public override string ToString() =>
        $"{Text}\n{string.Concat(Signatures.Select(signature => $"{signature}\n"))}";

    private static bool TryParseLine(string line, out NoteSignature? signature)
    {
        signature = null;
        if (!line.StartsWith(SignaturePrefix, StringComparison.Ordinal)) return false;
        var parts = line[SignaturePrefix.Length..].Split(' ');
        if (parts.Length != 2 || !NoteKey.IsName(parts[0])) return false;
        if (!Canonical.TryBase64(parts[1], out var bytes) || bytes.Length <= 4) return false;
        signature = new NoteSignature(parts[0], BinaryPrimitives.ReadUInt32BigEndian(bytes), bytes.AsMemory(4));
        return true;
    }
}
