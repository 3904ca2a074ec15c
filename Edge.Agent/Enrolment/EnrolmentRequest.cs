using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Edge.Agent.Publishing;
using Edge.Storage.Audit;
using Edge.Storage.Json;
using Edge.Storage.Keys;
using Edge.Storage.Sealing;
using Edge.Storage.Trust;

namespace Edge.Agent.Enrolment;

/// <summary>What a box asks its agency for: public halves of keys that were made on the box and never leave it. Small enough for a QR code
/// that fits a terminal; the format is in this folder's README.</summary>
/// <param name="Messages">Signs its messages.</param>
/// <param name="Orders">Orders are sealed to it.</param>
/// <param name="Log">Signs the checkpoints of its audit log; its name is the log's origin.</param>
/// <param name="SigningRequest">PKCS #10 request for its TLS certificate, PEM.</param>
public sealed record EnrolmentRequest(BoxName Box, VerifyingKey Messages, RecipientPublicKey Orders, NoteKey Log, string SigningRequest)
{
    /// <summary>Largest request accepted, in bytes.</summary>
    public const int MaxBytes = 4 * 1024;

    private const int NonceSize = 16;
    private const int SignatureSize = 64;

    /// <summary>The key of the log's first epoch, named as the log.</summary>
    public required NoteKey LogEpoch { get; init; }

    /// <summary>16 random bytes: no two requests are the same, so that each is answered once.</summary>
    public byte[] Nonce { get; private init; } = RandomNumberGenerator.GetBytes(NonceSize);

    /// <summary>The message key's, over the rest.</summary>
    public byte[] Signature { get; private init; } = [];

    /// <summary>SHA-256 of <see cref="Write"/>: what an answer names.</summary>
    public byte[] Digest => SHA256.HashData(Write());

    /// <summary>What people compare before it is granted.</summary>
    public SpokenFingerprint Fingerprint => SpokenFingerprint.Of(Write());

    /// <summary>Reads what <see cref="Write"/> writes, in that spelling and no other, signed by the key it names.</summary>
    public static bool TryParse(ReadOnlyMemory<byte> utf8, [NotNullWhen(true)] out EnrolmentRequest? request, out IReadOnlyList<JsonProblem> problems)
    {
        if (!StrictJson.TryRead(utf8, MaxBytes, Read, out request, out problems)) return false;
        if (!utf8.Span.SequenceEqual(request.Write())) problems = [new JsonProblem("", "is not as a box writes it: bring the file itself, unchanged")];
        else if (!request.Messages.Verify(request.Signed(), request.Signature)) problems = [new JsonProblem("signature",
            "is not the box's own: make a new request there")];
        else return true;
        request = null;
        return false;
    }

    /// <summary>The same, signed by the box's message key.</summary>
    public EnrolmentRequest Sign(SigningKey messages)
    {
        ArgumentNullException.ThrowIfNull(messages);
        return this with { Signature = messages.Sign(Signed()) };
    }

    /// <summary><c>{"agency","box","csr","log","logEpoch","messages","nonce","orders","signature"}</c>, all but the names base64url.</summary>
    public byte[] Write()
    {
        var request = Unsigned();
        request["signature"] = Base64Url.EncodeToString(Signature);
        return CanonicalJson.Write(request);
    }

    // With a line before it that no other message of the box begins with.
    private byte[] Signed() => [.. "edge/v1/enrolment-request\n"u8, .. CanonicalJson.Write(Unsigned())];

    private JsonObject Unsigned() => new()
    {
        ["agency"] = Box.Agency,
        ["box"] = Box.Box,
        ["csr"] = Base64Url.EncodeToString(Pem.Decode("CERTIFICATE REQUEST", SigningRequest)),
        ["log"] = Log.Key.X,
        ["logEpoch"] = LogEpoch.Key.X,
        ["messages"] = Messages.X,
        ["nonce"] = Base64Url.EncodeToString(Nonce),
        ["orders"] = Orders.X,
    };

    private static EnrolmentRequest? Read(JsonFields fields)
    {
        var (agency, name) = (fields.Text("agency", PartyName.IsValid, PartyName.Rule), fields.Text("box", PartyName.IsValid, PartyName.Rule));
        var (messages, log, epoch) = (Key("messages"), Key("log"), Key("logEpoch"));
        var orders = Import("orders", raw => RecipientPublicKey.FromRaw(raw));
        var (csr, nonce, signature) = (fields.Bytes("csr"), fields.Bytes("nonce", NonceSize), fields.Bytes("signature", SignatureSize));
        if (messages is null || log is null || epoch is null || orders is null || !BoxName.TryCreate(agency, name, out var box)) return null;
        return new EnrolmentRequest(box, messages, orders, new NoteKey(box.LogOrigin, log), Pem.Encode("CERTIFICATE REQUEST", csr))
        {
            LogEpoch = new NoteKey(box.LogOrigin, epoch), Nonce = nonce, Signature = signature,
        };

        VerifyingKey? Key(string key) => Import(key, raw => VerifyingKey.FromRaw(raw));

        T? Import<T>(string key, Func<byte[], T> import) where T : class
        {
            try
            {
                return import(fields.Bytes(key, 32));
            }
            catch (FormatException)
            {
                fields.Fail(key, "is not a usable public key");
                return null;
            }
        }
    }
}
