using Edge.Agent.Evaluation;

namespace Edge.Tests.Evaluation;

public sealed class GoalRowTests
{
    [Fact]
    public void The_ratio_is_of_what_was_measured_to_what_was_measured_beside_it_unless_it_was_measured_pair_by_pair()
    {
        Assert.Equal(0.25, new GoalRow("a", "b") { Value = 10, Beside = 40 }.Ratio);
        Assert.Equal(0.3, new GoalRow("a", "b") { Value = 10, Beside = 40, Ratio = 0.3 }.Ratio);
        Assert.Null(new GoalRow("a", "b") { Value = 10 }.Ratio);
        Assert.Null(new GoalRow("a", "b") { Missing = "no film" }.Ratio);
    }

    [Fact]
    public void Rounds_have_a_middle_a_least_and_a_most() => Assert.Equal(new Rounds(3, 1, 9), Rounds.Of([9, 1, 3]));
}
