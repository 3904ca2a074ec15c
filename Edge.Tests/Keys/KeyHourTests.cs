using CsCheck;
using Edge.Storage.Keys;

namespace Edge.Tests.Keys;

public sealed class KeyHourTests
{
    private static readonly Gen<DateTimeOffset> Times = Gen.DateTime[new DateTime(2000, 1, 1), new DateTime(2100, 1, 1)]
        .Select(time => new DateTimeOffset(DateTime.SpecifyKind(time, DateTimeKind.Utc)));

    [Fact]
    public void An_expiry_lies_after_the_start_of_its_hour_and_not_after_its_end() => Times.Sample(expires =>
        KeyHour.OfExpiry(expires) is var hour && hour.Start < expires && expires <= hour.End);

    [Fact]
    public void What_is_written_is_read_back() => Times.Sample(expires =>
        KeyHour.OfExpiry(expires) is var hour && KeyHour.TryParse(hour.ToString(), out var read) && read == hour);

    [Fact]
    public void The_last_hour_within_a_retention_is_whole_and_never_later() => Gen.Select(Times, Gen.Int[1, 21 * 24]).Sample((now, hours) =>
    {
        var expires = KeyHour.LastWithin(now, TimeSpan.FromHours(hours));
        var lived = expires - now;
        return expires.Ticks % TimeSpan.TicksPerHour == 0 && lived <= TimeSpan.FromHours(hours) && lived > TimeSpan.FromHours(hours - 1)
            && KeyHour.OfExpiry(expires).End == expires;
    });

    [Fact]
    public void An_offset_makes_no_difference() =>
        Assert.Equal("2026-11-23T18", KeyHour.OfExpiry(new DateTimeOffset(2026, 11, 23, 20, 30, 0, TimeSpan.FromHours(2))).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("2026-11-23")]
    [InlineData("2026-11-23T24")]
    [InlineData("2026-11-23t18")]
    [InlineData("2026-1-23T18")]
    [InlineData(" 2026-11-23T18")]
    [InlineData("2026-11-23T18 ")]
    [InlineData("2026-11-23T18.tmp")]
    [InlineData("2026-02-30T18")]
    [InlineData("٢٠٢٦-11-23T18")]
    public void Any_other_spelling_is_refused(string text) => Assert.False(KeyHour.TryParse(text, out _));
}
