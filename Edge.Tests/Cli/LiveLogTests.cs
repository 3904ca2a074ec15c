using Edge.Agent.Cli;

namespace Edge.Tests.Cli;

/// <summary>A log that is verified while its agent goes on writing it.</summary>
public sealed class LiveLogTests
{
    private byte _checkpoint;
    private int _readings;

    [Fact]
    public void A_file_that_went_as_the_log_went_on_is_no_failure() =>
        Assert.Equal("good", Read(() => _readings < 3 ? throw new FileNotFoundException() : "good"));

    [Fact]
    public void An_end_that_was_replaced_while_it_was_read_is_no_finding() => Assert.Equal("good", Read(() => _readings < 3 ? "bad" : "good"));

    [Fact]
    public void What_is_wrong_each_time_is_wrong()
    {
        Assert.Equal("bad", Read(() => "bad"));
        Assert.Equal(5, _readings);
    }

    [Fact]
    public void A_log_that_nobody_writes_is_read_once()
    {
        Assert.Equal("bad", Read(() => "bad", goesOn: false));
        Assert.Equal(1, _readings);
        Assert.Throws<FileNotFoundException>(() => Read(() => throw new FileNotFoundException(), goesOn: false));
        Assert.Equal(2, _readings);
    }

    [Fact]
    public void What_can_never_be_read_is_said_in_the_end() => Assert.Throws<FileNotFoundException>(() => Read(() => throw new FileNotFoundException()));

    private string Read(Func<string> verify, bool goesOn = true) => LiveLog.Read(() => [_checkpoint], () =>
    {
        _readings++;
        if (goesOn) _checkpoint++;
        return verify();
    }, found => found == "good");
}
