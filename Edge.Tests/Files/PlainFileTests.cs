using System.Diagnostics;
using Edge.Storage.Files;
using Edge.Storage.Trust;
using Edge.Tests.Support;

namespace Edge.Tests.Files;

public sealed class PlainFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void A_plain_file_is_read()
    {
        File.WriteAllText(_folder.File("plain"), "content");
        using var reader = new StreamReader(PlainFile.OpenRead(_folder.File("plain")));
        Assert.Equal("content", reader.ReadToEnd());
    }

    [Fact]
    public async Task A_pipe_a_link_a_folder_and_nothing_at_all_are_refused_at_once()
    {
        File.WriteAllText(_folder.File("plain"), "content");
        File.CreateSymbolicLink(_folder.File("link"), _folder.File("plain"));
        Directory.CreateDirectory(_folder.File("folder"));
        using (var mkfifo = Process.Start("mkfifo", _folder.File("pipe"))) await mkfifo.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.All(["pipe", "link", "folder"], name => Assert.Throws<IOException>(() => PlainFile.OpenRead(_folder.File(name))));
        Assert.Throws<FileNotFoundException>(() => PlainFile.OpenRead(_folder.File("nothing")));
    }

    [Fact]
    public async Task A_pipe_among_the_signed_files_is_refused_by_name()
    {
        using (var mkfifo = Process.Start("mkfifo", _folder.File("timestamp.json"))) await mkfifo.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal("timestamp.json", Assert.Throws<TrustException>(() => TrustSource.Folder(_folder.Path)("timestamp.json", 100)).File);
    }

    public void Dispose() => _folder.Dispose();
}
