using System.Security.Cryptography;
using Edge.Storage.Keys;
using Edge.Tests.Support;

namespace Edge.Tests.Keys;

public sealed class HourKeysTests : IDisposable
{
    private static readonly KeyHour Hour = KeyHour.OfExpiry(new DateTimeOffset(2026, 11, 23, 18, 30, 0, TimeSpan.Zero));

    private readonly TemporaryFolder _folder = new();
    private readonly WrappingKey _wrapping = WrappingKey.FromRaw(new byte[32]);
    private HourKeys _keys;

    public HourKeysTests() => _keys = HourKeys.Open(_folder.File("hours"), _wrapping);

    public void Dispose()
    {
        _keys.Dispose();
        _wrapping.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void An_hour_has_one_key_that_lasts()
    {
        var first = _keys.Encrypt(Hour, "a"u8, "one"u8);
        Restart();
        var second = _keys.Encrypt(Hour, "a"u8, "two"u8);
        Assert.Equal([Hour], _keys.Names);
        Assert.True(_keys.TryDecrypt(Hour, "a"u8, first, out var one) && one.AsSpan().SequenceEqual("one"u8));
        Assert.True(_keys.TryDecrypt(Hour, "a"u8, second, out var two) && two.AsSpan().SequenceEqual("two"u8));
        Assert.False(_keys.TryDecrypt(Hour, "b"u8, first, out _));
    }

    [Fact]
    public void The_file_is_overwritten_before_it_is_unlinked()
    {
        var before = _keys.Encrypt(Hour, [], "x"u8);
        var path = Path.Combine(_folder.File("hours"), "2026-11-23T18");
        var wrapped = File.ReadAllBytes(path);
        using var held = File.OpenRead(path); // keeps the unlinked file readable
        _keys.Destroy(Hour);
        Assert.False(File.Exists(path));
        var left = new byte[wrapped.Length];
        held.ReadExactly(left);
        Assert.NotEqual(wrapped, left);
        Assert.False(_wrapping.TryUnwrap("hour 2026-11-23T18", left, out _));

        Assert.False(_keys.TryDecrypt(Hour, [], before, out _));
        Restart();
        Assert.False(_keys.TryDecrypt(Hour, [], before, out _));
        Assert.Empty(_keys.Names);
        _keys.Destroy(Hour); // nothing left to do
    }

    [Fact]
    public void A_destroyed_hour_that_comes_again_has_another_key()
    {
        var before = _keys.Encrypt(Hour, [], "x"u8);
        _keys.Destroy(Hour);
        _keys.Encrypt(Hour, [], "y"u8);
        Assert.False(_keys.TryDecrypt(Hour, [], before, out _));
    }

    [Fact]
    public void A_damaged_key_is_named_and_never_replaced()
    {
        var before = _keys.Encrypt(Hour, [], "x"u8);
        var path = Path.Combine(_folder.File("hours"), "2026-11-23T18");
        var bytes = File.ReadAllBytes(path);
        bytes[50] ^= 1;
        File.WriteAllBytes(path, bytes);
        Restart();
        Assert.False(_keys.TryDecrypt(Hour, [], before, out _));
        Assert.Contains("2026-11-23T18", Assert.Throws<UnusableKeyException>(() => _keys.Encrypt(Hour, [], "x"u8)).Message, StringComparison.Ordinal);
        Assert.Equal(bytes, File.ReadAllBytes(path));
        _keys.Destroy(Hour); // expiry takes it all the same
        Assert.False(File.Exists(path));
    }

    [Fact]
    public void The_key_of_one_hour_does_not_open_under_another_name()
    {
        _keys.Encrypt(Hour, [], "x"u8);
        File.Move(Path.Combine(_folder.File("hours"), "2026-11-23T18"), Path.Combine(_folder.File("hours"), "2026-11-23T19"));
        Restart();
        var next = KeyHour.OfExpiry(Hour.End.AddMinutes(1));
        Assert.Throws<UnusableKeyException>(() => _keys.Encrypt(next, [], "x"u8));
    }

    [Fact]
    public void Foreign_files_in_the_folder_are_left_alone()
    {
        File.WriteAllText(Path.Combine(_folder.File("hours"), "notes.txt"), "x");
        _keys.Encrypt(Hour, [], "x"u8);
        Assert.Equal([Hour], _keys.Names);
    }

    [Fact]
    public void A_wrapped_key_with_any_bit_changed_does_not_open()
    {
        var key = RandomNumberGenerator.GetBytes(32);
        var wrapped = _wrapping.Wrap("name", key);
        Assert.True(_wrapping.TryUnwrap("name", wrapped, out var opened));
        Assert.Equal(key, opened);
        for (var bit = 0; bit < wrapped.Length * 8; bit++)
        {
            wrapped[bit / 8] ^= (byte)(1 << bit % 8);
            Assert.False(_wrapping.TryUnwrap("name", wrapped, out _));
            wrapped[bit / 8] ^= (byte)(1 << bit % 8);
        }
        Assert.False(_wrapping.TryUnwrap("other", wrapped, out _));
        Assert.False(_wrapping.TryUnwrap("name", wrapped.AsSpan(0, 83), out _));
    }

    private void Restart()
    {
        _keys.Dispose();
        _keys = HourKeys.Open(_folder.File("hours"), _wrapping);
    }
}
