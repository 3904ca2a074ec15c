using Edge.Agent.Governance;
using Edge.Agent.Hub;
using Edge.Tests.Matching;
using Edge.Tests.Support;

namespace Edge.Tests.Hub;

public sealed class NotifyDeadlineTests
{
    private static readonly DateTimeOffset By = SampleBox.Notice.NotifyBy;
    private static readonly Policy WithOffice = Lists.Policy with { Notify = new Office("the oversight board", "board@city.example", null, null, null) };

    [Theory]
    [InlineData(23 * 60, "23 hours left")]
    [InlineData(49 * 60, "2 days left")]
    [InlineData(61, "1 hour left")]
    [InlineData(59, "59 minutes left")]
    [InlineData(0.5, "less than a minute left")]
    [InlineData(-1, "OVERDUE since 1 minute")]
    [InlineData(-72 * 60, "OVERDUE since 3 days")]
    public void Whoever_is_on_duty_reads_whom_to_tell_and_how_much_time_is_left(double minutes, string left) =>
        Assert.Equal($"tell the oversight board by 2026-03-05 04:06 UTC, {left}",
            NotifyDeadline.Of(SampleBox.Notice, WithOffice, By.AddMinutes(-minutes)).ToString());

    [Fact]
    public void Without_an_office_in_the_policy_the_agency_is_to_be_told() =>
        Assert.Equal("riverton", NotifyDeadline.Of(SampleBox.Notice, Lists.Policy, By).Office);
}
