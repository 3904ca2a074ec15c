using Edge.Agent.Governance;
using Edge.Agent.Publishing;
using Edge.Storage.Audit;

namespace Edge.Tests.Publishing;

public sealed class OrderAnswerTests
{
    [Fact]
    public void A_verb_that_no_box_knows_is_refused_and_not_repeated()
    {
        foreach (var verb in Duties.Verbs.Keys.Append(null)) Assert.True(Parse(verb, out _));
        foreach (var verb in (string[])["", "Search", "x\n2026  box-9  INCIDENT\u001b[31m"])
        {
            Assert.False(Parse(verb, out var reason));
            Assert.Equal("verb is not one of those that a box knows", reason);
        }
    }

    private static bool Parse(string? verb, out string reason) =>
        OrderAnswer.TryParse(new OrderAnswer("order-of-nobody-at-all", verb, AuditOutcome.Done).ToJson(), out _, out reason);
}
