using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using Edge.Agent.Enrolment;
using Edge.Agent.Publishing;
using Edge.Storage.Audit;
using Edge.Storage.Json;
using Edge.Storage.Keys;
using Edge.Storage.Sealing;
using Edge.Storage.Trust;

namespace Edge.Agent.Hub;

/// <summary>A box as its agency knows it: <c>boxes/{box}.json</c>, <c>{"agency","box","messages":JWK,"orders":JWK,
/// "log":vkey,"logEpoch"?:vkey,"enrolled","epoch"?,"request"?,"earlier"?,"tls"?,"certificateEnds"?}</c>, and <c>"simulated":true</c>
/// for one that a simulation has made up. Only public keys.</summary>
public sealed record KnownBox(BoxName Name, VerifyingKey Messages, RecipientPublicKey Orders, NoteKey Log, DateTimeOffset Enrolled)
{
    /// <summary>True for a box that a simulation has made up, and may forget.</summary>
    public bool Simulated { get; init; }

    internal static bool TryParse(ReadOnlyMemory<byte> utf8, [NotNullWhen(true)] out KnownBox? box,
        out IReadOnlyList<JsonProblem> problems) => StrictJson.TryRead(utf8, 16 * 1024, Read, out box, out problems);

    /// <summary>The key of its log's first epoch: what auditors are given beside <see cref="Log"/>; null if it was enrolled without.</summary>
    public NoteKey? LogEpoch { get; init; }

    /// <summary>How many boxes have borne this name, this one included.</summary>
    public int Epoch { get; init; } = 1;

    /// <summary>SHA-256 of the request that was granted; null if a version before that did.</summary>
    public byte[]? Request { get; init; }

    /// <summary>The same of requests that were granted to it before, the newest first, at most <see cref="MostEarlier"/>: none is granted again.</summary>
    public IReadOnlyList<byte[]> Earlier { get; init; } = [];

    /// <summary>A box that asks anew each year has so many in half a century.</summary>
    public const int MostEarlier = 50;

    /// <summary>Its TLS key, SubjectPublicKeyInfo; null if it was enrolled by a version before that kept it.</summary>
    public byte[]? Tls { get; init; }

    /// <summary>When the newest certificate that was made for it ends; null if it was enrolled by a version before that kept it.</summary>
    public DateTimeOffset? CertificateEnds { get; init; }

    internal byte[] Write()
    {
        var json = new JsonObject
        {
            ["agency"] = Name.Agency,
            ["box"] = Name.Box,
            ["messages"] = Jwk.Write(Messages),
            ["orders"] = Jwk.Write(Orders),
            ["log"] = Log.ToString(),
            ["enrolled"] = JsonTime.Write(Enrolled),
        };
        if (LogEpoch is not null) json["logEpoch"] = LogEpoch.ToString();
        if (Simulated) json["simulated"] = true;
        if (Epoch > 1) json["epoch"] = Epoch;
        if (Request is not null) json["request"] = Base64Url.EncodeToString(Request);
        if (Earlier.Count > 0) json["earlier"] = new JsonArray([.. Earlier.Select(digest => (JsonNode)Base64Url.EncodeToString(digest))]);
        if (Tls is not null) json["tls"] = Base64Url.EncodeToString(Tls);
        if (CertificateEnds is { } ends) json["certificateEnds"] = JsonTime.Write(ends);
        return CanonicalJson.Write(json);
    }

    private static KnownBox? Read(JsonFields fields)
    {
        var agency = fields.Text("agency", PartyName.IsValid, PartyName.Rule);
        var name = fields.Text("box", PartyName.IsValid, PartyName.Rule);
        var messages = fields.Child("messages", Jwk.Read);
        var orders = fields.Child("orders", Jwk.ReadRecipient);
        NoteKey? log = null;
        fields.Text("log", text => NoteKey.TryParse(text, out log), "must be a vkey");
        NoteKey? epoch = null;
        if (fields.Has("logEpoch")) fields.Text("logEpoch", text => NoteKey.TryParse(text, out epoch), "must be a vkey");
        var enrolled = fields.Instant("enrolled");
        var simulated = fields.Flag("simulated", otherwise: false);
        var number = fields.Whole("epoch", 1, 1_000_000, otherwise: 1);
        var request = fields.Has("request") ? fields.Bytes("request", 32) : null;
        var earlier = fields.Texts("earlier", 0, MostEarlier, text => text.Length == 43 && Base64Url.IsValid(text), "must be a SHA-256 as base64url");
        var tls = fields.Has("tls") ? fields.Bytes("tls") : null;
        DateTimeOffset? ends = fields.Has("certificateEnds") ? fields.Instant("certificateEnds") : null;
        return BoxName.TryCreate(agency, name, out var box) && messages is not null && orders is not null && log is not null
            ? new KnownBox(box, messages, orders, log, enrolled)
            {
                LogEpoch = epoch, Simulated = simulated, Epoch = number, Request = request, Tls = tls, CertificateEnds = ends,
                Earlier = [.. earlier.Select(text => Base64Url.DecodeFromChars(text))],
            } : null;
    }
}
