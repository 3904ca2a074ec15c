using System.Text.Json.Nodes;
using Edge.Storage.Json;
using Edge.Storage.Keys;

namespace Edge.Agent.Enrolment;

/// <summary>An Ed25519 public key as a JWK (RFC 8037 §2): <c>{"kty":"OKP","crv":"Ed25519","x"}</c>.</summary>
internal static class Jwk
{
    public static JsonObject Write(VerifyingKey key) => new() { ["kty"] = "OKP", ["crv"] = "Ed25519", ["x"] = key.X };

    /// <summary>The key, or null and a problem.</summary>
    public static VerifyingKey? Read(JsonFields fields)
    {
        fields.Text("kty", text => text == "OKP", "must be OKP");
        fields.Text("crv", text => text == "Ed25519", "must be Ed25519");
        try
        {
            return VerifyingKey.FromRaw(fields.Bytes("x", 32));
        }
        catch (FormatException)
        {
            fields.Fail("x", "is not an Ed25519 public key");
            return null;
        }
    }
}
