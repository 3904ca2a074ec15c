using Edge.Tests.Support;
using Edge.Vision.Capture;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Capture;

public sealed class CameraSourcesTests
{
    [Theory]
    [InlineData("rtsp://camera/live")]
    [InlineData("rtsps://user:word@camera:322/live")]
    [InlineData("http://camera/video")]
    [InlineData("HTTPS://camera/video")]
    [InlineData("/dev/video0")]
    public async Task A_live_camera_need_not_be_there_yet(string source)
    {
        await using var camera = Open(source);
        Assert.True(camera.IsLive);
        Assert.False(camera.IsStill);
        Assert.Equal("north", camera.Name);
        Assert.Equal(CameraState.Stopped, camera.Health.State);
    }

    [Theory]
    [InlineData("", "camera north: its source is empty")]
    [InlineData("/nowhere/clip.mp4", "/nowhere/clip.mp4: no such file or folder")]
    [InlineData("ftp://user:word@camera/live", "camera north: ftp:// is not supported; use rtsp, rtsps, http or https")]
    [InlineData("rtsp://user:wo rd@camera/live",
        "camera north: its source is no address of the form scheme://user:password@host/path; percent-encode blanks and special characters")]
    public void What_cannot_be_a_camera_is_refused_without_its_password(string source, string message) =>
        Assert.Equal(message, Assert.Throws<CaptureException>(() => Open(source)).Message);

    [Fact]
    public void Options_print_without_the_source() =>
        Assert.Equal("camera north", new CameraOptions("north", "rtsp://user:word@camera/").ToString());

    [Fact]
    public async Task A_camera_that_is_not_plugged_in_is_told_in_words()
    {
        await using var camera = Open("/dev/video99");
        await using var watcher = new Watcher(camera);
        await Eventually.True(() => camera.Health.LastError is not null, "an error");
        Assert.Equal("/dev/video99: no such camera; plug it in and see v4l2-ctl --list-devices", camera.Health.LastError);
    }

    [Fact]
    public async Task A_file_is_known_by_its_beginning_where_its_name_says_nothing()
    {
        using var folder = new TemporaryFolder();
        foreach (var (name, begins, still) in new[] { ("upload", "BM", true), ("clip", "....ftyp", false), ("odd.jpeg", "", true) })
        {
            await File.WriteAllTextAsync(folder.File(name), begins, TestContext.Current.CancellationToken);
            await using var source = Open(folder.File(name));
            Assert.Equal(still, source.IsStill);
        }
    }

    private static ICameraSource Open(string source) =>
        CameraSources.Open(new CameraOptions("north", source), TimeProvider.System, NullLogger.Instance);
}
