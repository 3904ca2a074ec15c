using System.Text.Json;
using Edge.Storage.Keys;
using Edge.Storage.Sealing;
using Edge.Tests.Support;
using NSec.Cryptography;

namespace Edge.Tests.Signing;

/// <summary>C2SP/wycheproof: known ways to get the primitives wrong, against the ones this project stands on.</summary>
public sealed class WycheproofTests
{
    [Fact]
    public void Ed25519_accepts_and_refuses_as_published() => ForEach("ed25519_test.json", (group, test, valid) =>
    {
        var key = VerifyingKey.FromRaw(Hex(group.GetProperty("publicKey"), "pk"));
        Assert.Equal(valid == "valid", key.Verify(Hex(test, "msg"), Hex(test, "sig")));
    }, expected: 151);

    [Fact]
    public void X25519_agrees_as_published_and_refuses_an_all_zero_result() => ForEach("x25519_test.json", (_, test, _) =>
    {
        using var key = RecipientKey.FromRaw(Hex(test, "private"));
        var expected = Hex(test, "shared");
        Assert.True(PublicKey.TryImport(KeyAgreementAlgorithm.X25519, Hex(test, "public"), KeyBlobFormat.RawPublicKey, out var other));
        using var shared = KeyAgreementAlgorithm.X25519.Agree(key.Key, other!,
            new SharedSecretCreationParameters { ExportPolicy = KeyExportPolicies.AllowPlaintextExport });
        if (expected.All(value => value == 0)) Assert.Null(shared);
        else Assert.Equal(expected, shared!.Export(SharedSecretBlobFormat.RawSharedSecret));

        if (shared is null) Assert.Throws<FormatException>(() => RecipientPublicKey.FromRaw(Hex(test, "public")));
        else Assert.Equal(Hex(test, "public"), RecipientPublicKey.FromRaw(Hex(test, "public")).Raw);
    }, expected: 518);

    [Fact]
    public void ChaCha20Poly1305_opens_and_refuses_as_published() => ForEach("chacha20_poly1305_test.json", (group, test, valid) =>
    {
        if (group.GetProperty("ivSize").GetInt32() != 96) return; // a nonce of another size is not expressible here
        var aead = AeadAlgorithm.ChaCha20Poly1305;
        using var key = Key.Import(aead, Hex(test, "key"), KeyBlobFormat.RawSymmetricKey);
        byte[] ciphertext = [.. Hex(test, "ct"), .. Hex(test, "tag")];
        var opened = aead.Decrypt(key, Hex(test, "iv"), Hex(test, "aad"), ciphertext);
        if (valid != "valid")
        {
            Assert.Null(opened);
            return;
        }
        Assert.Equal(Hex(test, "msg"), opened);
        Assert.Equal(ciphertext, aead.Encrypt(key, Hex(test, "iv"), Hex(test, "aad"), Hex(test, "msg")));
    }, expected: 325);

    [Fact]
    public void Hkdf_derives_as_published() => ForEach("hkdf_sha256_test.json", (_, test, valid) =>
    {
        var hkdf = KeyDerivationAlgorithm.HkdfSha256;
        var prk = hkdf.Extract(Hex(test, "ikm"), Hex(test, "salt"));
        var size = test.GetProperty("size").GetInt32();
        if (valid == "valid") Assert.Equal(Hex(test, "okm"), hkdf.Expand(prk, Hex(test, "info"), size));
        else Assert.ThrowsAny<ArgumentException>(() => hkdf.Expand(prk, Hex(test, "info"), size));
    }, expected: 86);

    private static void ForEach(string file, Action<JsonElement, JsonElement, string> check, int expected)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(Shared.Need($"vectors/wycheproof/{file}")));
        var count = 0;
        foreach (var group in json.RootElement.GetProperty("testGroups").EnumerateArray())
            foreach (var test in group.GetProperty("tests").EnumerateArray())
            {
                try
                {
                    check(group, test, test.GetProperty("result").GetString()!);
                }
                catch (Exception failed)
                {
                    throw new InvalidOperationException($"{file} case {test.GetProperty("tcId")}: {test.GetProperty("comment")}", failed);
                }
                count++;
            }
        Assert.Equal(expected, count);
    }

    private static byte[] Hex(JsonElement element, string name) => Convert.FromHexString(element.GetProperty(name).GetString()!);
}
