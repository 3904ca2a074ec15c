using System.Text;
using Edge.Storage.Sealing;

namespace Edge.Tests.Sealing;

public sealed class BlindTagTests
{
    private static readonly byte[] Salt = [.. Enumerable.Range(0, 16).Select(value => (byte)value)];

    // libsodium, test/default/pwhash_argon2id.c and .exp: cases 1, 6 and 7 (it reads 16 bytes of each salt, and its
    // memory limit in bytes is divided by 1024).
    public static TheoryData<string, string, int, int, string> Published => new()
    {
        {
            "a347ae92bce9f80f6f595a4480fc9c2fe7e7d7148d371e9487d75f5c23008ffae065577a928febd9b1973a5a95073acdbeb6a030cfc0d79caa2dc5cd011cef02c08da232d76d52dfbca38ca8dcbd665b17d1665f7cf5fe59772ec909733b24de97d6f58d220b20c60d7c07ec1fd93c52c31020300c6c1facd77937a597c7a6",
            "5541fbc995d5c197ba290346d2c559de", 7256678 / 1024, 5,
            "18acec5d6507739f203d1f5d9f1d862f7c2cdac4f19d2bdff64487e60d969e3ced615337b9eec6ac4461c6ca07f0939741e57c24d0005c7ea171a0ee1e7348249d135b38f222e4dad7b9a033ed83f5ca27277393e316582033c74affe2566a2bea47f91f0fd9fe49ece7e1f79f3ad6e9b23e0277c8ecc4b313225748dd2a80f5679534a0700e246a79a49b3f74eb89ec6205fe1eeb941c73b1fcf1"
        },
        {
            "b540beb016a5366524d4605156493f9874514a5aa58818cd0c6dfffaa9e90205f17b",
            "44071f6d181561670bda728d43fb79b4", 1631659 / 1024, 1,
            "7fb72409b0987f8190c3729710e98c3f80c5a8727d425fdcde7f3644d467fe973f5b5fee683bd3fce812cb9ae5e9921a2d06c2f1905e4e839692f2b934b682f11a2fe2b90482ea5dd234863516dba6f52dc0702d324ec77d860c2e181f84472bd7104fedce071ffa93c5309494ad51623d214447a7b2b1462dc7d5d55a1f6fd5b54ce024118d86f0c6489d16545aaa87b6689dad9f2fb47fda9894f8e12b87d978b483ccd4cc5fd9595cdc7a818452f915ce2f7df95ec12b1c72e3788d473441d884f9748eb14703c21b45d82fd667b85f5b2d98c13303b3fe76285531a826b6fc0fe8e3dddecf"
        },
        {
            "a14975c26c088755a8b715ff2528d647cd343987fcf4aa25e7194a8417fb2b4b3f7268da9f3182b4cfb22d138b2749d673a47ecc7525dd15a0a3c66046971784bb63d7eae24cc84f2631712075a10e10a96b0e0ee67c43e01c423cb9c44e5371017e9c496956b632158da3fe12addecb88912e6759bc37f9af2f45af72c5cae3b179ffb676a697de6ebe45cd4c16d4a9d642d29ddc0186a0a48cb6cd62bfc3dd229d313b301560971e740e2cf1f99a9a090a5b283f35475057e96d7064e2e0fc81984591068d55a3b4169f22cccb0745a2689407ea1901a0a766eb99",
            "3d968b2752b8838431165059319f3ff8", 1784128 / 1024, 3,
            "4e702bc5f891df884c6ddaa243aa846ce3c087fe930fef0f36b3c2be34164ccc295db509254743f18f947159c813bcd5dd8d94a3aec93bbe57605d1fad1aef1112687c3d4ef1cb329d21f1632f626818d766915d886e8d819e4b0b9c9307f4b6afc081e13b0cf31db382ff1bf05a16aac7af696336d75e99f82163e0f371e1d25c4add808e215697ad3f779a51a462f8bf52610af21fc69dba6b072606f2dabca7d4ae1d91d919"
        },
    };

    [Theory]
    [MemberData(nameof(Published))]
    public void The_primitive_gives_the_published_values(string password, string salt, int memoryKiB, int passes, string expected)
    {
        var output = new byte[expected.Length / 2];
        BlindTag.Argon2id(Convert.FromHexString(password), Convert.FromHexString(salt), memoryKiB, passes, output);
        Assert.Equal(expected, Convert.ToHexStringLower(output));
    }

    // Computed with OpenSSL's Argon2id: 32 bytes at 19456 KiB, 2 passes, 1 lane, and cut to 16.
    [Theory]
    [InlineData("AB123", "38a67842ec994bde57ac0d965a7c4df7")]
    [InlineData("34A36837", "13c1f04261ba2b65a2e93065e38bf1f1")]
    public void A_tag_is_the_first_half_of_thirty_two_bytes(string plate, string expected) =>
        Assert.Equal(expected, Convert.ToHexStringLower(Tag(plate, Salt)));

    [Fact]
    public void Another_plate_or_another_salt_gives_another_tag()
    {
        byte[] other = [.. Salt.Select(value => (byte)(value + 1))];
        Assert.Equal(Tag("AB123", Salt), Tag("AB123", Salt));
        Assert.NotEqual(Tag("AB123", Salt), Tag("AB124", Salt));
        Assert.NotEqual(Tag("AB123", Salt), Tag("AB123", other));
    }

    [Theory]
    [InlineData("")]
    [InlineData("ab123")]
    [InlineData("AB 123")]
    [InlineData("ABCDEFGHIJKLMNOPQ")]
    public void A_plate_that_is_not_canonical_is_refused_without_naming_it(string plate)
    {
        var refused = Assert.Throws<ArgumentException>(() => Tag(plate, Salt));
        if (plate.Length > 0) Assert.DoesNotContain(plate, refused.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 2, 1, false)]
    [InlineData(19456, 0, 1, false)]
    [InlineData(7167, 16, 1, false)]
    [InlineData(262145, 1, 1, false)]
    [InlineData(19456, 17, 1, false)]
    [InlineData(19456, 1, 1, false)] // cheaper than any recommended setting
    [InlineData(19456, 2, 4, false)]
    [InlineData(int.MaxValue, int.MaxValue, 1, false)]
    [InlineData(-19456, -2, 1, false)]
    [InlineData(7168, 5, 1, true)]
    [InlineData(19456, 2, 1, true)]
    [InlineData(262144, 16, 1, true)]
    public void Only_a_sane_cost_is_taken(int memoryKiB, int passes, int parallelism, bool sane)
    {
        var cost = new BlindCost(memoryKiB, passes, parallelism);
        Assert.Equal(sane, cost.IsSane);
        if (!sane) Assert.Throws<ArgumentException>(() => BlindTag.Derive("AB123"u8, Salt, cost, new byte[16]));
    }

    [Fact]
    public void Salt_and_tag_have_one_size()
    {
        Assert.Throws<ArgumentException>(() => BlindTag.Derive("AB123"u8, new byte[15], BlindCost.Default, new byte[16]));
        Assert.Throws<ArgumentException>(() => BlindTag.Derive("AB123"u8, Salt, BlindCost.Default, new byte[32]));
    }

    private static byte[] Tag(string plate, byte[] salt)
    {
        var tag = new byte[BlindTag.Size];
        BlindTag.Derive(Encoding.ASCII.GetBytes(plate), salt, BlindCost.Default, tag);
        return tag;
    }

    [Fact]
    public void A_derivation_leaves_nothing_of_the_tag_on_the_stack()
    {
        var (tag, stack) = (new byte[BlindTag.Size], new byte[64 << 10]);
        var deriving = new Thread(() => DeriveAndLook(tag, stack));
        deriving.Start();
        deriving.Join();
        Assert.Equal(-1, stack.AsSpan().IndexOf(tag));
        Assert.Equal(-1, stack.AsSpan().IndexOf("MX59QRT"u8));
        Assert.Contains(stack, one => one != 0); // it is the stack
    }

    private static unsafe void DeriveAndLook(byte[] tag, byte[] stack)
    {
        byte here = 0;
        using var memory = File.OpenHandle("/proc/self/mem");
        RandomAccess.Read(memory, stack, (long)&here - stack.Length); // pages are there, and what reads them is compiled
        BlindTag.Derive("MX59QRT"u8, Salt, BlindCost.Default, tag);
        RandomAccess.Read(memory, stack, (long)&here - stack.Length);
    }
}
