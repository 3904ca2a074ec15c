using Edge.Agent.Commissioning;
using Edge.Tests.Support;

namespace Edge.Tests.Commissioning;

/// <summary>Where plates are shown to nobody: <c>recognize</c> and <c>demo</c> ask this before they open anything.</summary>
public sealed class EnrolledTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void A_bare_machine_is_no_box() => Assert.False(Enrolled.Here(_folder.File("edge-agent.json"), _folder.Path));

    [Fact]
    public void A_configured_box_is_one_wherever_its_state_lies()
    {
        File.WriteAllText(_folder.File("edge-agent.json"), "{}");
        Assert.True(Enrolled.Here(_folder.File("edge-agent.json"), _folder.File("state")));
    }

    [Fact]
    public void A_folder_with_a_boxs_keys_is_one()
    {
        Directory.CreateDirectory(_folder.File("keys"));
        Assert.True(Enrolled.Here(_folder.File("edge-agent.json"), _folder.Path));
    }

    public void Dispose() => _folder.Dispose();
}
