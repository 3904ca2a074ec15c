using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Edge.Storage.Sealing;

namespace Edge.Storage.Audit.Bundles;

/// <summary>What a log conceals, sealed to one auditor in parts: lines of an entry's index, a space and one disclosure. Each part is bound to
/// its log's root and to its number, so that none can be taken from another export or be moved.</summary>
internal static class SealedDisclosures
{
    private const string Prefix = "sealed/";
    private const int PartBytes = 64 * 1024;

    public static string NameOf(int part) => Prefix + TilePath.Grouped(part);

    public static bool IsPart(string name) => name.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>The parts, in order.</summary>
    public static List<byte[]> Seal(IEnumerable<(long Index, string Disclosure)> all, Checkpoint checkpoint, RecipientPublicKey auditor)
    {
        var parts = new List<byte[]>();
        var lines = new StringBuilder();
        foreach (var (index, disclosure) in all)
        {
            if (lines.Length + disclosure.Length + 24 > PartBytes) Close();
            lines.Append(Canonical.Decimal(index)).Append(' ').Append(disclosure).Append('\n');
        }
        if (lines.Length > 0) Close();
        return parts;

        void Close()
        {
            var body = Encoding.ASCII.GetBytes(lines.ToString());
            parts.Add(SealedPart.Seal(auditor, Header(checkpoint, parts.Count), body, SealedUse.Disclosures).ToJson());
            CryptographicOperations.ZeroMemory(body);
            lines.Clear();
        }
    }

    /// <summary>Opens one part. False if it was not sealed to this key for this place, or is not in its one spelling.</summary>
    public static bool TryOpen(byte[] part, int number, Checkpoint checkpoint, RecipientKey auditor, SortedDictionary<long, string> into)
    {
        if (!SealedPart.TryParse(part, out var sealedPart) || !sealedPart.TryOpen(auditor, Header(checkpoint, number), out var body, SealedUse.Disclosures))
            return false;
        var text = Encoding.ASCII.GetString(body);
        CryptographicOperations.ZeroMemory(body);
        if (!text.EndsWith('\n')) return false;
        foreach (var line in text[..^1].Split('\n'))
        {
            var space = line.IndexOf(' ', StringComparison.Ordinal);
            if (space < 1 || !Canonical.TryDecimal(line.AsSpan(0, space), out var index)) return false;
            into[index] = $"{into.GetValueOrDefault(index)}{line[(space + 1)..]}\n";
        }
        return true;
    }

    private static byte[] Header(Checkpoint checkpoint, int part) =>
        Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"edge-audit-bundle/1\n{checkpoint.ToText()}part {part}\n"));
}
