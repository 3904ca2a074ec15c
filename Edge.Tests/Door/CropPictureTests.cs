using CsCheck;
using Edge.Agent.Door;
using Edge.Tests.Hits;

namespace Edge.Tests.Door;

public sealed class CropPictureTests
{
    [Fact]
    public void What_our_encoder_makes_of_a_plate_is_plain()
    {
        using var passage = Passages.Of("AB123CD");
        Assert.True(CropPicture.IsPlain(passage.Crop.ToJpeg()));
    }

    [Fact]
    public void No_bytes_make_it_throw()
    {
        using var passage = Passages.Of("AB123CD");
        var crop = passage.Crop.ToJpeg();
        Gen.Select(Gen.Select(Gen.Int[0, crop.Length - 1], Gen.Byte).Array[0, 6], Gen.Int[0, crop.Length]).Sample((changes, length) =>
        {
            var bytes = crop.ToArray();
            foreach (var (at, value) in changes) bytes[at] = value;
            CropPicture.IsPlain(bytes.AsSpan(0, length));
        });
    }

    [Fact]
    public void A_scan_whose_head_reaches_into_the_mark_at_the_end_is_refused()
    {
        using var passage = Passages.Of("AB123CD");
        Assert.False(CropPicture.IsPlain(WithScanOfNothing(passage.Crop.ToJpeg())));
    }

    [Theory]
    [InlineData(0xfe)] // a comment
    [InlineData(0xe1)] // Exif, which may hold a whole picture
    [InlineData(0xe2)]
    [InlineData(0xdd)] // a restart interval: our encoder writes none
    public void A_segment_that_is_no_table_of_a_picture_is_refused(byte marker)
    {
        using var passage = Passages.Of("AB123CD");
        var crop = passage.Crop.ToJpeg();
        Assert.False(CropPicture.IsPlain([.. crop[..2], 0xff, marker, 0, 4, 1, 2, .. crop[2..]]));
    }

    [Fact]
    public void Words_in_the_room_of_a_table_are_refused()
    {
        using var passage = Passages.Of("AB123CD");
        var crop = passage.Crop.ToJpeg();
        var table = crop.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xff, 0xdb]);
        Assert.False(CropPicture.IsPlain([.. crop[..(table + 2)], 0, 6, 1, 2, 3, 4, .. crop[table..]]));
        Assert.False(CropPicture.IsPlain([.. crop[..2], 0xff, 0xe0, 0, 18, .. "JFIF\0"u8, 1, 1, 0, 0, 1, 0, 1, 0, 0, 7, 7, .. crop[2..]]));
    }

    /// <summary>A picture that ends within the head of its scan.</summary>
    internal static byte[] WithScanOfNothing(byte[] crop) =>
        [.. crop[..crop.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xff, 0xda])], 0xff, 0xda, 0, 12, 3, 1, 0, 2, 17, 3, 17, 0, 0xff, 0xd9];
}
