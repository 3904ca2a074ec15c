using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Edge.Agent.Enrolment;
using Edge.Agent.Governance;
using Edge.Agent.Publishing;
using Edge.Storage.Json;
using Edge.Storage.Keys;
using Edge.Storage.Trust;

namespace Edge.Agent.Hub;

/// <summary>What one agency tells another so that the two can share: <c>offer.json</c>, <c>{"agency","for","made","hotlist":JWK,
/// "recipients":[…],"boxes":[{"box","messages":JWK}],"request"?,"pass"?:{"broker","ca","certificate"}}</c>. Public keys only; nothing in it proves who made it,
/// so it is carried by hand and its <see cref="Fingerprint"/> compared by telephone.</summary>
/// <param name="For">Whom it is for.</param>
/// <param name="Made">A newer one replaces an older one, never the other way.</param>
/// <param name="Hotlist">Signs the lists of <paramref name="Agency"/>.</param>
/// <param name="Recipients">The keys its hits are sealed to.</param>
/// <param name="Boxes">Boxes whose hits the other one gets; none unless it has a grant.</param>
public sealed record Offer(string Agency, string For, DateTimeOffset Made, VerifyingKey Hotlist, IReadOnlyList<Recipient> Recipients,
    IReadOnlyDictionary<string, VerifyingKey> Boxes)
{
    public const string FileName = "offer.json";

    /// <summary>Asks for a certificate to the other one's broker: PKCS #10, DER.</summary>
    public byte[] Request { get; init; } = [];

    /// <summary>Answers such a request; null without a grant.</summary>
    public BrokerPass? Pass { get; init; }

    private const int MaxBytes = 1024 * 1024;

    /// <summary>SHA-256 of the file, the first 16 bytes, in groups for reading aloud.</summary>
    public string Fingerprint => string.Join(' ', Convert.ToHexStringLower(SHA256.HashData(Write()).AsSpan(0, 16)).Chunk(4)
        .Select(group => new string(group)));

    internal static bool TryParse(ReadOnlyMemory<byte> utf8, [NotNullWhen(true)] out Offer? offer, out IReadOnlyList<JsonProblem> problems) =>
        StrictJson.TryRead(utf8, MaxBytes, Read, out offer, out problems);

    internal byte[] Write()
    {
        var json = WriteAlways();
        if (Request.Length > 0) json["request"] = Base64Url.EncodeToString(Request);
        if (Pass is not null)
            json["pass"] = new JsonObject
            {
                ["broker"] = Pass.Broker.ToString(), ["ca"] = Base64Url.EncodeToString(Pass.Ca), ["certificate"] = Base64Url.EncodeToString(Pass.Certificate),
            };
        return CanonicalJson.Write(json);
    }

    private JsonObject WriteAlways() => new()
    {
        ["agency"] = Agency,
        ["for"] = For,
        ["made"] = JsonTime.Write(Made),
        ["hotlist"] = Jwk.Write(Hotlist),
        ["recipients"] = Governance.Recipients.Write(Recipients),
        ["boxes"] = new JsonArray([.. Boxes.OrderBy(box => box.Key, StringComparer.Ordinal)
            .Select(box => (JsonNode)new JsonObject { ["box"] = box.Key, ["messages"] = Jwk.Write(box.Value) })]),
    };

    /// <summary>Its boxes, as messages name them.</summary>
    internal IEnumerable<KeyValuePair<BoxName, VerifyingKey>> NamedBoxes =>
        Boxes.Select(box => KeyValuePair.Create(new BoxName(Agency, box.Key), box.Value));

    private static Offer? Read(JsonFields fields)
    {
        var (agency, audience) = (fields.Text("agency", PartyName.IsValid, PartyName.Rule), fields.Text("for", PartyName.IsValid, PartyName.Rule));
        var (made, hotlist) = (fields.Instant("made"), fields.Child("hotlist", Jwk.Read));
        var recipients = fields.Objects("recipients", 1, Governance.Recipients.Most, Governance.Recipients.ReadOne).OfType<Recipient>().ToList();
        var boxes = new Dictionary<string, VerifyingKey>(StringComparer.Ordinal);
        foreach (var (i, (name, key)) in fields.Objects("boxes", 0, 4096,
            box => (box.Text("box", PartyName.IsValid, PartyName.Rule), box.Child("messages", Jwk.Read))).Index())
            if (key is not null && !boxes.TryAdd(name, key)) fields.Fail($"boxes[{i}]", "names a box a second time");
        var request = fields.Has("request") ? fields.Bytes("request") : [];
        var pass = fields.Has("pass") ? fields.Child("pass", ReadPass) : null;
        return hotlist is null ? null : new Offer(agency, audience, made, hotlist, recipients, boxes) { Request = request, Pass = pass };
    }

    private static BrokerPass? ReadPass(JsonFields fields)
    {
        BrokerAddress? broker = null;
        fields.Text("broker", text => BrokerAddress.TryParse(text, out broker), "must be HOST:PORT");
        var pass = new BrokerPass(broker!, fields.Bytes("ca"), fields.Bytes("certificate"));
        return broker is null ? null : pass;
    }
}
