using System.Diagnostics;
using System.Text;
using CsCheck;
using Edge.Tests.Support;
using Edge.Vision.Capture;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Edge.Tests.Capture;

public sealed class RecordingSourceTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch);

    [Theory]
    [InlineData("clip.mp4", "-c:v libx264 -bf 2")]
    [InlineData("clip.mkv", "-c:v libx264")]
    [InlineData("clip.avi", "-c:v mjpeg")]
    [InlineData("clip.mov", "-c:v libx265 -x265-params log-level=none")]
    [InlineData("clip.webm", "-c:v libvpx")]
    public async Task Every_frame_is_handed_over_in_order_at_its_own_time(string name, string encoding)
    {
        await using var source = Open(await ClipAsync(name, encoding));
        var positions = new List<TimeSpan>();
        await foreach (var frame in source.ReadAsync(TestContext.Current.CancellationToken))
            using (frame)
            {
                Assert.Equal(positions.Count, frame.Index);
                Assert.Equal((160, 120), (frame.Width, frame.Height));
                Assert.Equal(DateTimeOffset.UnixEpoch + frame.Position, frame.CapturedAt);
                Assert.Null(frame.StillPath);
                positions.Add(frame.Position);
            }
        Assert.Equal(40, positions.Count);
        Assert.Equal(positions.Distinct().Order(), positions);
        Assert.All(positions, (position, index) => Assert.Equal(index * 0.1, position.TotalSeconds, 0.002));
        Assert.Equal(CameraState.Stopped, source.Health.State);
        Assert.Null(source.Health.LastError);
        Assert.Equal(0, source.Pool.Lent);
    }

    [Fact]
    public async Task Uneven_timestamps_are_kept()
    {
        var clip = await ClipAsync("uneven.mp4", "-vf settb=1/1000,setpts=N*N*10 -fps_mode passthrough -enc_time_base 1/1000 -c:v libx264 -bf 2");
        await using var source = Open(clip);
        var positions = await PositionsAsync(source);
        Assert.Equal(40, positions.Count);
        Assert.All(positions, (position, index) => Assert.Equal(index * index * 0.01, position, 0.002));
    }

    [Theory]
    [InlineData("1e300")]
    [InlineData("3e11")]
    [InlineData("-5")]
    public async Task Where_a_decoder_says_a_time_that_no_recording_has_the_frame_rate_counts(string second)
    {
        var decoder = _folder.File("decoder");
        const string Picture = "printf 'P5\\n4 6\\n255\\n'; head -c 24 /dev/zero";
        await File.WriteAllTextAsync(decoder, $"""
            #!/bin/sh
            printf '[Parsed_showinfo_1 @ 0x1] n: 0 pts_time:0 pos: 1\n[Parsed_showinfo_1 @ 0x1] n: 1 pts_time:{second} pos: 2\n' >&2
            {Picture}; {Picture}

            """, TestContext.Current.CancellationToken);
        File.SetUnixFileMode(decoder, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        await using var source = new RecordingSource("film", await ClipAsync("clip.mp4", "-c:v libx264"), decoder, _time);
        var positions = new List<double>();
        await Assert.ThrowsAsync<CaptureException>(async () =>
        {
            await foreach (var frame in source.ReadAsync(TestContext.Current.CancellationToken))
                using (frame) positions.Add(frame.Position.TotalSeconds);
        }); // it is shorter than its container says
        Assert.Equal([0, 0.1], positions);
    }

    [Fact]
    public async Task A_film_of_full_range_has_the_grey_levels_of_one_of_studio_range()
    {
        foreach (var range in new[] { "tv", "pc" })
        {
            var path = _folder.File($"{range}.mp4");
            await FfmpegAsync($"-f lavfi -i color=0x808080:size=160x120:rate=10 -frames:v 4 -vf scale=out_range={range} -color_range {range} -pix_fmt {(range == "pc" ? "yuvj420p" : "yuv420p")} -c:v libx264 {path}");
            await using var source = Open(path);
            await foreach (var frame in source.ReadAsync(TestContext.Current.CancellationToken))
                using (frame) Assert.InRange(OpenCvSharp.Cv2.Mean(frame.Colour).Val0, 126, 130);
        }
    }

    [Fact]
    public async Task A_film_with_odd_sides_loses_its_last_row_and_column()
    {
        var path = _folder.File("odd.mkv");
        await FfmpegAsync($"-f lavfi -i testsrc=size=161x121:rate=10 -frames:v 4 -pix_fmt yuv444p -c:v libx264 {path}");
        await using var source = Open(path);
        await foreach (var frame in source.ReadAsync(TestContext.Current.CancellationToken))
            using (frame) Assert.Equal((160, 120), (frame.Width, frame.Height));
    }

    [Theory]
    [InlineData("cut.mp4", "-c:v libx264 -g 10 -movflags +faststart")]
    [InlineData("cut.avi", "-c:v mjpeg")]
    [InlineData("cut.mkv", "-c:v libx264 -g 10")]
    public async Task A_cut_off_recording_gives_what_it_has_and_then_says_so(string name, string encoding)
    {
        var clip = await ClipAsync(name, encoding);
        await CutAsync(clip, 0.6);
        await using var source = Open(clip);
        var failure = await Assert.ThrowsAsync<CaptureException>(() => PositionsAsync(source));
        Assert.Matches($"^{clip}: the recording is cut off after [0-9]+ frames: copy it again$", failure.Message);
        Assert.InRange(source.Health.Frames, 10, 39);
        Assert.Equal(failure.Message, source.Health.LastError);
        Assert.Equal(0, source.Pool.Lent);
    }

    [Fact]
    public async Task The_last_byte_missing_is_noticed()
    {
        var clip = await ClipAsync("clip.mp4", "-c:v libx264 -movflags +faststart");
        await CutAsync(clip, 1 - 1.0 / new FileInfo(clip).Length);
        await using var source = Open(clip);
        await Assert.ThrowsAsync<CaptureException>(() => PositionsAsync(source));
        Assert.InRange(source.Health.Frames, 30, 40); // the decoder keeps the last few to itself
    }

    [Fact]
    public async Task A_recording_cut_off_before_its_index_cannot_be_opened()
    {
        var clip = await ClipAsync("clip.mp4", "-c:v libx264");
        await CutAsync(clip, 0.6);
        await using var source = Open(clip);
        var failure = await Assert.ThrowsAsync<CaptureException>(() => PositionsAsync(source));
        Assert.Equal($"{clip}: the recording is cut off and cannot be opened: copy it again", failure.Message);
    }

    [Fact]
    public async Task A_recording_whose_pictures_are_gone_is_damaged()
    {
        var clip = await ClipAsync("clip.mp4", "-c:v libx264 -g 10 -movflags +faststart");
        var bytes = await File.ReadAllBytesAsync(clip, TestContext.Current.CancellationToken);
        var pictures = bytes.AsSpan().IndexOf("mdat"u8) + 4;
        bytes.AsSpan(pictures + (bytes.Length - pictures) / 3).Fill(0xff);
        await File.WriteAllBytesAsync(clip, bytes, TestContext.Current.CancellationToken);
        await using var source = Open(clip);
        var failure = await Assert.ThrowsAsync<CaptureException>(() => PositionsAsync(source));
        Assert.Contains("of 40 frames could be decoded: the file is damaged", failure.Message);
        Assert.True(source.Health.Frames > 0);
    }

    [Fact]
    public async Task A_trimmed_clip_and_one_of_uneven_rate_are_whole()
    {
        var whole = await ClipAsync("whole.mp4", "-c:v libx264 -g 40 -bf 2");
        var trimmed = _folder.File("trimmed.mp4");
        await FfmpegAsync($"-ss 2.05 -i {whole} -c copy {trimmed}"); // keeps 40 frames, plays 19
        await using (var source = Open(trimmed)) Assert.Equal(19, (await PositionsAsync(source)).Count);

        var uneven = await ClipAsync("uneven.mkv", "-vf settb=1/1000,setpts=N*33+floor(N/10)*900 -fps_mode passthrough -enc_time_base 1/1000 -c:v libx264");
        await using (var source = Open(uneven)) Assert.Equal(40, (await PositionsAsync(source)).Count);
    }

    [Fact]
    public async Task Zeros_a_recorder_appends_are_no_cut()
    {
        var clip = await ClipAsync("clip.mp4", "-c:v libx264");
        await using (var file = File.Open(clip, FileMode.Append)) file.Write(new byte[5000]);
        await using var source = Open(clip);
        Assert.Equal(40, (await PositionsAsync(source)).Count);
    }

    [Fact]
    public async Task The_header_tells_the_playing_time()
    {
        foreach (var (name, encoding) in new[] { ("a.mp4", "-c:v libx264"), ("b.avi", "-c:v mjpeg"), ("c.mov", "-c:v libx264 -movflags +faststart") })
        {
            await using var file = File.OpenRead(await ClipAsync(name, encoding));
            Assert.Equal(TimeSpan.FromSeconds(4), RecordingFile.PlayingTime(file));
            Assert.False(RecordingFile.IsCutShort(file));
        }
    }

    [Fact]
    public void A_header_that_tells_of_a_thousand_years_tells_nothing()
    {
        byte[] header = [.. "RIFF"u8, 0, 0, 0, 0, .. "AVI LIST"u8, 0, 0, 0, 0, .. "hdrlavih"u8, 56, 0, 0, 0, .. Enumerable.Repeat((byte)0xff, 20)];
        Assert.Equal(52, header.Length);
        using var file = new MemoryStream(header);
        Assert.Null(RecordingFile.PlayingTime(file));
    }

    [Fact]
    public void No_bytes_make_the_reader_of_lengths_throw_or_loop() =>
        Gen.Select(Gen.OneOf(Gen.Const("\0\0\0\u0010ftypisom\0\0\0\0"), Gen.Const("RIFF"), Gen.Const("\u001a\u0045\u00df\u00a3"), Gen.Const("")),
            Gen.Byte.Array[0, 200]).Sample((begins, bytes) =>
        {
            using var file = new MemoryStream([.. Encoding.Latin1.GetBytes(begins), .. bytes]);
            RecordingFile.IsCutShort(file);
            RecordingFile.PlayingTime(file);
        });

    [Fact]
    public async Task An_empty_file_and_a_text_are_no_recordings()
    {
        var empty = _folder.File("empty.mp4");
        await File.WriteAllBytesAsync(empty, [], TestContext.Current.CancellationToken);
        await using var nothing = Open(empty);
        Assert.Equal($"{empty}: the file is empty: record or copy it again",
            (await Assert.ThrowsAsync<CaptureException>(() => PositionsAsync(nothing))).Message);

        var text = _folder.File("notes.txt");
        await File.WriteAllTextAsync(text, "not a film", TestContext.Current.CancellationToken);
        await using var notes = Open(text);
        Assert.Equal($"{text}: no picture and no recording this program can read; try H.264 in MP4",
            (await Assert.ThrowsAsync<CaptureException>(() => PositionsAsync(notes))).Message);
    }

    [Fact]
    public async Task Leaving_early_gives_every_buffer_back_and_reading_again_starts_over()
    {
        await using var source = Open(await ClipAsync("clip.mp4", "-c:v libx264"));
        for (var round = 0; round < 3; round++)
            await foreach (var frame in source.ReadAsync(TestContext.Current.CancellationToken))
                using (frame)
                    if (frame.Position > TimeSpan.FromSeconds(1))
                        break;
        Assert.Equal(0, source.Pool.Lent);
        Assert.Equal(40, (await PositionsAsync(source)).Count);
    }

    [Fact]
    public async Task Cancelling_is_not_mistaken_for_the_end()
    {
        await using var source = Open(await ClipAsync("clip.mp4", "-c:v libx264"));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var frame in source.ReadAsync(stop.Token))
                using (frame)
                    await stop.CancelAsync();
        });
        Assert.Equal(0, source.Pool.Lent);
    }

    [Theory]
    [InlineData("data/footage/toll-lane.mp4", 339)]
    [InlineData("data/footage/single-car.mp4", 140)]
    [InlineData("data/footage/no-readable-plates.mp4", 377)]
    public async Task Real_footage_gives_every_frame(string footage, int frames)
    {
        await using var source = Open(Shared.Need(footage));
        var positions = await PositionsAsync(source);
        Assert.Equal(frames, positions.Count);
        Assert.Equal(positions.Distinct().Order(), positions);
    }

    public void Dispose() => _folder.Dispose();

    private RecordingSource Open(string path) =>
        (RecordingSource)CameraSources.Open(new CameraOptions("clip", path), _time, NullLogger.Instance);

    private static async Task<List<double>> PositionsAsync(RecordingSource source)
    {
        var positions = new List<double>();
        await foreach (var frame in source.ReadAsync(TestContext.Current.CancellationToken))
            using (frame)
                positions.Add(frame.Position.TotalSeconds);
        return positions;
    }

    /// <summary>40 frames at 10 a second, 160 × 120.</summary>
    private async Task<string> ClipAsync(string name, string encoding)
    {
        var path = _folder.File(name);
        await FfmpegAsync($"-f lavfi -i testsrc=size=160x120:rate=10 -frames:v 40 -pix_fmt yuv420p {encoding} {path}");
        return path;
    }

    private static async Task FfmpegAsync(string arguments)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/ffmpeg"), "needs ffmpeg");
        using var ffmpeg = Process.Start(new ProcessStartInfo("/usr/bin/ffmpeg", $"-nostdin -y -loglevel error {arguments}")
        {
            RedirectStandardError = true,
        })!;
        var complaint = await ffmpeg.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await ffmpeg.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(ffmpeg.ExitCode == 0, complaint);
    }

    private static async Task CutAsync(string path, double share)
    {
        await using var file = File.Open(path, FileMode.Open);
        file.SetLength((long)(file.Length * share));
    }
}
