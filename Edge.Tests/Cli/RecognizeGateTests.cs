using Edge.Agent.Cli;
using Edge.Tests.Evaluation;
using Edge.Tests.Support;

namespace Edge.Tests.Cli;

public sealed class RecognizeGateTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("--evidence: these models have a calibration; give --maximum-wrong-read-rate instead", "--evidence", "0.5")]
    [InlineData("give one", "--evidence", "0.5", "--maximum-wrong-read-rate", "0.02")]
    public async Task A_gate_that_is_not_these_models_own_is_a_mistake_of_whoever_typed_it(string says, params string[] gate)
    {
        Specimens.Blank(_folder.File("a.jpg"));
        var ended = await EdgeAgent.RunAsync(["recognize", _folder.File("a.jpg"), .. gate]);
        Assert.Equal(ExitCode.Usage, ended.Code);
        Assert.Contains(says, ended.Error, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();
}
