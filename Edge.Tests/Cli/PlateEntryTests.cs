using System.Text;
using Edge.Agent.Cli;

namespace Edge.Tests.Cli;

public sealed class PlateEntryTests
{
    [Theory]
    [InlineData("ab-123\n")]
    [InlineData("AB 123")]
    [InlineData("AB123\r\n")]
    public void One_line_is_the_plate(string typed)
    {
        Assert.True(PlateEntry.TryRead(new MemoryStream(Encoding.UTF8.GetBytes(typed)), out var plate, out _));
        using (plate) Assert.True(plate.Ascii.SequenceEqual("AB123"u8));
    }

    [Theory]
    [InlineData("", "not a plate")]
    [InlineData("AB_123", "not a plate")]
    [InlineData("AB123\nCD456\n", "more than one line")]
    public void Anything_else_is_refused_and_not_repeated(string typed, string reason)
    {
        Assert.False(PlateEntry.TryRead(new MemoryStream(Encoding.UTF8.GetBytes(typed)), out _, out var problem));
        Assert.StartsWith(reason, problem, StringComparison.Ordinal);
        Assert.DoesNotContain("123", problem, StringComparison.Ordinal);
    }
}
