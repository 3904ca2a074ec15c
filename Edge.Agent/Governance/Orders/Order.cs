using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using Edge.Storage.Json;
using Edge.Storage.Sealing;
using Edge.Storage.Trust;

namespace Edge.Agent.Governance.Orders;

/// <summary>What somebody asks of a box. The list is closed: no order takes a plate, and each that concerns hits names one case
/// and its purpose. Format in this folder's README.</summary>
public abstract record Order
{
    /// <summary>Largest order, in bytes, as it stands inside its seal.</summary>
    public const int MaxBytes = 16 * 1024;

    private Order() { }

    /// <summary>The verb, which the operator's role must have.</summary>
    public abstract Verb Verb { get; }

    /// <summary>An order about the hits of one case.</summary>
    /// <param name="Case">The case ID, 1 to 64 characters. Never printed.</param>
    /// <param name="Purpose">What the case is for, one of the policy's purposes.</param>
    public abstract record AboutCase(string Case, string Purpose) : Order
    {
        public sealed override string ToString() => $"{Duties.Write(Verb)}(redacted)";
    }

    /// <summary>Keep the hits of a case past their retention.</summary>
    /// <param name="Until">At most the policy's longest hold from now.</param>
    public sealed record Hold(string Case, string Purpose, DateTimeOffset Until) : AboutCase(Case, Purpose)
    {
        public override Verb Verb => Verb.Hold;
    }

    /// <summary>End the hold of a case.</summary>
    public sealed record Release(string Case, string Purpose) : AboutCase(Case, Purpose)
    {
        public override Verb Verb => Verb.Release;
    }

    /// <summary>Ask for the sealed hits of a case.</summary>
    /// <param name="From">Found then or later.</param>
    /// <param name="To">Found before then.</param>
    /// <param name="After">Only hits with a higher number: the last one that an answer before brought; 0 for all.</param>
    public sealed record Search(string Case, string Purpose, DateTimeOffset From, DateTimeOffset To, int After) : AboutCase(Case, Purpose)
    {
        public override Verb Verb => Verb.Search;
    }

    /// <summary>Record what a hit turned out to be.</summary>
    /// <param name="Hit">The box's number of the hit.</param>
    /// <param name="Note">A person's words, sealed to the agency; the box keeps their digest. Null for none.</param>
    public sealed record Disposition(string Case, string Purpose, int Hit, Verdict Verdict, SealedPart? Note) : AboutCase(Case, Purpose)
    {
        public override Verb Verb => Verb.Disposition;
    }

    /// <summary>Take a copy of the log.</summary>
    public sealed record Export : Order
    {
        public override Verb Verb => Verb.Export;
    }

    /// <summary>Shut out an operator at once, before the list of operators says so.</summary>
    /// <param name="KeyId">Thumbprint of the operator's key (RFC 7638).</param>
    public sealed record Revoke(string KeyId) : Order
    {
        public override Verb Verb => Verb.Revoke;
    }

    /// <summary>Take the box out of service: its keys are destroyed.</summary>
    public sealed record Decommission : Order
    {
        public override Verb Verb => Verb.Decommission;
    }

    /// <summary>The order as JSON, to be sealed to the box.</summary>
    public byte[] Write()
    {
        var json = new JsonObject { ["verb"] = Duties.Write(Verb) };
        if (this is AboutCase about) (json["case"], json["purpose"]) = (about.Case, about.Purpose);
        switch (this)
        {
            case Hold hold:
                json["until"] = JsonTime.Write(hold.Until);
                break;
            case Search search:
                (json["from"], json["to"], json["after"]) = (JsonTime.Write(search.From), JsonTime.Write(search.To), search.After);
                break;
            case Disposition disposition:
                (json["hit"], json["verdict"]) = (disposition.Hit, Verdicts.Write(disposition.Verdict));
                if (disposition.Note is { } note) json["note"] = Base64Url.EncodeToString(note.ToJson());
                break;
            case Revoke revoke:
                json["key"] = revoke.KeyId;
                break;
        }
        return CanonicalJson.Write(json);
    }

    /// <summary>Reads what <see cref="Write"/> writes.</summary>
    /// <param name="refusal">Why it is not an order, as the log's words: <c>no-case</c>, <c>no-purpose</c>, <c>no-such-verb</c>,
    /// <c>unknown-field</c> or <c>malformed</c>. Never a value.</param>
    public static bool TryParse(ReadOnlyMemory<byte> utf8, [NotNullWhen(true)] out Order? order, out string refusal)
    {
        refusal = "";
        if (StrictJson.TryRead(utf8, MaxBytes, Read, out order, out var problems)) return true;
        refusal = Names("verb") ? "no-such-verb"
            : Names("case") ? "no-case"
            : Names("purpose") ? "no-purpose"
            // A plate to search by would be one of these.
            : problems.Any(problem => problem.Reason.StartsWith("unknown key", StringComparison.Ordinal)) ? "unknown-field"
            : "malformed";
        return false;

        bool Names(string key) => problems.Any(problem => problem.Path == key);
    }

    private static Order? Read(JsonFields fields)
    {
        var verb = fields.Choice("verb", Orders);
        return verb switch
        {
            Verb.Export => new Export(),
            Verb.Decommission => new Decommission(),
            Verb.Revoke => new Revoke(fields.Text("key", RevokedKeys.IsKeyId, "must be a key id, 43 characters of base64url")),
            Verb.Hold => ReadHold(fields),
            Verb.Release => new Release(ReadCase(fields), ReadPurpose(fields)),
            Verb.Search => ReadSearch(fields),
            _ => ReadDisposition(fields),
        };
    }

    /// <summary>The verbs that are orders: all but looking at a camera while one aims it.</summary>
    private static Dictionary<string, Verb> Orders { get; } =
        Duties.Verbs.Where(known => known.Value != Verb.ViewAim).ToDictionary(known => known.Key, known => known.Value);

    private static string ReadCase(JsonFields fields) => CaseRecord.Text(fields, "case", 64);

    private static string ReadPurpose(JsonFields fields) => CaseRecord.Purpose(fields, "purpose");

    private static Hold ReadHold(JsonFields fields) => new(ReadCase(fields), ReadPurpose(fields), fields.Instant("until"));

    private static Search ReadSearch(JsonFields fields)
    {
        var search = new Search(ReadCase(fields), ReadPurpose(fields), fields.Instant("from"), fields.Instant("to"),
            fields.Whole("after", 0, int.MaxValue, 0));
        if (search.To <= search.From) fields.Fail("to", "must be after from");
        return search;
    }

    private static Disposition ReadDisposition(JsonFields fields) => new(ReadCase(fields), ReadPurpose(fields),
        fields.Whole("hit", 1, int.MaxValue), fields.Choice("verdict", Verdicts.Spellings), ReadNote(fields));

    private static SealedPart? ReadNote(JsonFields fields)
    {
        if (!fields.Has("note")) return null;
        if (SealedPart.TryParse(fields.Bytes("note"), out var note)) return note;
        fields.Fail("note", "is not a sealed part");
        return null;
    }
}
