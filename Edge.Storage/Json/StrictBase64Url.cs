using System.Buffers;
using System.Buffers.Text;

namespace Edge.Storage.Json;

/// <summary>base64url without padding (RFC 4648 §5) in its one spelling. The platform's decoder tolerates padding, white space and stray bits in the last
/// character; a format that is signed or hashed does not.</summary>
public static class StrictBase64Url
{
    private static readonly SearchValues<byte> Alphabet =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"u8);

    /// <summary>True if it is the spelling of some bytes; the empty text is that of none.</summary>
    public static bool IsValid(ReadOnlySpan<byte> text) => !text.ContainsAnyExcept(Alphabet) && EndsCleanly(text);

    /// <summary>The bytes; false if <paramref name="text"/> is not the one spelling of any.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> text, out byte[] bytes)
    {
        var valid = IsValid(text);
        bytes = valid ? Base64Url.DecodeFromUtf8(text) : [];
        return valid;
    }

    // Two characters over a whole group hold 12 bits, 8 of which count; three hold 18, of which 16 do.
    private static bool EndsCleanly(ReadOnlySpan<byte> text) => (text.Length % 4) switch
    {
        0 => true,
        2 => "AQgw"u8.Contains(text[^1]),
        3 => "AEIMQUYcgkosw048"u8.Contains(text[^1]),
        _ => false,
    };
}
