using Edge.Vision.Capture;
using Edge.Vision.Capture.Rtsp;

namespace Edge.Tests.Capture;

public sealed class CameraAddressTests
{
    private const string Source = "rtsp://admin:s3cr%27t%20p%25w@10.0.0.7:8554/user=admin&password=hunter2/live?token=abcdef";

    [Fact]
    public void It_prints_host_and_port_only()
    {
        Assert.Equal("rtsp://10.0.0.7:8554/", Parse(Source).ToString());
        Assert.Equal("http://camera/", Parse("http://u:p@camera/video?pwd=1").ToString());
    }

    [Fact]
    public void The_credential_is_percent_decoded()
    {
        var credential = Parse(Source).Credential!;
        Assert.Equal(("admin", "s3cr't p%w"), (credential.UserName, credential.Password));
        Assert.Null(Parse("rtsp://camera/live").Credential);
        Assert.Equal("", Parse("rtsp://guest@camera/live").Credential!.Password);
        Assert.DoesNotContain("admin", Parse("http://admin:x@camera/live").WithoutUser.AbsoluteUri);
    }

    [Theory]
    [InlineData("camera")]
    [InlineData("rtsp:///live")]
    [InlineData("rtsp://camera/a b")]
    [InlineData("rtsp://camera/a\nfile 'x'")]
    [InlineData("rtsp://camera:port/live")]
    public void What_is_no_address_is_refused(string source) => Assert.False(CameraAddress.TryParse(source, out _));

    [Theory]
    [InlineData("[concat @ 0x55] Impossible to open 'rtsp://admin:s3cr%27t%20p%25w@10.0.0.7:8554/user=admin&password=hunter2/live?token=abcdef'")]
    [InlineData("[concat @ 0x55] Impossible to open 'rtsp://admin:s3cr't p%w@10.0.0.7:8554/user=admin&password=hunter2/live?token=abcdef'")]
    [InlineData("login admin with s3cr't p%w failed for /user=admin&password=hunter2/live?token=abcdef")]
    [InlineData("rtsp://admin:s3cr%27t%20p%25w@10.0.0.7:8554/x: Invalid data found when processing input")]
    public void No_secret_survives_in_what_ffmpeg_says(string stderr)
    {
        foreach (var text in new[] { Parse(Source).Scrub(stderr), FfmpegComplaint.Explain(stderr, Parse(Source)).Message })
        {
            Assert.DoesNotContain("s3cr", text);
            Assert.DoesNotContain("p%w", text);
            Assert.DoesNotContain("admin", text);
            Assert.DoesNotContain("hunter2", text);
            Assert.DoesNotContain("abcdef", text);
        }
    }

    [Theory]
    [InlineData("[rtsp @ 0x1] method DESCRIBE failed: 401 Unauthorized\npipe:0: Server returned 401", "refused the user name or password")]
    [InlineData("[tcp @ 0x1] Connection to tcp://10.0.0.7:8554 failed: Connection refused", "nothing answers at this port")]
    [InlineData("setpriv: failed to execute /usr/bin/ffmpeg: No such file or directory", "apt-get install ffmpeg")]
    [InlineData("", "the stream ended")]
    [InlineData("Something\u001b[31m new\nhappened\n", "ffmpeg said: Something[31m new; happened")]
    public void Known_complaints_become_advice(string stderr, string advice) =>
        Assert.EndsWith(advice, FfmpegComplaint.Explain(stderr, Parse(Source)).Message);

    private static CameraAddress Parse(string source)
    {
        Assert.True(CameraAddress.TryParse(source, out var address));
        return address;
    }
}
