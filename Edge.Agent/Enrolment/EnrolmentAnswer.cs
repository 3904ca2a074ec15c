using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using Edge.Agent.Publishing;
using Edge.Storage.Json;
using Edge.Storage.Trust;

namespace Edge.Agent.Enrolment;

/// <summary>What the agency answers. Nothing in it is secret, but <paramref name="Root"/> is what the box will trust for
/// ever: it must reach the box by a way that nobody else can write to, or its fingerprint be compared.</summary>
/// <param name="Broker">Where the agency's broker listens.</param>
/// <param name="Ca">The agency's CA certificate, DER; it vouches for the broker too.</param>
/// <param name="Certificate">The box's TLS client certificate, DER.</param>
/// <param name="Root">The newest root of the trust repository, exact bytes.</param>
/// <param name="Expires">The box takes it until then.</param>
public sealed record EnrolmentAnswer(BoxName Box, BrokerAddress Broker, byte[] Ca, byte[] Certificate, byte[] Root, DateTimeOffset Expires)
{
    /// <summary>Largest answer accepted, in bytes.</summary>
    public const int MaxBytes = 128 * 1024;

    private const int MostEpochs = 1_000_000;

    /// <summary>SHA-256 of the request that it answers; null for a certificate that is renewed without one, of which the box takes nothing else.</summary>
    public byte[]? Request { get; init; }

    /// <summary>How many boxes have borne this name, this one included; 1 or more.</summary>
    public int Epoch { get; init; } = 1;

    /// <summary>What people compare before the box takes it.</summary>
    public SpokenFingerprint Fingerprint => SpokenFingerprint.Of(Write());

    /// <summary>Reads what <see cref="Write"/> writes, in that spelling and no other; whether it is any good, <see cref="EnrolmentFolder.Accept"/>
    /// says.</summary>
    public static bool TryParse(ReadOnlyMemory<byte> utf8, [NotNullWhen(true)] out EnrolmentAnswer? answer, out IReadOnlyList<JsonProblem> problems)
    {
        if (!StrictJson.TryRead(utf8, MaxBytes, Read, out answer, out problems)) return false;
        if (utf8.Span.SequenceEqual(answer.Write())) return true;
        (answer, problems) = (null, [new JsonProblem("", "is not as a hub writes it: bring the file itself, unchanged")]);
        return false;
    }

    /// <summary><c>{"agency","box","broker","ca","certificate","epoch","expires","request"?,"root"}</c>: certificates, digest and root as base64url.</summary>
    public byte[] Write()
    {
        var json = new JsonObject
        {
            ["agency"] = Box.Agency,
            ["box"] = Box.Box,
            ["broker"] = Broker.ToString(),
            ["ca"] = Base64Url.EncodeToString(Ca),
            ["certificate"] = Base64Url.EncodeToString(Certificate),
            ["epoch"] = Epoch,
            ["expires"] = JsonTime.Write(Expires),
            ["root"] = Base64Url.EncodeToString(Root),
        };
        if (Request is not null) json["request"] = Base64Url.EncodeToString(Request);
        return CanonicalJson.Write(json);
    }

    private static EnrolmentAnswer? Read(JsonFields fields)
    {
        var (agency, name) = (fields.Text("agency", PartyName.IsValid, PartyName.Rule), fields.Text("box", PartyName.IsValid, PartyName.Rule));
        BrokerAddress? broker = null;
        fields.Text("broker", text => BrokerAddress.TryParse(text, out broker), "must be HOST:PORT");
        var (ca, certificate, root) = (fields.Bytes("ca"), fields.Bytes("certificate"), fields.Bytes("root"));
        var (epoch, expires) = (fields.Whole("epoch", 1, MostEpochs), fields.Instant("expires"));
        var request = fields.Has("request") ? fields.Bytes("request", 32) : null;
        return broker is not null && BoxName.TryCreate(agency, name, out var box)
            ? new EnrolmentAnswer(box, broker, ca, certificate, root, expires) { Request = request, Epoch = epoch } : null;
    }
}
