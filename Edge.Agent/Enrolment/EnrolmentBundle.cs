using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using Edge.Agent.Publishing;
using Edge.Storage.Json;
using Edge.Storage.Trust;

namespace Edge.Agent.Enrolment;

/// <summary>What the agency answers. Nothing in it is secret, but <paramref name="Root"/> is what the box will trust for
/// ever: it must reach the box by a way that nobody else can write to.</summary>
/// <param name="Ca">The agency's CA certificate, DER.</param>
/// <param name="Certificate">The box's TLS client certificate, DER.</param>
/// <param name="Root">The newest root of the trust repository, exact bytes.</param>
public sealed record EnrolmentBundle(BoxName Box, byte[] Ca, byte[] Certificate, byte[] Root)
{
    /// <summary>Largest bundle accepted, in bytes.</summary>
    public const int MaxBytes = 128 * 1024;

    /// <summary>Reads what <see cref="Write"/> writes; whether it is any good, <see cref="EnrolmentFolder.Accept"/> says.</summary>
    public static bool TryParse(ReadOnlyMemory<byte> utf8, [NotNullWhen(true)] out EnrolmentBundle? bundle,
        out IReadOnlyList<JsonProblem> problems) => StrictJson.TryRead(utf8, MaxBytes, Read, out bundle, out problems);

    /// <summary><c>{"agency","box","ca","certificate","root"}</c>, the last three base64url.</summary>
    public byte[] Write() => CanonicalJson.Write(new JsonObject
    {
        ["agency"] = Box.Agency,
        ["box"] = Box.Box,
        ["ca"] = Base64Url.EncodeToString(Ca),
        ["certificate"] = Base64Url.EncodeToString(Certificate),
        ["root"] = Base64Url.EncodeToString(Root),
    });

    private static EnrolmentBundle? Read(JsonFields fields)
    {
        var agency = fields.Text("agency", PartyName.IsValid, PartyName.Rule);
        var name = fields.Text("box", PartyName.IsValid, PartyName.Rule);
        var (ca, certificate, root) = (Bytes("ca"), Bytes("certificate"), Bytes("root"));
        return BoxName.TryCreate(agency, name, out var box) ? new EnrolmentBundle(box, ca, certificate, root) : null;

        byte[] Bytes(string key) =>
            Base64Url.DecodeFromChars(fields.Text(key, text => Base64Url.IsValid(text), "must be base64url"));
    }
}
