using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Edge.Tests.Support;
using Edge.Vision.Capture;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using OpenCvSharp;

namespace Edge.Tests.Capture;

/// <summary>Over real sockets; the clock is the test's, so only what the test says is ever late.</summary>
public sealed partial class MjpegSourceTests
{
    private const string Stream = "HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=--edge\r\n\r\n";

    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch);

    [Fact]
    public async Task Pictures_arrive_as_frames_and_a_damaged_one_is_passed_over()
    {
        var damaged = Part(Jpeg(2)[..^40]);
        await using var camera = new HttpCamera(async (_, stream, stop) =>
        {
            await stream.WriteAsync((byte[])[.. Ascii(Stream), .. Part(Jpeg(1)), .. damaged, .. Part([]), .. Part(Jpeg(3))], stop);
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop);
        });
        await using var source = (LiveSource)Open(camera.Address);
        await using (var watcher = new Watcher(source))
        {
            await Eventually.True(() => source.Health.Frames == 2 && watcher.Size == (64, 48), "two good pictures of 64 x 48");
            Assert.Equal(CameraState.Running, source.Health.State);
        }
        Assert.Equal(0, source.Pool.Lent);
    }

    [Fact]
    public async Task A_stream_that_ends_is_opened_again()
    {
        await using var camera = new HttpCamera(async (_, stream, stop) =>
            await stream.WriteAsync((byte[])[.. Ascii(Stream), .. Part(Jpeg(1)), .. Ascii("----edge--\r\n")], stop));
        await using var source = Open(camera.Address);
        await using var watcher = new Watcher(source);
        await Eventually.TrueAsTimePasses(_time, () => camera.Requests >= 5, "five connections");
        Assert.Equal($"http://127.0.0.1:{camera.Port}/: the camera ended the stream", source.Health.LastError);
    }

    [Fact]
    public async Task A_slow_drip_of_bytes_is_a_stall()
    {
        await using var camera = new HttpCamera(async (_, stream, stop) =>
        {
            await stream.WriteAsync(Ascii(Stream), stop);
            foreach (var drop in Part(Jpeg(1)).Take(50))
            {
                await stream.WriteAsync(new[] { drop }, stop);
                await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, stop);
            }
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop);
        });
        await using var source = Open(camera.Address);
        await using var watcher = new Watcher(source);
        await Eventually.True(() => camera.Requests == 1, "a connection");
        await Eventually.TrueAsTimePasses(_time, () => source.Health.State == CameraState.Stalled, "stalled");
        await Eventually.TrueAsTimePasses(_time, () => camera.Requests == 2, "cut and connected again");
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n\r\n",
        "answers with image/jpeg, not with an MJPEG stream (multipart/x-mixed-replace): use the camera's video address, not its page or its snapshot")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace\r\n\r\n", "the stream names no boundary between its pictures")]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n",
        "answers with an unnamed type, not with an MJPEG stream (multipart/x-mixed-replace): use the camera's video address, not its page or its snapshot")]
    [InlineData("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n", "the camera refused the user name or password")]
    [InlineData("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "the camera has no stream under this path")]
    [InlineData("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
        "the camera redirects elsewhere: configure the final address")]
    [InlineData("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", "the camera answers HTTP 503")]
    [InlineData(Stream + "----edge\r\nContent-Length: 99999999\r\n\r\n", "the camera sends a part whose length is not a number up to 8 MiB")]
    public async Task What_is_no_stream_is_told_in_words(string answer, string error)
    {
        await using var camera = new HttpCamera(async (_, stream, stop) => await stream.WriteAsync(Ascii(answer), stop));
        Assert.Equal($"http://127.0.0.1:{camera.Port}/: {error}", await ErrorAsync(camera.Address));
    }

    [Fact]
    public async Task Endless_parts_headers_and_preambles_are_refused()
    {
        foreach (var start in new[] { Stream, Stream + "----edge\r\n\r\n", Stream + "----edge\r\nX: ", "HTTP/1.1 200 OK\r\nX: " })
        {
            await using var camera = new HttpCamera(async (_, stream, stop) =>
            {
                await stream.WriteAsync(Ascii(start), stop);
                var junk = new byte[64 << 10];
                Array.Fill(junk, (byte)'x');
                while (!stop.IsCancellationRequested) await stream.WriteAsync(junk, stop);
            });
            Assert.NotEmpty(await ErrorAsync(camera.Address));
        }
    }

    [Fact]
    public async Task Nothing_but_damaged_or_enormous_pictures_is_an_error()
    {
        var enormous = Jpeg(1);
        var size = enormous.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xff, 0xc0]);
        (enormous[size + 5], enormous[size + 7]) = (0x4e, 0x4e); // 20,000 px and more a side
        await using var camera = new HttpCamera(async (_, stream, stop) =>
        {
            await stream.WriteAsync(Ascii(Stream), stop);
            for (var i = 0; i < 30; i++) await stream.WriteAsync(Part(enormous), stop);
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop);
        });
        Assert.EndsWith("25 pictures in a row are damaged, no JPEG or too large", await ErrorAsync(camera.Address));
    }

    [Fact]
    public async Task Nobody_at_the_port_is_told_in_words() =>
        Assert.Equal("http://127.0.0.1:9/: nothing answers at this port", await ErrorAsync("http://127.0.0.1:9/video"));

    [Fact]
    public async Task Basic_log_in_works()
    {
        var expected = $"Authorization: Basic {Convert.ToBase64String(Ascii("viewer:pass word"))}";
        await using var camera = new HttpCamera((head, stream, stop) => AnswerAsync(stream, "Basic realm=\"camera\"",
            head.Contains(expected, StringComparison.Ordinal), stop));
        await SeesAFrame(camera);
    }

    [Fact]
    public async Task Digest_log_in_works()
    {
        await using var camera = new HttpCamera((head, stream, stop) => AnswerAsync(stream,
            "Digest realm=\"camera\", nonce=\"abc\", algorithm=MD5", HasDigest(head), stop));
        await SeesAFrame(camera);
    }

    private async Task SeesAFrame(HttpCamera camera)
    {
        await using var source = Open(camera.Address.Replace("//", "//viewer:pass%20word@", StringComparison.Ordinal));
        await using var watcher = new Watcher(source);
        await Eventually.True(() => watcher.Count > 0, $"a frame; last error: {source.Health.LastError}");
    }

    private static async Task AnswerAsync(Stream stream, string challenge, bool welcome, CancellationToken stop)
    {
        await stream.WriteAsync(welcome ? (byte[])[.. Ascii(Stream), .. Part(Jpeg(1))]
            : Ascii($"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: {challenge}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"), stop);
        if (welcome) await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop);
    }

    /// <summary>RFC 2617 §3.2.2.1, without qop.</summary>
    private static bool HasDigest(string head)
    {
        var response = DigestResponse().Match(head);
        var identity = Md5("viewer:camera:pass word");
        var request = Md5("GET:/video.cgi?channel=1");
        return response.Success && response.Groups[1].Value == Md5($"{identity}:abc:{request}");
    }

#pragma warning disable CA5351 // what the cameras' protocol asks for
    private static string Md5(string text) => Convert.ToHexStringLower(MD5.HashData(Ascii(text)));
#pragma warning restore CA5351

    private async Task<string> ErrorAsync(string address)
    {
        await using var source = Open(address);
        await using var watcher = new Watcher(source);
        await Eventually.True(() => source.Health.LastError is not null, "an error");
        Assert.Equal(CameraState.Starting, source.Health.State);
        return source.Health.LastError!;
    }

    private ICameraSource Open(string address) => CameraSources.Open(new CameraOptions("north", address), _time, NullLogger.Instance);

    private static byte[] Jpeg(byte shade)
    {
        using var picture = new Mat(48, 64, MatType.CV_8UC3, Scalar.All(shade));
        return picture.ImEncode(".jpg");
    }

    private static byte[] Part(byte[] body) =>
        [.. Ascii($"----edge\r\nContent-Type: image/jpeg\r\nContent-Length: {body.Length}\r\n\r\n"), .. body, .. "\r\n"u8];

    private static byte[] Ascii(string text) => Encoding.ASCII.GetBytes(text);

    [GeneratedRegex("response=\"([0-9a-f]{32})\"")]
    private static partial Regex DigestResponse();
}
