using System.Text;
using Edge.Storage.Keys;
using Edge.Storage.Sealing;

namespace Edge.Tests.Keys;

public sealed class KeeperKeyTests
{
    private static readonly BlindCost Cheap = new(7168, 5);
    private static readonly byte[] Passphrase = Encoding.UTF8.GetBytes("correct horse battery");

    [Fact]
    public void A_keeper_s_key_opens_with_its_passphrase_and_with_no_other()
    {
        using var key = SigningKey.Create();
        Assert.True(KeeperKey.TryParse(KeeperKey.Protect(key, Passphrase, Cheap).Write(), out var file, out _));
        Assert.Equal(key.Public, file.Public);
        Assert.False(file.TryOpen("correct horse batterz"u8, out _));
        Assert.True(file.TryOpen(Passphrase, out var opened));
        using (opened) Assert.True(key.Public.Verify("message"u8, opened.Sign("message"u8)));
    }

    [Fact]
    public void The_file_holds_neither_the_seed_nor_the_passphrase()
    {
        using var key = SigningKey.Create();
        var text = Encoding.UTF8.GetString(KeeperKey.Protect(key, Passphrase, Cheap).Write());
        var seed = key.ExportSeed();
        Assert.DoesNotContain(System.Buffers.Text.Base64Url.EncodeToString(seed), text, StringComparison.Ordinal);
        Assert.DoesNotContain(Convert.ToHexStringLower(seed), text, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("correct horse", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_public_half_put_in_place_of_another_does_not_open()
    {
        using var key = SigningKey.Create();
        using var other = SigningKey.Create();
        var text = Encoding.UTF8.GetString(KeeperKey.Protect(key, Passphrase, Cheap).Write());
        Assert.True(KeeperKey.TryParse(Encoding.UTF8.GetBytes(text.Replace(key.Public.X, other.Public.X, StringComparison.Ordinal)), out var file, out _));
        Assert.False(file.TryOpen(Passphrase, out _));
    }

    [Fact]
    public void A_short_passphrase_and_a_cheap_derivation_are_refused()
    {
        using var key = SigningKey.Create();
        Assert.Throws<ArgumentException>(() => KeeperKey.Protect(key, "too short"u8, Cheap));
        var text = Encoding.UTF8.GetString(KeeperKey.Protect(key, Passphrase, Cheap).Write());
        Assert.False(KeeperKey.TryParse(Encoding.UTF8.GetBytes(text.Replace("\"passes\":5", "\"passes\":1", StringComparison.Ordinal)), out _,
            out var problems));
        Assert.Contains("cheaper", problems[0].ToString(), StringComparison.Ordinal);
    }
}
