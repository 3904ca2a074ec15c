using Edge.Storage.Audit.Bundles;
using Edge.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace Edge.Tests.Audit.Bundles;

/// <summary>A log that is verified while its agent goes on writing it.</summary>
public sealed class LiveLogTests
{
    private readonly FakeTimeProvider _time = new();
    private byte _checkpoint;
    private int _readings;

    [Fact]
    public async Task A_file_that_went_as_the_log_went_on_is_no_failure() =>
        Assert.Equal("good", await ReadAsync(() => _readings < 3 ? throw new FileNotFoundException() : "good"));

    [Fact]
    public async Task An_end_that_was_replaced_while_it_was_read_is_no_finding() =>
        Assert.Equal("good", await ReadAsync(() => _readings < 3 ? "bad" : "good"));

    [Fact]
    public async Task What_is_wrong_each_time_is_wrong()
    {
        Assert.Equal("bad", await ReadAsync(() => "bad"));
        Assert.Equal(5, _readings);
    }

    [Fact]
    public async Task A_log_that_nobody_writes_is_read_once()
    {
        Assert.Equal("bad", await ReadAsync(() => "bad", goesOn: false));
        Assert.Equal(1, _readings);
        await Assert.ThrowsAsync<FileNotFoundException>(() => ReadAsync(() => throw new FileNotFoundException(), goesOn: false));
        Assert.Equal(2, _readings);
    }

    [Fact]
    public async Task An_append_that_is_under_way_is_given_time_to_end()
    {
        var reading = ReadAsync(() => _readings < 2 ? "unfinished" : "good", goesOn: false);
        for (var step = 0; step < 20; step++) _time.Advance(LiveLog.Patience / 50);
        Assert.False(reading.IsCompleted);
        _checkpoint++;
        await Eventually.TrueAsTimePasses(_time, () => reading.IsCompleted, "it is read again");
        Assert.Equal("good", await reading);
        Assert.Equal(2, _readings);
    }

    [Fact]
    public async Task An_append_that_was_cut_off_and_never_ends_is_said()
    {
        var reading = ReadAsync(() => "unfinished", goesOn: false);
        await Eventually.TrueAsTimePasses(_time, () => reading.IsCompleted, "it is given up");
        Assert.Equal("unfinished", await reading);
        Assert.Equal(1, _readings);
    }

    [Fact]
    public Task What_can_never_be_read_is_said_in_the_end() =>
        Assert.ThrowsAsync<FileNotFoundException>(() => ReadAsync(() => throw new FileNotFoundException()));

    private Task<string> ReadAsync(Func<string> verify, bool goesOn = true) => LiveLog.ReadAsync(() => [_checkpoint], () =>
    {
        _readings++;
        if (goesOn) _checkpoint++;
        return verify();
    }, found => found == "good", found => found == "unfinished", _time, TestContext.Current.CancellationToken);
}
