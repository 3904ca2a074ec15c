using Edge.Tests.Support;
using Edge.Vision.Capture;

namespace Edge.Tests.Capture;

public sealed class OpenCvTests : IDisposable
{
    private readonly TemporaryFolder _program = new();

    public void Dispose() => _program.Dispose();

    [Fact]
    public void A_build_without_the_library_says_so_and_where_it_belongs()
    {
        var (says, mend) = OpenCv.Fault(_program.Path + "/");
        Assert.StartsWith("this build has no OpenCV for ", says, StringComparison.Ordinal);
        Assert.EndsWith($" into {_program.Path}", mend, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("libOpenCvSharpExtern.so")]
    [InlineData("runtimes/linux-x64/native/libOpenCvSharpExtern.so")]
    public void Where_it_lies_and_does_not_load_what_it_loads_is_to_be_installed(string place)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_program.File(place))!);
        File.WriteAllBytes(_program.File(place), []);
        Assert.StartsWith("apt-get install ", OpenCv.Fault(_program.Path).Mend, StringComparison.Ordinal);
    }
}
