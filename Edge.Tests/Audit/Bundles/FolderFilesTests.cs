using Edge.Storage.Audit.Bundles;
using Edge.Tests.Support;

namespace Edge.Tests.Audit.Bundles;

public sealed class FolderFilesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_file_that_a_running_log_has_renamed_since_it_was_listed_is_gone_and_no_link()
    {
        File.WriteAllText(_folder.File("checkpoint.tmp"), "");
        var listed = new DirectoryInfo(_folder.Path).EnumerateFileSystemInfos().Single();
        File.Move(_folder.File("checkpoint.tmp"), _folder.File("checkpoint"));
        Assert.Null(listed.LinkTarget);
        Assert.True(FolderFiles.Gone(listed));
        Assert.False(FolderFiles.Gone(new FileInfo(_folder.File("checkpoint"))));
    }

    [Fact]
    public void A_tile_that_goes_between_the_listing_of_a_running_log_and_its_reading_was_never_there()
    {
        var path = _folder.File("tile/entries/000.p/7");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, "seven");
        using var files = new FolderFiles(_folder.Path, listed: () => File.Delete(path));
        Assert.Empty(files.Names);
        Assert.Null(files.Read("tile/entries/000.p/7", 100));
    }

    [Theory]
    [InlineData("checkpoint")]
    [InlineData("nowhere")]
    [InlineData("..")]
    public void Every_link_is_refused_wherever_it_leads(string target)
    {
        File.WriteAllText(_folder.File("checkpoint"), "");
        File.CreateSymbolicLink(_folder.File("older"), target);
        Assert.Contains("older is a link", Assert.Throws<BundleException>(() => new FolderFiles(_folder.Path)).Message, StringComparison.Ordinal);
    }
}
