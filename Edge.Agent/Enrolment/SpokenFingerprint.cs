using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Edge.Agent.Enrolment;

/// <summary>What two people compare by telephone: the first 80 bits of a file's SHA-256, as four groups of four in Crockford's base 32, such
/// as <c>7KQF-3MNA-PX4T-8Z2C</c>. That alphabet has no I, L, O and U, so nothing sounds or looks like another.</summary>
/// <remarks>80 bits: whoever wants another file to bear a given fingerprint has to try 2^80 of them within the day that an answer is good
/// for. Shorter is easier to read and within reach of a rented machine.</remarks>
public sealed record SpokenFingerprint
{
    private const string Alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    private const int Characters = 16;

    private readonly string _text;

    private SpokenFingerprint(string text) => _text = text;

    /// <summary>Of the bytes of a file.</summary>
    public static SpokenFingerprint Of(ReadOnlySpan<byte> file)
    {
        var hash = SHA256.HashData(file);
        var text = new char[Characters];
        for (var i = 0; i < Characters; i++)
        {
            var bit = i * 5;
            text[i] = Alphabet[((hash[bit / 8] << 8 | hash[bit / 8 + 1]) >> (11 - bit % 8)) & 31];
        }
        return new SpokenFingerprint(new string(text));
    }

    /// <summary>Reads what somebody typed who heard it: groups and capitals do not matter, and O is 0, I and L are 1.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out SpokenFingerprint? fingerprint)
    {
        var typed = text.Where(one => one is not (' ' or '-')).Select(char.ToUpperInvariant).Select(one => one switch { 'O' => '0', 'I' or 'L' => '1', _ =>
            one });
        var plain = new string([.. typed.Take(Characters + 1)]);
        fingerprint = plain.Length == Characters && plain.All(Alphabet.Contains) ? new SpokenFingerprint(plain) : null;
        return fingerprint is not null;
    }

    public override string ToString() => string.Join('-', _text.Chunk(4).Select(group => new string(group)));
}
