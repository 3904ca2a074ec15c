using CsCheck;
using Edge.Vision.Detection;
using Edge.Vision.Onnx;

namespace Edge.Tests.Detection;

public sealed class LetterboxLayoutTests
{
    private static readonly Gen<(int Width, int Height)> Pictures = Gen.Select(Gen.Int[1, 8192], Gen.Int[1, 8192]);

    [Fact]
    public void A_letterbox_fills_exactly_the_input_and_keeps_the_picture_inside() => Pictures.Sample(picture =>
    {
        var layout = LetterboxLayout.Fit(picture.Width, picture.Height, new DetectorResize(ResizeRule.Letterbox, 416, 416, 32, 114));
        Assert.Equal((416, 416), (layout.Width, layout.Height));
        AssertInside(layout);
    });

    [Fact]
    public void An_area_keeps_sides_on_the_multiple_and_the_picture_inside() => Pictures.Sample(picture =>
    {
        var layout = LetterboxLayout.Fit(picture.Width, picture.Height, new DetectorResize(ResizeRule.Area, 576, 324, 32, 114));
        Assert.Equal((0, 0), (layout.Width % 32, layout.Height % 32));
        AssertInside(layout);
    });

    [Theory]
    [InlineData(1280, 720, ResizeRule.Letterbox, 416, 416, 416, 234, 0, 91)]
    [InlineData(1280, 720, ResizeRule.Area, 576, 352, 576, 324, 0, 14)]
    [InlineData(2688, 1520, ResizeRule.Letterbox, 416, 416, 416, 235, 0, 90)] // odd padding: the extra row is below
    public void Known_sizes(int width, int height, ResizeRule rule, int inputWidth, int inputHeight, int scaledWidth,
        int scaledHeight, int left, int top)
    {
        var resize = rule == ResizeRule.Letterbox ? new DetectorResize(rule, 416, 416, 32, 114) : new DetectorResize(rule, 576, 324, 32, 114);
        var layout = LetterboxLayout.Fit(width, height, resize);
        Assert.Equal((inputWidth, inputHeight, scaledWidth, scaledHeight, left, top),
            (layout.Width, layout.Height, layout.ScaledWidth, layout.ScaledHeight, layout.Left, layout.Top));
    }

    [Fact]
    public void A_box_comes_back_to_the_place_it_was_scaled_from()
    {
        var layout = LetterboxLayout.Fit(1280, 720, new DetectorResize(ResizeRule.Letterbox, 416, 416, 32, 114));
        var seen = new PixelBox(400 * layout.Scale + layout.Left, 300 * layout.Scale + layout.Top,
            500 * layout.Scale + layout.Left, 330 * layout.Scale + layout.Top);
        var box = layout.ToPicture(seen);
        Assert.Equal(400, box.Left, 1e-2);
        Assert.Equal(330, box.Bottom, 1e-2);
    }

    private static void AssertInside(LetterboxLayout layout)
    {
        Assert.InRange(layout.Left, 0, layout.Width - layout.ScaledWidth);
        Assert.InRange(layout.Top, 0, layout.Height - layout.ScaledHeight);
        Assert.True(layout.ScaledWidth >= 1 && layout.ScaledHeight >= 1);
    }
}
