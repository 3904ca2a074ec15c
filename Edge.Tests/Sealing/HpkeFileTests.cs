using System.Globalization;
using Edge.Storage.Sealing;
using Edge.Tests.Support;
using NSec.Cryptography;

namespace Edge.Tests.Sealing;

/// <summary>The whole published text of RFC 9180 appendix A.2.1, value by value.</summary>
public sealed class HpkeFileTests
{
    [Fact]
    public void Every_value_of_the_published_text_comes_out()
    {
        var sections = Read(Shared.Need("vectors/hpke/x25519-hkdf-sha256-chacha20poly1305-base.txt"));
        var setup = sections[0];
        var recipientKey = RecipientPublicKey.FromRaw(setup["pkRm"]);
        using var ephemeral = Key.Import(KeyAgreementAlgorithm.X25519, setup["skEm"], KeyBlobFormat.RawPrivateKey);
        using var sender = Hpke.SenderContext(recipientKey, ephemeral, setup["info"], out var encapsulated);
        Assert.Equal(setup["enc"], encapsulated);
        Assert.Equal(setup["base_nonce"], sender.Nonce(0));

        int encryptions = 0, exports = 0;
        foreach (var section in sections.Skip(1))
        {
            if (section.TryGetValue("ct", out var ciphertext))
            {
                var sequence = ulong.Parse(System.Text.Encoding.ASCII.GetString(section["sequence number"]), CultureInfo.InvariantCulture);
                Assert.Equal(section["nonce"], sender.Nonce(sequence));
                Assert.Equal(ciphertext, sender.Seal(sequence, section["aad"], section["pt"]));
                encryptions++;
            }
            else
            {
                Assert.Equal(section["exported_value"], sender.Export(section["exporter_context"], 32));
                exports++;
            }
        }
        Assert.Equal((6, 3), (encryptions, exports));
    }

    // Sections end at a blank line; a value may continue on the next lines. Decimal values stay as they are written.
    private static List<Dictionary<string, byte[]>> Read(string path)
    {
        var sections = new List<Dictionary<string, byte[]>>();
        foreach (var block in File.ReadAllText(path).Split("\n\n"))
        {
            var texts = new Dictionary<string, string>();
            var last = "";
            foreach (var line in block.Split('\n').Where(line => line.Length > 0 && line[0] is not ('#' or '~')))
            {
                var colon = line.IndexOf(':', StringComparison.Ordinal);
                if (colon < 0) texts[last] += line.Trim();
                else texts[last = line[..colon]] = line[(colon + 1)..].Trim();
            }
            if (texts.Count > 0)
                sections.Add(texts.ToDictionary(pair => pair.Key, pair => pair.Key is "sequence number" or "mode" or "kem_id" or "kdf_id" or "aead_id" or "L"
                    ? System.Text.Encoding.ASCII.GetBytes(pair.Value)
                    : Convert.FromHexString(pair.Value)));
        }
        return sections;
    }
}
