using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using Edge.Agent.Publishing;
using Edge.Storage.Audit;
using Edge.Storage.Json;
using Edge.Storage.Keys;
using Edge.Storage.Sealing;
using Edge.Storage.Trust;

namespace Edge.Agent.Enrolment;

/// <summary>What a box asks its agency for: public halves of keys that were made on the box and never leave it.</summary>
/// <param name="Messages">Signs its messages.</param>
/// <param name="Orders">Orders are sealed to it.</param>
/// <param name="Log">Signs the checkpoints of its audit log; its name is the log's origin.</param>
/// <param name="SigningRequest">PKCS #10 request for its TLS certificate, PEM.</param>
public sealed record EnrolmentRequest(BoxName Box, VerifyingKey Messages, RecipientPublicKey Orders, NoteKey Log, string SigningRequest)
{
    /// <summary>The key of the log's first epoch, named as the log; null from a box of a version without.</summary>
    public NoteKey? LogEpoch { get; init; }

    /// <summary>Largest request accepted, in bytes.</summary>
    public const int MaxBytes = 16 * 1024;

    /// <summary>Reads what <see cref="Write"/> writes.</summary>
    public static bool TryParse(ReadOnlyMemory<byte> utf8, [NotNullWhen(true)] out EnrolmentRequest? request,
        out IReadOnlyList<JsonProblem> problems) => StrictJson.TryRead(utf8, MaxBytes, Read, out request, out problems);

    /// <summary><c>{"agency","box","messages":JWK,"orders":JWK,"log":vkey,"logEpoch"?:vkey,"csr":base64url DER}</c>.</summary>
    public byte[] Write()
    {
        var request = new JsonObject
        {
            ["agency"] = Box.Agency,
            ["box"] = Box.Box,
            ["messages"] = Jwk.Write(Messages),
            ["orders"] = Jwk.Write(Orders),
            ["log"] = Log.ToString(),
            ["csr"] = Base64Url.EncodeToString(Pem.Decode("CERTIFICATE REQUEST", SigningRequest)),
        };
        if (LogEpoch is not null) request["logEpoch"] = LogEpoch.ToString();
        return CanonicalJson.Write(request);
    }

    private static EnrolmentRequest? Read(JsonFields fields)
    {
        var agency = fields.Text("agency", PartyName.IsValid, PartyName.Rule);
        var name = fields.Text("box", PartyName.IsValid, PartyName.Rule);
        var messages = fields.Child("messages", Jwk.Read);
        var orders = fields.Child("orders", Jwk.ReadRecipient);
        NoteKey? log = null;
        fields.Text("log", text => NoteKey.TryParse(text, out log), "must be a vkey");
        NoteKey? epoch = null;
        if (fields.Has("logEpoch")) fields.Text("logEpoch", text => NoteKey.TryParse(text, out epoch), "must be a vkey");
        var csr = fields.Text("csr", text => Base64Url.IsValid(text), "must be base64url");
        if (log is null || messages is null || orders is null || !BoxName.TryCreate(agency, name, out var box)) return null;
        if (log.Name != box.LogOrigin) fields.Fail("log", $"must be named {box.LogOrigin}");
        if (epoch is not null && epoch.Name != log.Name) fields.Fail("logEpoch", $"must be named {box.LogOrigin}");
        return new EnrolmentRequest(box, messages, orders, log, Pem.Encode("CERTIFICATE REQUEST", Base64Url.DecodeFromChars(csr))) { LogEpoch = epoch };
    }
}
