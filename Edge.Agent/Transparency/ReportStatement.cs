using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Edge.Storage.Audit;

namespace Edge.Agent.Transparency;

/// <summary>What an agency signs of a report, as the text of a C2SP signed note: which file, about which quarter, from which logs.
/// <c>edge-transparency-report/1\n{quarter}\nsha256 {base64}\n</c>, then <c>log {origin} {size} {root}\n</c> for each log.</summary>
/// <param name="Period">The quarter, <c>2026Q4</c>.</param>
/// <param name="Sha256">Of the file.</param>
/// <param name="Logs">In the order of their origins.</param>
public sealed record ReportStatement(string Period, Sha256Hash Sha256, IReadOnlyList<(string Origin, long Size, string Root)> Logs)
{
    private const string Header = "edge-transparency-report/1";

    /// <summary>The statement about a report that was written as <paramref name="file"/>.</summary>
    public static ReportStatement Of(TransparencyReport report, byte[] file)
    {
        ArgumentNullException.ThrowIfNull(report);
        return new ReportStatement(report.Period.Name, new Sha256Hash(SHA256.HashData(file)), [.. report.Boxes.Select(box => (box.Origin, box.Size,
            box.Root))]);
    }

    public override string ToString() => string.Concat($"{Header}\n{Period}\nsha256 {Sha256}\n",
        string.Concat(Logs.Select(log => string.Create(CultureInfo.InvariantCulture, $"log {log.Origin} {log.Size} {log.Root}\n"))));

    /// <summary>Checks a note against the file beside which it lies.</summary>
    /// <param name="statement">What was signed, if anything that can be read was.</param>
    /// <returns>Null if <paramref name="signer"/> signed this file; else why not.</returns>
    public static string? Check(ReadOnlySpan<byte> note, byte[] file, NoteKey signer, out ReportStatement? statement)
    {
        ArgumentNullException.ThrowIfNull(signer);
        statement = null;
        if (!SignedNote.TryParse(note, out var signed)) return "its note is not a signed note";
        if (!signed!.Signatures.Any(line => line.Name == signer.Name
            && line.KeyId == signer.Id)) return $"its note is not signed with the key {signer.Name}+{signer.Id:x8}";
        if (!signed.IsSignedBy(signer)) return $"the signature of {signer.Name} does not hold: the note was changed";
        if (!TryParse(signed.Text, out statement)) return "its note is not about a transparency report";
        var found = Sha256Hash.Of(file);
        return found == statement!.Sha256 ? null : $"it is not the file that was signed: its SHA-256 is {found}, signed was {statement.Sha256}";
    }

    private static bool TryParse(string text, out ReportStatement? statement)
    {
        statement = null;
        if (text.Split('\n') is not [Header, var period, var digest, .. var rest, ""] || !digest.StartsWith("sha256 ", StringComparison.Ordinal)
            || !Sha256Hash.TryParse(digest.AsSpan("sha256 ".Length), out var sha256)) return false;
        var logs = new List<(string, long, string)>();
        foreach (var line in rest)
            if (line.Split(' ') is ["log", var origin, var size, var root] && long.TryParse(size, NumberStyles.None, CultureInfo.InvariantCulture,
                out var entries))
                logs.Add((origin, entries, root));
            else return false;
        statement = new ReportStatement(period, sha256, logs);
        return statement.ToString() == text;
    }
}
