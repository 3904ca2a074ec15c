namespace Edge.Tests.Support;

/// <summary>That a power cut takes what it must: otherwise nothing that survives one shows anything.</summary>
public sealed class MountedDiskTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.5)]
    [InlineData(1.0)]
    public void What_was_flushed_is_there_after_a_cut_what_was_only_written_is_not_and_the_file_system_is_whole(double chance)
    {
        MountedDisk.Need();
        using var disk = new MountedDisk(_folder.Path, mebibytes: 32);
        var content = new byte[100_000];
        new Random(1).NextBytes(content);
        disk.PowerOn();
        Write("flushed", flush: true);
        Write("written", flush: false); // in the kernel's memory alone
        disk.Cut();
        disk.Lose(chance, new Random(2));
        disk.PowerOn();
        Assert.Equal(content, File.ReadAllBytes(Path.Combine(disk.Root, "flushed")));
        Assert.False(File.Exists(Path.Combine(disk.Root, "written")));
        disk.PowerOff();
        Assert.Equal("", disk.Check());

        void Write(string name, bool flush)
        {
            using var file = File.Create(Path.Combine(disk.Root, name));
            file.Write(content);
            file.Flush(flush);
        }
    }

    [Fact]
    public void What_the_disk_was_given_and_not_told_to_flush_is_lost_kept_or_torn()
    {
        var survived = new HashSet<int>();
        MountedDisk.Need();
        using var disk = new MountedDisk(_folder.Path, mebibytes: 16);
        for (var seed = 0; seed < 20; seed++)
        {
            disk.PowerOn();
            disk.Flush();
            disk.Write(8 << 20, Enumerable.Repeat((byte)(seed + 1), 4096).ToArray());
            disk.Cut();
            disk.Lose(chance: 0.5, new Random(seed));
            survived.Add(disk.Everything.Slice(8 << 20, 4096).Count((byte)(seed + 1)) / 512);
        }
        Assert.Contains(survived, sectors => sectors is > 0 and < 8);
    }
}
