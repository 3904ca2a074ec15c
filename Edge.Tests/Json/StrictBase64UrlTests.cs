using System.Buffers.Text;
using System.Text;
using CsCheck;
using Edge.Storage.Json;

namespace Edge.Tests.Json;

public sealed class StrictBase64UrlTests
{
    [Fact]
    public void Bytes_come_back_from_their_spelling() => Gen.Byte.Array[0, 300].Sample(bytes =>
        StrictBase64Url.IsValid(Base64Url.EncodeToUtf8(bytes)) && StrictBase64Url.TryDecode(Base64Url.EncodeToUtf8(bytes), out var back)
            && back.AsSpan().SequenceEqual(bytes));

    [Fact]
    public void Exactly_what_the_platform_writes_is_accepted() =>
        Gen.Char["ABCQgwxyz019-_+/= \t\n.\u00e9"].Array[0, 40].Select(characters => Encoding.Latin1.GetBytes(characters)).Sample(text =>
        {
            var expected = Base64Url.IsValid(text) && Base64Url.EncodeToUtf8(Base64Url.DecodeFromUtf8(text)).AsSpan().SequenceEqual(text);
            return StrictBase64Url.IsValid(text) == expected && StrictBase64Url.TryDecode(text, out _) == expected;
        });

    [Theory]
    [InlineData("QQ==")] // padding
    [InlineData("Q Q")]  // white space
    [InlineData("QR")]   // stray bits after one byte
    [InlineData("QUJ")]  // and after two
    [InlineData("Q")]    // no byte at all
    [InlineData("+/+/")] // the other alphabet
    [InlineData("QUJD\n")]
    public void Another_spelling_of_the_same_bytes_is_refused(string text)
    {
        Assert.False(StrictBase64Url.IsValid(Encoding.UTF8.GetBytes(text)));
        Assert.False(StrictBase64Url.TryDecode(Encoding.UTF8.GetBytes(text), out var bytes));
        Assert.Empty(bytes);
    }
}
