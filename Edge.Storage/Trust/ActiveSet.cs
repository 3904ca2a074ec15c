using System.Buffers.Text;
using System.Text;
using Edge.Storage.Files;
using Edge.Storage.Json;

namespace Edge.Storage.Trust;

/// <summary>The set in use as one file, <c>active.json</c>: <c>{"files":[{"path","bytes"}…]}</c>. One file because one
/// rename then swaps policy, operators, recipients and hotlist together.</summary>
internal static class ActiveSet
{
    // The largest own hotlist twice, where one waits for its proof.
    private const int MaxBytes = 88 * 1024 * 1024;
    private const int MostFiles = 8 + 5 * (1 + TrustPath.MostOtherHotlists);
    private const string Kept = "kept/";

    // Multiple of 3, so that the pieces of base64 join without padding.
    private const int Piece = 48 * 1024;

    public static void Save(string path, TrustedTargets set) => DurableFile.Write(path, output =>
    {
        // By hand and piece by piece: as one text the largest hotlist would take more memory than the list itself.
        // A path is one of TrustPath's, of letters that JSON does not escape.
        Span<byte> text = new byte[Base64Url.GetEncodedLength(Piece)];
        output.Write("{\"files\":["u8);
        foreach (var (i, (name, bytes)) in Contents(set).Index())
        {
            output.Write(i == 0 ? "{\"bytes\":\""u8 : ",{\"bytes\":\""u8);
            for (var at = 0; at < bytes.Length; at += Piece)
            {
                Base64Url.EncodeToUtf8(bytes.Span[at..Math.Min(at + Piece, bytes.Length)], text, out _, out var written);
                output.Write(text[..written]);
            }
            output.Write(Encoding.ASCII.GetBytes($"\",\"path\":\"{name}\"}}"));
        }
        output.Write("]}"u8);
    });

    /// <summary>Reads the set, the proofs beside it and the hotlists that stay, and verifies all of it again below its own root: the disk is not trusted with
    /// what signatures protect. Whether that root is ours, the caller says.</summary>
    /// <returns>Null if no set was ever activated.</returns>
    /// <exception cref="TrustException">The file was damaged or changed.</exception>
    public static TrustedTargets? Load(string path, string agency, string box)
    {
        if (!File.Exists(path)) return null;
        var name = Path.GetFileName(path);
        if (!StrictJson.TryRead(File.ReadAllBytes(path), MaxBytes, Read, out var files, out var problems))
            throw new TrustException(name, problems[0].ToString());
        if (!files.TryGetValue(TrustPath.Root, out var rootBytes)) throw new TrustException(name, "holds no root.json");
        var root = SignedFile<RootMetadata>.Parse(TrustPath.Root, rootBytes, RootMetadata.Read);
        root.RequireThreshold(root.Metadata.Root);
        var walk = new TrustWalk(root, (file, _) => files.GetValueOrDefault(file),
            TrustFloors.None, agency, box, now: null);
        return walk.Below(walk.Timestamp()) with { Kept = ReadKept(files, agency) };
    }

    private static IEnumerable<(string Name, ReadOnlyMemory<byte> Bytes)> Contents(TrustedTargets set) =>
    [
        .. set.Files.Select(file => (file.Key, file.Value)),
        .. set.Proofs.Select(proof => (TrustPath.Proof(proof.Key), proof.Value)),
        .. set.Kept.SelectMany(kept => new[]
        {
            (Kept + TrustPath.Hotlist(kept.Key), kept.Value.List), (Kept + TrustPath.HotlistMetadata(kept.Key), kept.Value.Metadata),
        }),
    ];

    private static Dictionary<string, KeptHotlist> ReadKept(Dictionary<string, byte[]> files, string agency)
    {
        var kept = new Dictionary<string, KeptHotlist>(StringComparer.Ordinal);
        foreach (var (path, metadata) in files)
        {
            if (!path.StartsWith($"{Kept}hotlists-", StringComparison.Ordinal)) continue;
            var whose = TrustPath.AgencyOf(Path.GetFileNameWithoutExtension(path));
            if (files.TryGetValue(Kept + TrustPath.Hotlist(whose), out var list)) kept[whose] = KeptHotlist.Read(whose, agency, list, metadata);
        }
        return kept;
    }

    private static Dictionary<string, byte[]> Read(JsonFields fields)
    {
        var files = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var (path, bytes) in fields.Objects("files", 1, MostFiles, file => (
            file.Text("path", 128), file.Bytes("bytes"))))
            files[path] = bytes;
        return files;
    }
}
