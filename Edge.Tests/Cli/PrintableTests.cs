using Edge.Agent.Cli;

namespace Edge.Tests.Cli;

public sealed class PrintableTests
{
    [Theory]
    [InlineData("recogniser.länge: unknown key", "recogniser.länge: unknown key")]
    [InlineData("\u001b[2Jgone", "\\u001B[2Jgone")]
    [InlineData("\u009b2J", "\\u009B2J")]
    [InlineData("a\u202eb", "a\\u202Eb")]
    [InlineData("one\ntwo", "one\\u000Atwo")]
    public void What_would_steer_a_terminal_is_spelt_out(string text, string shown) => Assert.Equal(shown, Printable.Line(text));

    [Fact]
    public void Several_lines_stay_several() => Assert.Equal("one\ntwo\\u0007", Printable.Lines("one\ntwo\a"));
}
