using System.Text.Json.Nodes;
using Edge.Storage.Json;
using Edge.Storage.Keys;
using Edge.Storage.Sealing;

namespace Edge.Agent.Enrolment;

/// <summary>A public key as a JWK (RFC 8037 §2): <c>{"kty":"OKP","crv","x"}</c>, <c>crv</c> being <c>Ed25519</c> for a key that
/// signs and <c>X25519</c> for one that is sealed to.</summary>
internal static class Jwk
{
    public static JsonObject Write(VerifyingKey key) => new() { ["kty"] = "OKP", ["crv"] = "Ed25519", ["x"] = key.X };

    public static JsonObject Write(RecipientPublicKey key) => new() { ["kty"] = "OKP", ["crv"] = "X25519", ["x"] = key.X };

    /// <summary>The Ed25519 key, or null and a problem.</summary>
    public static VerifyingKey? Read(JsonFields fields) => Read(fields, "Ed25519", raw => VerifyingKey.FromRaw(raw));

    /// <summary>The X25519 key, or null and a problem.</summary>
    public static RecipientPublicKey? ReadRecipient(JsonFields fields) => Read(fields, "X25519", raw => RecipientPublicKey.FromRaw(raw));

    private static T? Read<T>(JsonFields fields, string curve, Func<byte[], T> import) where T : class
    {
        fields.Text("kty", text => text == "OKP", "must be OKP");
        fields.Text("crv", text => text == curve, $"must be {curve}");
        try
        {
            return import(fields.Bytes("x", 32));
        }
        catch (FormatException)
        {
            fields.Fail("x", $"is not a usable {curve} public key");
            return null;
        }
    }
}
