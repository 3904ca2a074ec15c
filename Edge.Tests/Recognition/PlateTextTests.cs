using Edge.Vision.Recognition;

namespace Edge.Tests.Recognition;

public sealed class PlateTextTests
{
    [Theory]
    [InlineData("34a-368 37", "34A36837")]
    [InlineData("Q·5 ZQX", "Q5ZQX")]
    public void Separators_and_case_are_canonicalised(string typed, string canonical)
    {
        Assert.True(PlateText.TryParse(typed, out var plate));
        Assert.Equal(canonical, System.Text.Encoding.ASCII.GetString(plate.Ascii));
    }

    [Theory]
    [InlineData("")]
    [InlineData("- -")]
    [InlineData("AB_12")]
    [InlineData("ÄB12")]
    [InlineData("12345678901234567")]
    public void Anything_else_is_refused(string typed) => Assert.False(PlateText.TryParse(typed, out _));

    [Fact]
    public void A_plate_prints_redacted_and_is_zero_once_disposed()
    {
        Assert.True(PlateText.TryParse("AB123", out var plate));
        Assert.Equal("PlateText(redacted)", $"{plate}");
        plate.Dispose();
        Assert.All(plate.Ascii.ToArray(), character => Assert.Equal(0, character));
    }
}
