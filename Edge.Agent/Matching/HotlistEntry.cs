using System.Buffers.Binary;
using System.Buffers.Text;
using System.Text.Json.Nodes;
using Edge.Agent.Governance;
using Edge.Agent.Publishing;
using Edge.Storage.Json;
using Edge.Storage.Sealing;
using Edge.Storage.Trust;

namespace Edge.Agent.Matching;

/// <summary>One plate somebody has a documented case for, blinded: nobody can read the plate off it. Prints as its id
/// alone.</summary>
public sealed record HotlistEntry
{
    /// <summary>Names the entry in a hit's clear header; random, says nothing of case or plate.</summary>
    public required string Id { get; init; }

    /// <summary>16 bytes; see <see cref="BlindTag"/>.</summary>
    public required ReadOnlyMemory<byte> Tag { get; init; }

    public required MatchForm Form { get; init; }

    /// <summary>The case ID: 1 to 64 characters. Without one there is no entry.</summary>
    public required string Case { get; init; }

    /// <summary>One of the policy's purposes.</summary>
    public required string Purpose { get; init; }

    /// <summary>The legal basis in this case.</summary>
    public required string Basis { get; init; }

    /// <summary>Where the entry comes from, for example the file of an extract.</summary>
    public required string Source { get; init; }

    /// <summary>Who ordered it.</summary>
    public required string Issuer { get; init; }

    public required DateTimeOffset NotBefore { get; init; }

    public required DateTimeOffset Expires { get; init; }

    /// <summary>Region of the plate, if known.</summary>
    public string? Region { get; init; }

    /// <summary>True from <see cref="NotBefore"/> until just before <see cref="Expires"/>.</summary>
    public bool IsInForce(DateTimeOffset now) => NotBefore <= now && now < Expires;

    /// <summary>Two entries of one list with the same identity look for one plate in one case.</summary>
    internal (UInt128 Tag, MatchForm Form, string Case) Identity => (BinaryPrimitives.ReadUInt128BigEndian(Tag.Span), Form, Case);

    /// <summary>The same entry, with the texts that many entries repeat held once: half the memory of a long list.</summary>
    internal HotlistEntry Sharing(Dictionary<string, string> words)
    {
        return this with { Purpose = Once(Purpose), Basis = Once(Basis), Source = Once(Source), Issuer = Once(Issuer) };

        string Once(string text) => words.TryAdd(text, text) ? text : words[text];
    }

    public override string ToString() => $"HotlistEntry({Id})";

    internal JsonObject Write()
    {
        var json = new JsonObject
        {
            ["id"] = Id,
            ["tag"] = Base64Url.EncodeToString(Tag.Span),
            ["form"] = MatchForms.Write(Form),
            ["case"] = Case,
            ["purpose"] = Purpose,
            ["basis"] = Basis,
            ["source"] = Source,
            ["issuer"] = Issuer,
            ["notBefore"] = JsonTime.Write(NotBefore),
            ["expires"] = JsonTime.Write(Expires),
        };
        if (Region is not null) json["region"] = Region;
        return json;
    }

    internal static HotlistEntry Read(JsonFields fields) => new()
    {
        Id = fields.Text("id", text => HitHeader.IsEntryId(text), "must be 1 to 64 of A-Z, a-z, 0-9, '.', '-' and '_'"),
        Tag = fields.Bytes("tag", BlindTag.Size),
        Form = fields.Choice<MatchForm>("form", MatchForms.Spellings),
        Case = CaseRecord.Text(fields, "case", 64),
        Purpose = CaseRecord.Purpose(fields, "purpose"),
        Basis = CaseRecord.Text(fields, "basis", 500),
        Source = CaseRecord.Text(fields, "source", 64),
        Issuer = CaseRecord.Text(fields, "issuer", 64),
        NotBefore = fields.Instant("notBefore"),
        Expires = fields.Instant("expires"),
        Region = fields.Has("region") ? fields.Text("region", 16) : null,
    };
}
