using System.Globalization;

namespace Edge.Storage.Audit;

/// <summary>One value, one spelling: the decimal numbers and base64 of the C2SP text formats.</summary>
internal static class Canonical
{
    /// <summary>ASCII decimal, 0 … 2^63 − 1: no sign, no space, no leading zero.</summary>
    public static bool TryDecimal(ReadOnlySpan<char> text, out long value) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value)
        && (text.Length == 1 || text[0] != '0');

    public static string Decimal(long value) => value.ToString(CultureInfo.InvariantCulture);

    /// <summary>RFC 4648 §4 with padding; whitespace and stray trailing bits are refused.</summary>
    public static bool TryBase64(ReadOnlySpan<char> text, out byte[] bytes)
    {
        bytes = [];
        if (text.Length % 4 != 0) return false;
        var buffer = new byte[text.Length / 4 * 3];
        if (!Convert.TryFromBase64Chars(text, buffer, out var written)) return false;
        bytes = buffer[..written];
        return text.SequenceEqual(Convert.ToBase64String(bytes));
    }
}
