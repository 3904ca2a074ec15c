using System.Buffers.Binary;
using System.Diagnostics;
using CsCheck;
using Edge.Tests.Support;
using Edge.Vision.Capture;
using Microsoft.Extensions.Logging.Abstractions;
using OpenCvSharp;

namespace Edge.Tests.Capture;

public sealed class PictureSourceTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("car.jpg")]
    [InlineData("car.png")]
    [InlineData("car.bmp")]
    [InlineData("car.webp")]
    public async Task A_picture_is_one_still_frame(string name)
    {
        var path = Write(name, Picture(64, 48, Path.GetExtension(name)));
        await using var source = Open(path);
        Assert.True(source.IsStill);
        var frame = Assert.Single(await FramesAsync(source));
        Assert.Equal((64, 48, 0L, path), (frame.Width, frame.Height, frame.Index, frame.StillPath));
        frame.Dispose();
        Assert.Equal(0, source.Pool.Lent);
    }

    [Fact]
    public async Task Grey_and_transparent_pictures_become_8_bit_colour()
    {
        foreach (var type in new[] { MatType.CV_8UC1, MatType.CV_16UC3, MatType.CV_8UC4 })
        {
            using var picture = new Mat(10, 20, type, Scalar.All(100));
            await using var source = Open(Write("odd.png", picture.ImEncode(".png")));
            using var frame = Assert.Single(await FramesAsync(source));
            Assert.Equal(MatType.CV_8UC3, frame.Pixels.Type());
        }
    }

    [Fact]
    public async Task A_folder_gives_its_pictures_in_the_order_of_their_names_and_leaves_the_rest()
    {
        foreach (var (name, width) in new[] { ("b.png", 20), ("a.jpg", 10), ("C.PNG", 30) }) Write(name, Picture(width, 5, Path.GetExtension(name)));
        Write("notes.txt", "x"u8.ToArray());
        Write(".hidden.png", [1]);
        Directory.CreateDirectory(_folder.File("more.png"));
        await using var source = Open(_folder.Path);
        var frames = await FramesAsync(source);
        Assert.Equal([30, 10, 20], frames.Select(frame => frame.Width));
        Assert.Equal([0L, 1, 2], frames.Select(frame => frame.Index));
        frames.ForEach(frame => frame.Dispose());
    }

    [Fact]
    public void A_folder_without_pictures_is_refused() =>
        Assert.Contains("no JPEG, PNG, BMP or WebP picture in this folder", Assert.Throws<CaptureException>(() => Open(_folder.Path)).Message);

    [Fact]
    public async Task Exif_orientation_is_applied()
    {
        // One APP1 segment after the start of image: a TIFF header and the tag Orientation = 6, a quarter turn clockwise.
        byte[] exif = [0xff, 0xe1, 0, 34, .. "Exif\0\0MM\0*"u8, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0];
        var jpeg = Picture(64, 48, ".jpg");
        await using var source = Open(Write("turned.jpg", [.. jpeg[..2], .. exif, .. jpeg[2..]]));
        using var frame = Assert.Single(await FramesAsync(source));
        Assert.Equal((48, 64), (frame.Width, frame.Height));
    }

    [Fact]
    public async Task What_is_no_whole_picture_of_sensible_size_is_refused_with_advice()
    {
        var jpeg = Picture(64, 48, ".jpg");
        var png = Picture(64, 48);
        var wide = png.ToArray();
        BinaryPrimitives.WriteInt32BigEndian(wide.AsSpan(16), 20_000);
        (string Name, byte[] File, string Advice)[] cases =
        [
            ("empty.jpg", [], "it is empty, or a pipe: save it as a file, or take it again"),
            ("text.jpg", "hello"u8.ToArray(), "it is no JPEG, PNG, BMP or WebP picture: convert it to one"),
            ("scan.tiff", "II*\0"u8.ToArray(), "it is no JPEG, PNG, BMP or WebP picture: convert it to one"),
            ("cut.jpg", jpeg[..^20], "its end is missing: copy it again"),
            ("cut.png", png[..^20], "its end is missing: copy it again"),
            ("wide.png", wide, "it is 20000 × 48 px; at most 8192 px a side and 40 megapixels are read: scale it down"),
            ("broken.png", [.. png[..40], .. new byte[50], .. "IEND"u8], "it is damaged: take or export it again"),
        ];
        foreach (var (name, file, advice) in cases)
        {
            var path = Write(name, file);
            await using var source = Open(path);
            var failure = await Assert.ThrowsAsync<CaptureException>(() => FramesAsync(source));
            Assert.Equal($"{path}: {advice}", failure.Message);
            Assert.Equal(failure.Message, source.Health.LastError);
            Assert.Equal(0, source.Pool.Lent);
        }
    }

    [Fact]
    public async Task A_pipe_that_is_named_like_a_picture_is_not_waited_for()
    {
        using (var pipe = Process.Start("mkfifo", [_folder.File("pipe.jpg")])) pipe.WaitForExit();
        await using var source = Open(_folder.File("pipe.jpg"));
        Assert.Contains("or a pipe: save it as a file", (await Assert.ThrowsAsync<CaptureException>(() => FramesAsync(source))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_real_picture_20_000_px_wide_is_refused_before_it_is_decoded()
    {
        foreach (var ending in new[] { ".png", ".jpg", ".bmp" })
        {
            await using var source = Open(Write("wide" + ending, Picture(20_000, 8, ending)));
            Assert.Contains("20000 × 8 px", (await Assert.ThrowsAsync<CaptureException>(() => FramesAsync(source))).Message);
        }
    }

    [Fact]
    public void The_header_tells_what_the_decoder_will_find() =>
        Gen.Select(Gen.Int[1, 300], Gen.Int[1, 300], Gen.Int[0, 3]).Sample((width, height, format) =>
        {
            string[] endings = [".jpg", ".png", ".bmp", ".webp"];
            var file = Picture(width, height, endings[format]);
            return PictureHeader.TryParse(file, out var header) && header.IsWhole && (header.Width, header.Height) == (width, height);
        }, iter: 200);

    [Fact]
    public void No_damage_makes_decoding_throw()
    {
        byte[][] pictures = [Picture(16, 12, ".jpg"), Picture(16, 12), Picture(16, 12, ".bmp"), Picture(16, 12, ".webp")];
        Gen.Select(Gen.Int[0, 3], Gen.Select(Gen.Int[0, 2000], Gen.Byte).Array[0, 5], Gen.Int[0, 2000]).Sample((format, damage, length) =>
        {
            var file = pictures[format].ToArray();
            foreach (var (at, value) in damage) file[at % file.Length] = value;
            if (StillPicture.TryDecode(file.AsSpan(0, Math.Min(length, file.Length)), out var pixels, out var reason)) pixels.Dispose();
            else Assert.NotEmpty(reason);
        }, iter: 100, threads: 1);
    }

    public void Dispose() => _folder.Dispose();

    private static PictureSource Open(string path) =>
        (PictureSource)CameraSources.Open(new CameraOptions("still", path), TimeProvider.System, NullLogger.Instance);

    private static async Task<List<Frame>> FramesAsync(PictureSource source)
    {
        var frames = new List<Frame>();
        await foreach (var frame in source.ReadAsync(TestContext.Current.CancellationToken)) frames.Add(frame);
        return frames;
    }

    private string Write(string name, byte[] content)
    {
        File.WriteAllBytes(_folder.File(name), content);
        return _folder.File(name);
    }

    private static byte[] Picture(int width, int height, string ending = ".png")
    {
        using var picture = new Mat(height, width, MatType.CV_8UC3, new Scalar(10, 200, 30));
        return picture.ImEncode(ending);
    }
}
