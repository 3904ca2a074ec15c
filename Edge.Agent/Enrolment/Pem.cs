using System.Security.Cryptography;

namespace Edge.Agent.Enrolment;

/// <summary>PEM text (RFC 7468) of one object.</summary>
internal static class Pem
{
    public static string Encode(string label, ReadOnlySpan<byte> der) => PemEncoding.WriteString(label, der) + "\n";

    /// <exception cref="EnrolmentException">There is no such object in <paramref name="text"/>.</exception>
    public static byte[] Decode(string label, string text)
    {
        if (!PemEncoding.TryFind(text, out var found) || text[found.Label] != label)
            throw new EnrolmentException($"this is not a PEM {label.ToLowerInvariant()}");
        return Convert.FromBase64String(text[found.Base64Data]);
    }
}
