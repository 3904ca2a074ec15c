using System.Text;
using Edge.Agent.Governance;
using Edge.Storage.Sealing;

namespace Edge.Tests.Governance;

public sealed class RecipientsTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 1, 0, 0, 0, TimeSpan.Zero);

    private static Recipient Epoch(int fromDay, int toDay)
    {
        using var key = RecipientKey.Create();
        return new Recipient(key.Public, Start.AddDays(fromDay), Start.AddDays(toDay));
    }

    [Fact]
    public void Hits_are_sealed_to_the_key_in_force_that_started_last()
    {
        var (first, second) = (Epoch(0, 10), Epoch(8, 20));
        var keys = new Recipients("riverton", 1, [first, second]);
        Assert.Null(keys.At(Start.AddSeconds(-1)));
        Assert.Equal(first.Key, keys.At(Start));
        Assert.Equal(second.Key, keys.At(Start.AddDays(8)));
        Assert.Null(keys.At(Start.AddDays(20)));
    }

    [Fact]
    public void What_is_written_is_read_back_the_same()
    {
        var keys = new Recipients("riverton", 4, [Epoch(0, 10), Epoch(8, 20)]);
        Assert.True(Recipients.TryParse(keys.Write(), out var read, out _));
        Assert.Equal(keys.Keys, read.Keys);
    }

    [Fact]
    public void A_key_id_that_is_not_of_the_key_is_refused()
    {
        var json = Encoding.UTF8.GetString(new Recipients("riverton", 1, [Epoch(0, 10)]).Write());
        var at = json.IndexOf("\"kid\":\"", StringComparison.Ordinal) + 7;
        var forged = json[..at] + (json[at] == 'A' ? 'B' : 'A') + json[(at + 1)..];
        Assert.False(Recipients.TryParse(Encoding.UTF8.GetBytes(forged), out _, out var problems));
        Assert.Equal("recipients[0].kid: is not the thumbprint of this key", Assert.Single(problems).ToString());
    }

    [Fact]
    public void A_key_of_low_order_to_which_anybody_could_open_is_refused()
    {
        var json = """
            {"agency":"a","version":1,"recipients":[{"kty":"OKP","crv":"X25519","x":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
             "kid":"k","notBefore":"2026-11-01T00:00:00Z","expires":"2026-11-02T00:00:00Z"}]}
            """;
        Assert.False(Recipients.TryParse(Encoding.UTF8.GetBytes(json), out _, out var problems));
        Assert.Equal("recipients[0].x", Assert.Single(problems).Path);
    }
}
