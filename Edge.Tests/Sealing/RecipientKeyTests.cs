using Edge.Storage.Sealing;

namespace Edge.Tests.Sealing;

public sealed class RecipientKeyTests
{
    // RFC 7748 §6.1, Alice.
    private static readonly byte[] Private = Convert.FromHexString("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
    private static readonly byte[] Public = Convert.FromHexString("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");

    [Fact]
    public void A_raw_key_gives_the_published_public_half()
    {
        using var key = RecipientKey.FromRaw(Private);
        Assert.Equal(Public, key.Public.Raw);
        Assert.Equal(Private, key.Export());
        Assert.Equal(RecipientPublicKey.FromRaw(Public), key.Public);
    }

    [Fact]
    public void The_key_id_is_the_thumbprint_of_the_public_members()
    {
        var key = RecipientPublicKey.FromRaw(Public);
        Assert.Equal("hSDwCYkwp1R0i33ctD73Wg2_Og0mOBr066SpjqqbTmo", key.X);
        var jwk = """{"crv":"X25519","kty":"OKP","x":"hSDwCYkwp1R0i33ctD73Wg2_Og0mOBr066SpjqqbTmo"}"""u8;
        Assert.Equal(System.Buffers.Text.Base64Url.EncodeToString(System.Security.Cryptography.SHA256.HashData(jwk)), key.KeyId);
        Assert.Equal("u809Vppx5ixWMOohxWr2aM3m5bD0LQ67g_GPmubQus4", key.KeyId); // computed by another implementation
    }

    [Theory]
    [InlineData(0)]
    [InlineData(31)]
    [InlineData(33)]
    public void Keys_of_another_length_are_refused(int length)
    {
        Assert.Throws<FormatException>(() => RecipientKey.FromRaw(new byte[length]));
        Assert.Throws<FormatException>(() => RecipientPublicKey.FromRaw(new byte[length]));
    }

    [Fact]
    public void A_key_prints_only_its_id()
    {
        using var key = RecipientKey.FromRaw(Private);
        Assert.Equal($"RecipientKey({key.Public.KeyId})", $"{key}");
    }
}
