using Edge.Agent.Commissioning;
using Edge.Tests.Support;

namespace Edge.Tests.Commissioning;

/// <summary>Where plates are shown to nobody: <c>recognize</c> and <c>demo</c> ask this before they open anything.</summary>
public sealed class EnrolledTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void A_bare_machine_is_no_box() => Assert.False(Here());

    [Theory]
    [InlineData("etc")]
    [InlineData("state")]
    public void A_box_is_seen_by_a_user_who_may_not_look_into_its_folders(string folder)
    {
        Directory.CreateDirectory(_folder.File(folder), UnixFileMode.None);
        Assert.True(Here());
    }

    public void Dispose() => _folder.Dispose();

    private bool Here() => Enrolled.Here(_folder.File("etc"), _folder.File("state"));
}
