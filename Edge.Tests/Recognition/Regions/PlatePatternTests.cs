using System.Text.RegularExpressions;
using Edge.Tests.Support;
using Edge.Vision.Recognition;
using Edge.Vision.Recognition.Regions;

namespace Edge.Tests.Recognition.Regions;

public sealed partial class PlatePatternTests
{
    [Theory]
    [InlineData("@@ ## @@@", "AB12CDE", true)]
    [InlineData("@@ ## @@@", "AB123DE", false)]
    [InlineData("@@ ## @@@", "AB12CDEF", false)]
    [InlineData("B #{2,3} @@@", "B12ABC", true)]
    [InlineData("B #{2,3} @@@", "B123ABC", true)]
    [InlineData("B #{2,3} @@@", "C123ABC", false)]
    [InlineData("B #{2,3} @@@", "B1ABC", false)]
    [InlineData("[A-CX5]{2}#", "AX1", true)]
    [InlineData("[A-CX5]{2}#", "5B1", true)]
    [InlineData("[A-CX5]{2}#", "DB1", false)]
    [InlineData("??1", "A91", true)]
    public void A_text_fits_or_does_not(string source, string text, bool fits)
    {
        Assert.True(PlatePattern.TryParse(source, out var pattern, out _));
        Assert.True(PlateText.TryParse(text, out var plate));
        using (plate) Assert.Equal(fits, pattern.Fits(plate));
    }

    [Theory]
    [InlineData("", "must allow")]
    [InlineData("   ", "must allow")]
    [InlineData("@@-##", "character 3")]
    [InlineData("@@ ##a", "character 6")]
    [InlineData("[ABC", "character 1")]
    [InlineData("[]#", "character 1")]
    [InlineData("[C-A]", "character 1")]
    [InlineData("[A-5]", "character 1")]
    [InlineData("#{3,2}", "character 1")]
    [InlineData("#{0}", "character 1")]
    [InlineData("#{", "character 1")]
    [InlineData("#{1,2,3}", "character 1")]
    [InlineData("#{17}", "character 1")]
    [InlineData("#{12}@{12}", "must allow")]
    [InlineData("#{1,9}@{1,9}", "too many")]
    [InlineData("{2}", "character 1")]
    public void A_pattern_that_means_nothing_is_refused_and_the_place_is_named(string source, string reason)
    {
        Assert.False(PlatePattern.TryParse(source, out _, out var said));
        Assert.Contains(reason, said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("RO", "B108ABC", "CJ12XYZ", "TOYOTA")]
    [InlineData("DE", "MAB1234", "HHA1E", "ABCDE1234")]
    [InlineData("GB", "LS15EBC", "A123BCD", "12AB34")]
    [InlineData("BR", "ABC1D23", "ABC1234", "AB12345")]
    [InlineData("TR", "34A36837", "06ABC12", "94A36837")]
    [InlineData("US-CA", "7ABC123", "1XYZ999", "ABC1234")]
    [InlineData("VN", "51F97022", "29A12345", "VN12345")]
    public void The_built_in_patterns_take_plates_of_their_region(string region, string one, string other, string foreign)
    {
        Assert.True(PlateText.TryParse(one, out var first) & PlateText.TryParse(other, out var second) & PlateText.TryParse(foreign, out var third));
        Assert.Equal((true, true, false), (RegionPatterns.Fits(region, first!), RegionPatterns.Fits(region, second!), RegionPatterns.Fits(region, third!)));
    }

    [Fact]
    public void The_patterns_in_the_documentation_are_those_of_the_code()
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "regions.md"));
        var documented = Row().Matches(page).Select(row => $"{row.Groups[1].Value}: " +
            string.Join(", ", Pattern().Matches(row.Groups[2].Value).Select(pattern => pattern.Groups[1].Value)));
        Assert.Equal(RegionPatterns.Regions.Select(region => $"{region}: {string.Join(", ", RegionPatterns.Of(region)!)}").Order(StringComparer.Ordinal),
            documented.Order(StringComparer.Ordinal));
    }

    [GeneratedRegex(@"^\| ([A-Z]{2}(?:-[A-Z]{2})?) \| (.+?) \|", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Pattern();
}
