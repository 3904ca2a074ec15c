using System.Security.Cryptography;
using System.Text;
using Edge.Storage.Sealing;
using NSec.Cryptography;
using static Edge.Tests.Sealing.HpkeVector;

namespace Edge.Tests.Sealing;

public sealed class HpkeTests
{
    [Theory]
    [MemberData(nameof(HpkeVector.Encryptions), MemberType = typeof(HpkeVector))]
    public void Sender_and_recipient_follow_the_published_encryptions(ulong sequence, string aad, string ciphertext)
    {
        using var sender = Sender(out var encapsulated);
        using var recipient = Recipient();
        Assert.Equal(Encapsulated, encapsulated);
        var expected = Hex(ciphertext);
        Assert.Equal(expected, sender.Seal(sequence, Encoding.ASCII.GetBytes(aad), Plaintext));
        Assert.True(recipient.TryOpen(sequence, Encoding.ASCII.GetBytes(aad), expected, out var opened));
        Assert.Equal(Plaintext, opened);
    }

    [Theory]
    [MemberData(nameof(HpkeVector.Exports), MemberType = typeof(HpkeVector))]
    public void Both_sides_export_the_published_values(string context, string value)
    {
        using var sender = Sender(out _);
        using var recipient = Recipient();
        Assert.Equal(Hex(value), sender.Export(Hex(context), 32));
        Assert.Equal(Hex(value), recipient.Export(Hex(context), 32));
    }

    [Fact]
    public void Nonces_count_up_from_the_published_base()
    {
        using var sender = Sender(out _);
        Assert.Equal(BaseNonce, sender.Nonce(0));
        Assert.Equal(Hex("5c4d98150661b848853b557f"), sender.Nonce(256));
    }

    [Fact]
    public void A_single_shot_opens_the_published_first_message()
    {
        using var key = RecipientKey.FromRaw(RecipientPrivate);
        Assert.Equal(RecipientPublic, key.Public.Raw);
        var ciphertext = Hex("1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b51a28");
        Assert.True(Hpke.TryOpen(key, Encapsulated, Info, "Count-0"u8, ciphertext, out var plaintext));
        Assert.Equal(Plaintext, plaintext);
    }

    [Fact]
    public void Every_sealing_takes_a_fresh_ephemeral_key()
    {
        using var key = RecipientKey.Create();
        var first = Hpke.Seal(key.Public, Info, [], Plaintext, out var encapsulated);
        var second = Hpke.Seal(key.Public, Info, [], Plaintext, out var other);
        Assert.NotEqual(encapsulated, other);
        Assert.NotEqual(first, second);
    }

    [Fact]
    public void A_change_of_any_byte_of_any_input_is_refused()
    {
        using var key = RecipientKey.Create();
        byte[] info = [1, 2, 3], aad = [4, 5], plaintext = [6, 7, 8, 9];
        var ciphertext = Hpke.Seal(key.Public, info, aad, plaintext, out var encapsulated);
        Assert.True(Hpke.TryOpen(key, encapsulated, info, aad, ciphertext, out _));
        foreach (var input in new[] { encapsulated, info, aad, ciphertext })
            for (var bit = 0; bit < input.Length * 8; bit++)
            {
                input[bit / 8] ^= (byte)(1 << bit % 8);
                // X25519 ignores the top bit of a coordinate (RFC 7748 §5), but the KEM context hashes it (RFC 9180 §4.1).
                Assert.False(Hpke.TryOpen(key, encapsulated, info, aad, ciphertext, out var opened));
                Assert.Null(opened);
                input[bit / 8] ^= (byte)(1 << bit % 8);
            }
        Assert.True(Hpke.TryOpen(key, encapsulated, info, aad, ciphertext, out _));
    }

    [Fact]
    public void Another_key_opens_nothing()
    {
        using var key = RecipientKey.Create();
        using var other = RecipientKey.Create();
        var ciphertext = Hpke.Seal(key.Public, [], [], Plaintext, out var encapsulated);
        Assert.False(Hpke.TryOpen(other, encapsulated, [], [], ciphertext, out _));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(15)]
    public void A_ciphertext_shorter_than_its_tag_is_refused(int length)
    {
        using var key = RecipientKey.Create();
        Assert.False(Hpke.TryOpen(key, Encapsulated, [], [], new byte[length], out _));
    }

    [Theory]
    [MemberData(nameof(LowOrderPoints))]
    public void An_all_zero_agreement_is_refused_on_both_sides(string point)
    {
        Assert.Throws<FormatException>(() => RecipientPublicKey.FromRaw(Hex(point)));
        using var key = RecipientKey.Create();
        Assert.False(Hpke.TryOpen(key, Hex(point), [], [], new byte[64], out _));
    }

    // The seven points of order 1, 2, 4 and 8 that fit 32 bytes, as RFC 7748 §6.1 and libsodium's list know them.
    public static TheoryData<string> LowOrderPoints =>
    [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ];

    private static HpkeContext Sender(out byte[] encapsulated)
    {
        using var ephemeral = Key.Import(KeyAgreementAlgorithm.X25519, EphemeralPrivate, KeyBlobFormat.RawPrivateKey);
        return Hpke.SenderContext(RecipientPublicKey.FromRaw(RecipientPublic), ephemeral, Info, out encapsulated);
    }

    private static HpkeContext Recipient()
    {
        using var key = RecipientKey.FromRaw(RecipientPrivate);
        return Hpke.TryRecipientContext(key, Encapsulated, Info, out var context)
            ? context
            : throw new CryptographicException("the published exchange fails");
    }
}
