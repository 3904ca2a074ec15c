using CsCheck;
using Edge.Storage.Keys;
using Edge.Storage.Sealing;
using Edge.Tests.Support;

namespace Edge.Tests.Sealing;

public sealed class RecordSealerTests : IDisposable
{
    private static readonly RecordPlace Place = new("hits", 7, new DateTimeOffset(2026, 11, 23, 18, 30, 0, TimeSpan.Zero), "case");

    private readonly TemporaryFolder _folder = new();
    private readonly WrappingKey _wrapping = WrappingKey.FromRaw(new byte[32]);
    private readonly HourKeys _keys;
    private readonly RecordSealer _sealer;

    public RecordSealerTests()
    {
        _keys = HourKeys.Open(_folder.File("hours"), _wrapping);
        _sealer = new RecordSealer(_keys);
    }

    public void Dispose()
    {
        _keys.Dispose();
        _wrapping.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void A_record_opens_in_its_place() => Gen.Byte.Array[0, 1000].Sample(record =>
        _sealer.Seal(Place, record) is var bytes && bytes.Length == record.Length + 40
        && _sealer.TryOpen(Place, bytes, out var opened) && opened.AsSpan().SequenceEqual(record), iter: 200);

    [Fact]
    public void A_record_opens_in_no_other_place()
    {
        var bytes = _sealer.Seal(Place, "record"u8);
        Assert.All(new[]
        {
            Place with { Collection = "outbox" }, Place with { Id = 8 }, Place with { Clear = "case2" }, Place with { Clear = "" },
            Place with { Expires = Place.Expires.AddMilliseconds(1) }, Place with { Expires = Place.Expires.AddHours(1) },
            Place with { Expires = Place.Expires.AddDays(-1) },
        }, place => Assert.False(_sealer.TryOpen(place, bytes, out _)));
    }

    [Fact]
    public void A_record_with_any_bit_changed_or_missing_does_not_open()
    {
        var bytes = _sealer.Seal(Place, "a record"u8);
        for (var bit = 0; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << bit % 8);
            Assert.False(_sealer.TryOpen(Place, bytes, out _));
            bytes[bit / 8] ^= (byte)(1 << bit % 8);
        }
        for (var length = 0; length < bytes.Length; length++) Assert.False(_sealer.TryOpen(Place, bytes.AsSpan(0, length), out _));
    }

    [Fact]
    public void The_same_record_never_looks_the_same_twice() =>
        Assert.NotEqual(_sealer.Seal(Place, "record"u8), _sealer.Seal(Place, "record"u8));

    [Fact]
    public void Nothing_opens_once_the_hours_key_is_destroyed()
    {
        var bytes = _sealer.Seal(Place, "record"u8);
        _keys.Destroy(KeyHour.OfExpiry(Place.Expires));
        Assert.False(_sealer.TryOpen(Place, bytes, out _));
    }
}
