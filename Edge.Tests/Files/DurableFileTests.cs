using Edge.Storage.Files;
using Edge.Tests.Support;

namespace Edge.Tests.Files;

public sealed class DurableFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_file_is_replaced_whole_and_for_its_owner_only()
    {
        var path = _folder.File("a");
        DurableFile.Write(path, "first, and longer"u8);
        DurableFile.Write(path, "second"u8);
        Assert.Equal("second"u8, File.ReadAllBytes(path));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        Assert.Equal([path], Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void A_rest_of_an_interrupted_write_does_no_harm()
    {
        File.WriteAllText(_folder.File("a.tmp"), "half of something else");
        DurableFile.Write(_folder.File("a"), "whole"u8);
        Assert.Equal("whole"u8, File.ReadAllBytes(_folder.File("a")));
    }

    [Fact]
    public void Neither_a_link_nor_an_open_file_that_somebody_left_in_the_way_is_written_to()
    {
        File.WriteAllText(_folder.File("elsewhere"), "theirs");
        File.CreateSymbolicLink(_folder.File("a.tmp"), _folder.File("elsewhere"));
        DurableFile.Write(_folder.File("a"), "secret"u8);
        File.CreateSymbolicLink(_folder.File("b.tmp"), _folder.File("elsewhere"));
        DurableFile.Write(_folder.File("b"), stream => stream.Write("secret"u8));
        Assert.Equal("theirs", File.ReadAllText(_folder.File("elsewhere")));

        using (var open = File.Create(_folder.File("c.tmp")))
        {
            File.SetUnixFileMode(_folder.File("c.tmp"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite);
            DurableFile.Write(_folder.File("c"), "secret"u8);
            Assert.Equal(0, open.Length);
        }
        Assert.All(["a", "b", "c"], name =>
        {
            Assert.Equal("secret", File.ReadAllText(_folder.File(name)));
            Assert.Null(new FileInfo(_folder.File(name)).LinkTarget);
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_folder.File(name)));
        });
    }

    [Fact]
    public void What_lies_behind_a_link_is_not_destroyed()
    {
        File.WriteAllText(_folder.File("elsewhere"), "theirs");
        File.CreateSymbolicLink(_folder.File("key"), _folder.File("elsewhere"));
        Assert.Throws<IOException>(() => DurableFile.Destroy(_folder.File("key")));
        Assert.Equal("theirs", File.ReadAllText(_folder.File("elsewhere")));
    }

    [Fact]
    public void A_folder_that_is_not_there_is_named()
    {
        var missing = _folder.File("missing");
        Assert.Contains(missing, Assert.Throws<IOException>(() => DurableFile.SyncFolder(missing)).Message, StringComparison.Ordinal);
        Assert.Throws<DirectoryNotFoundException>(() => DurableFile.Write(Path.Combine(missing, "a"), "x"u8));
    }

    [Fact]
    public void A_lock_is_held_by_one_opener_until_it_is_disposed()
    {
        using (var first = FolderLock.TryTake(_folder.Path))
        {
            Assert.NotNull(first);
            Assert.Null(FolderLock.TryTake(_folder.Path));
        }
        using var next = FolderLock.TryTake(_folder.Path);
        Assert.NotNull(next);
    }
}
