using System.Text;
using Edge.Agent.Publishing;
using Edge.Storage.Keys;
using Edge.Storage.Signing;

namespace Edge.Tests.Publishing;

public sealed class ReceiptTests : IDisposable
{
    private static readonly BoxName Box = new("riverton", "box-1");
    private static readonly DateTimeOffset Now = new(2026, 11, 25, 12, 0, 0, 250, TimeSpan.Zero);
    private const string Kid = "0YuCW4N9LQCo0ZjPKKgDYo3H7HH2LkiT8YLuFGslZXI";
    private readonly SigningKey _key = SigningKey.Create();

    public void Dispose() => _key.Dispose();

    private bool Verifies(ReadOnlySpan<byte> message, params VerifyingKey[] keys) => Receipt.TryVerify(message, keys.Length == 0 ? [_key.Public] : keys, out _);

    private byte[] Signed(string box = "box-1", string key = Kid, string from = "2", string through = "9", string missing = "[2,7]",
        string type = "edge.receipt.v1",
        string source = "/agencies/riverton/hub", string more = "", string cty = CloudEvent.ContentType) => Jws.Sign(_key, Encoding.UTF8.GetBytes(
        $$$"""{"specversion":"1.0","id":"r-1","source":"{{{source}}}","type":"{{{type}}}","time":"2026-11-25T12:00:00.250Z","data":{"box":"{{{box}}}","key":"{{{key}}}","from":{{{from}}},"through":{{{through}}},"missing":{{{missing}}}{{{more}}}}}"""), cty);

    [Fact]
    public void A_receipt_says_what_has_come_and_what_is_missing()
    {
        Assert.True(Receipt.TryVerify(new Receipt(Box, Kid, Now, 2, 9, [2, 7]).Sign(_key), [_key.Public], out var read));
        Assert.Equal((Box, Kid, Now, 2L, 9L), (read.Box, read.Key, read.Time, read.From, read.Through));
        Assert.Equal([2, 7], read.Missing);
        Assert.True(Verifies(Signed()));
    }

    [Fact]
    public void Where_more_is_missing_than_fits_it_ends_before_the_next()
    {
        var receipt = Receipt.Of(Box, Kid, Now, 1, 5000, Enumerable.Range(2, 1500).Select(number => (long)number).Reverse());
        Assert.Equal((1001L, 1000, 2L, 1001L), (receipt.Through, receipt.Missing.Count, receipt.Missing[0], receipt.Missing[^1]));
        Assert.True(Verifies(receipt.Sign(_key)));
    }

    [Fact]
    public void Any_changed_byte_another_key_or_another_kind_of_content_is_refused()
    {
        using var other = SigningKey.Create();
        var good = Signed();
        Assert.False(Verifies(good, other.Public));
        Assert.False(Verifies(good.AsSpan(..^1)));
        Assert.False(Verifies(Signed(cty: "application/json")));
        for (var at = 0; at < good.Length; at += 7)
        {
            var bad = good.ToArray();
            bad[at] ^= 4;
            Assert.False(Verifies(bad), $"byte {at}");
        }
    }

    [Fact]
    public void What_a_hub_would_not_say_is_refused()
    {
        Assert.False(Verifies(Signed(box: "Box 1")));
        Assert.False(Verifies(Signed(key: "")));
        Assert.False(Verifies(Signed(key: Kid + "AA")));
        Assert.False(Verifies(Signed(key: Kid[..^1] + "J")));
        Assert.False(Verifies(Signed(from: "0")));
        Assert.False(Verifies(Signed(from: "10", missing: "[]")));
        Assert.False(Verifies(Signed(through: "-1", missing: "[]")));
        Assert.False(Verifies(Signed(missing: "[1]")));
        Assert.False(Verifies(Signed(missing: "[7,2]")));
        Assert.False(Verifies(Signed(missing: "[2,2]")));
        Assert.False(Verifies(Signed(missing: "[10]")));
        Assert.False(Verifies(Signed(missing: "null")));
        Assert.False(Verifies(Signed(type: "edge.order.v1")));
        Assert.False(Verifies(Signed(source: "/agencies/riverton/boxes/box-1")));
        Assert.False(Verifies(Signed(more: ",\"plate\":\"x\"")));
        Assert.False(Verifies(Signed(from: "1", through: "2000", missing: $"[{string.Join(',', Enumerable.Range(1, 1001))}]")));
        Assert.False(Verifies(new byte[Receipt.MaxBytes + 1]));
    }
}
