using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using Edge.Storage.Json;
using Edge.Storage.Trust;

namespace Edge.Storage.Audit.Bundles;

/// <summary>What a bundle carries of what its log conceals.</summary>
public enum BundleKind
{
    /// <summary><c>public</c>: nothing. Anybody may have it.</summary>
    Public,
    /// <summary><c>full</c>: all that is still kept, sealed to one auditor.</summary>
    Full,
}

/// <summary>What a bundle says of itself, in <c>bundle.json</c>. Nobody signs it: the checkpoint decides, and this must agree with it.</summary>
/// <param name="Origin">The log.</param>
/// <param name="Size">Its entries.</param>
/// <param name="Root">Its root, base64.</param>
/// <param name="Log">The log's key, for whoever compares it with what the agency publishes; null if the exporter was not told.</param>
/// <param name="Witnesses">Keys of witnesses, for the same use.</param>
/// <param name="Auditor">Key id of the auditor; null in a public bundle.</param>
/// <param name="Disclosed">How many entries have something disclosed.</param>
/// <param name="Parts">How many sealed parts that takes.</param>
public sealed record BundleManifest(BundleKind Kind, string Origin, long Size, string Root, string? Log, IReadOnlyList<string> Witnesses,
    string? Auditor, long Disclosed, int Parts)
{
    /// <summary>The file.</summary>
    public const string Name = "bundle.json";

    /// <summary>The largest one read, in bytes.</summary>
    public const int MaxBytes = 16 * 1024;

    private const string Format = "edge-audit-bundle/1";
    private const int MostWitnesses = 64;

    private static readonly Dictionary<string, BundleKind> Kinds = new() { ["public"] = BundleKind.Public, ["full"] = BundleKind.Full };

    /// <summary>Canonical JSON and a newline.</summary>
    public byte[] Write()
    {
        var json = new JsonObject
        {
            ["format"] = Format, ["kind"] = Kind == BundleKind.Full ? "full" : "public", ["origin"] = Origin, ["size"] = Size, ["root"] = Root,
            ["witnesses"] = new JsonArray([.. Witnesses.Select(one => (JsonNode)one)]), ["disclosed"] = Disclosed, ["parts"] = Parts,
        };
        if (Log is not null) json["log"] = Log;
        if (Auditor is not null) json["auditor"] = Auditor;
        return [.. CanonicalJson.Write(json), (byte)'\n'];
    }

    /// <summary>Reads what <see cref="Write"/> writes, byte for byte.</summary>
    public static bool TryParse(byte[] bytes, [NotNullWhen(true)] out BundleManifest? manifest)
    {
        if (!StrictJson.TryRead(bytes, MaxBytes, Read, out manifest, out _)) return false;
        if (manifest.Write().AsSpan().SequenceEqual(bytes)) return true;
        manifest = null;
        return false;
    }

    private static BundleManifest Read(JsonFields fields)
    {
        fields.Text("format", text => text == Format, $"must be {Format}");
        return new BundleManifest(fields.Choice("kind", Kinds), fields.Text("origin", NoteKey.IsName, "must be the name of a log"),
            fields.Long("size", 0, long.MaxValue), fields.Text("root", text => Sha256Hash.TryParse(text, out _), "must be a hash"),
            fields.Has("log") ? fields.Text("log", text => NoteKey.TryParse(text, out _), "must be a vkey") : null,
            fields.Texts("witnesses", 0, MostWitnesses, text => NoteKey.TryParse(text, out _), "must be vkeys"),
            fields.Has("auditor") ? fields.Text("auditor", 43) : null, fields.Long("disclosed", 0, long.MaxValue), fields.Whole("parts", 0, int.MaxValue));
    }
}
