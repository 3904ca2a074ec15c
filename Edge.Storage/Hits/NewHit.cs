using System.Security.Cryptography;

namespace Edge.Storage.Hits;

/// <summary>A hit on its way to the disk. Its body is already sealed to the case's agency: nothing here can be read
/// by the box, and nothing here is a plate.</summary>
/// <param name="CasePseudonym">Opaque per-case name, 1 to 64 of A–Z, a–z, 0–9, '-' and '_'; stays clear on the disk.</param>
/// <param name="Found">When it was found: a hold is counted from then, and a search by case asks for it.</param>
/// <param name="Expires">When the hit and the key that could open its outer seal are destroyed, unless a hold keeps it.</param>
/// <param name="Record">The sealed record, JSON of clear header and sealed part, at most <see cref="MaxRecord"/> bytes.</param>
public sealed record NewHit(string CasePseudonym, DateTimeOffset Found, DateTimeOffset Expires, ReadOnlyMemory<byte> Record)
{
    /// <summary>Largest sealed record, in bytes.</summary>
    public const int MaxRecord = 192 * 1024;

    /// <summary>SHA-256 of the record: what the audit entry names.</summary>
    public byte[] Digest() => SHA256.HashData(Record.Span);

    /// <summary>What tells this hit from every other, the same whenever it is handed over again; opaque, stays clear on the disk. Null for one that
    /// comes once.</summary>
    public string? Origin { get; init; }

    public override string ToString() => "NewHit(redacted)";

    /// <exception cref="ArgumentException">It is not.</exception>
    internal static void RefuseUnlessPseudonym(string text)
    {
        if (!IsPseudonym(text)) throw new ArgumentException("a case pseudonym is 1 to 64 of A-Z, a-z, 0-9, '-' and '_'");
    }

    private static bool IsPseudonym(string text) => text.Length is >= 1 and <= 64 &&
        text.All(static character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_');
}
