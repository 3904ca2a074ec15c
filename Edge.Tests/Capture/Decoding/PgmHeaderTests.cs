using System.Text;
using Edge.Vision.Capture.Decoding;

namespace Edge.Tests.Capture.Decoding;

public sealed class PgmHeaderTests
{
    [Theory]
    [InlineData("P5\n1280 1080\n255\n", 1280, 720)]
    [InlineData("P5\n2 3\n255\n", 2, 2)]
    public void What_ffmpeg_writes_before_a_picture_says_its_size(string header, int width, int height)
    {
        Assert.True(PgmHeader.TryParse(Encoding.ASCII.GetBytes(header), out var size));
        Assert.Equal((width, height), (size.Width, size.Height));
    }

    [Theory]
    [InlineData("P6\n1280 1080\n255\n")]
    [InlineData("P5\n1280 1080\n65535\n")]
    [InlineData("P5\n1281 1080\n255\n")]
    [InlineData("P5\n1280 1081\n255\n")]
    [InlineData("P5\n-128 1080\n255\n")]
    [InlineData("P5\n+128 1080\n255\n")]
    [InlineData("P5\n8194 1080\n255\n")]
    [InlineData("P5\n0 0\n255\n")]
    [InlineData("P5\n1280  1080\n255\n")]
    [InlineData("P5\n1280 1080\n255\n ")]
    [InlineData("P5\n1280 1080")]
    [InlineData("P5\n")]
    [InlineData("")]
    public void Anything_else_is_refused(string header) => Assert.False(PgmHeader.TryParse(Encoding.ASCII.GetBytes(header), out _));
}
