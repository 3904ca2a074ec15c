using System.Diagnostics;
using System.Security.Cryptography;
using Edge.Agent.Sticks;
using Edge.Storage.Audit;
using Edge.Tests.Support;

namespace Edge.Tests.Sticks;

/// <summary>The unit's own commands at real file systems on loop devices, in the unit's own order; only root has them.</summary>
public sealed class StickDeviceTests : IAsyncDisposable
{
    private readonly StickLab _lab = new();
    private readonly TemporaryFolder _folder = new();
    private readonly List<string> _devices = [];

    private string Mounted => _folder.File("mounted");

    private string Image => _folder.File("image");

    public async ValueTask DisposeAsync()
    {
        Run("umount", "--lazy", "--quiet", Mounted);
        foreach (var device in _devices)
        {
            Run("blockdev", "--setrw", device); // a loop device would keep it for whoever has it next
            Run("losetup", "--detach", device);
        }
        await _lab.DisposeAsync();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("ext4")]
    [InlineData("vfat")]
    [InlineData("exfat")]
    public async Task A_good_order_is_answered_with_a_bundle_that_is_there_when_the_stick_is_plugged_in_elsewhere(string kind)
    {
        var stick = Make(kind, folder => File.WriteAllBytes(Path.Combine(folder, "export.order"), _lab.Order()));
        var flags = "";
        Assert.Equal(AuditOutcome.Done, await PlugInAsync(stick,
            beforeWrite: () => flags = File.ReadLines("/proc/self/mountinfo").Single(line => line.Contains(Mounted, StringComparison.Ordinal))));
        Assert.All(["rw", "nosuid", "nodev", "noexec", "nosymfollow"], flag => Assert.Contains(flag, flags.Split(' ')[5].Split(',')));
        Assert.False(Directory.Exists(Mounted));
        Succeed("mount", "-o", "ro", stick, Directory.CreateDirectory(Mounted).FullName);
        _lab.Verified(Mounted);
        Assert.Equal(3, Directory.GetFileSystemEntries(Path.Combine(Mounted, "edge")).Length);
        Assert.Equal([StickSign.Writing, StickSign.Done], _lab.Signs);
    }

    [Theory]
    [InlineData("ext4")]
    [InlineData("vfat")]
    [InlineData("exfat")]
    public async Task Not_one_byte_of_a_stick_that_is_refused_is_changed(string kind)
    {
        var stick = Make(kind, folder => File.WriteAllText(Path.Combine(folder, "export.order"), "nonsense"));
        Run("sync");
        var before = SHA256.HashData(File.ReadAllBytes(Image));
        Assert.Equal("not-an-operators", (await PlugInAsync(stick)).Reason);
        Run("sync");
        Assert.Equal(before, SHA256.HashData(File.ReadAllBytes(Image)));
    }

    [Fact]
    public async Task Links_and_devices_of_a_real_file_system_are_not_followed()
    {
        foreach (var (what, make) in new (string, Action<string>)[]
        {
            ("link", folder => File.CreateSymbolicLink(Path.Combine(folder, "export.order"), "/etc/shadow")),
            ("disk", folder => Succeed("mknod", Path.Combine(folder, "export.order"), "b", "7", "0")),
            ("pipe", folder => Succeed("mkfifo", Path.Combine(folder, "export.order"))),
        })
        {
            var reason = (await PlugInAsync(Make("ext4", make, what))).Reason;
            Assert.True(reason == "not-a-plain-file", $"{what}: {reason}"); // though the kernel itself opens no device there
        }
    }

    [Theory]
    [InlineData("ext4")]
    [InlineData("vfat")]
    public async Task A_stick_that_runs_full_is_left_without_a_bundle_and_its_order_is_finished_on_another(string kind)
    {
        var order = _lab.Order();
        var stick = Make(kind, folder => File.WriteAllBytes(Path.Combine(folder, "export.order"), order));
        Assert.Equal("stick-full", (await PlugInAsync(stick, beforeWrite: Fill)).Reason);
        Succeed("mount", "-o", "ro", stick, Directory.CreateDirectory(Mounted).FullName);
        Assert.Equal(["export.order"], Directory.GetFiles(Path.Combine(Mounted, "edge")).Select(Path.GetFileName));
        Succeed("umount", Mounted);
        Assert.Equal(AuditOutcome.Done, await PlugInAsync(Make(kind, folder => File.WriteAllBytes(Path.Combine(folder, "export.order"), order), "second")));
    }

    [Fact]
    public async Task A_write_protected_stick_is_refused_and_its_order_is_finished_once_it_is_not()
    {
        var stick = Make("ext4", folder => File.WriteAllBytes(Path.Combine(folder, "export.order"), _lab.Order()), readOnly: true);
        var before = SHA256.HashData(File.ReadAllBytes(Image));
        Assert.NotNull((await PlugInAsync(stick, writeProtected: true)).Reason);
        Assert.Equal(before, SHA256.HashData(File.ReadAllBytes(Image)));
        Assert.Equal("not-finished", Assert.Single(_lab.Exports).Outcome.Reason);
        Succeed("losetup", "--detach", stick);
        Assert.Equal(AuditOutcome.Done, await PlugInAsync(Attach(Image, readOnly: false)));
    }

    private void Fill()
    {
        foreach (var block in new[] { "64k", "4k", "512" }) Run("dd", "if=/dev/zero", $"of={Mounted}/filler-{block}", $"bs={block}", "conv=fsync");
    }

    /// <summary>Every line of the unit, as systemd would: the first that fails ends it, and what is to be done in any case is.</summary>
    private async Task<AuditOutcome> PlugInAsync(string device, Action? beforeWrite = null, bool writeProtected = false)
    {
        var unit = await File.ReadAllLinesAsync(Path.Combine(Repository.Root, "systemd", "edge-export@.service"), TestContext.Current.CancellationToken);
        var outcome = AuditOutcome.Done;
        foreach (var line in unit.Where(line => line.StartsWith("Exec", StringComparison.Ordinal)))
        {
            var (key, command) = (line[..line.IndexOf('=', StringComparison.Ordinal)], line[(line.IndexOf('=', StringComparison.Ordinal) + 1)..]);
            var isEnd = key == "ExecStopPost";
            if (!isEnd && outcome.Reason is not null) continue;
            var words = command.TrimStart('-').Replace("/dev/%I", device, StringComparison.Ordinal)
                .Replace("/run/edge-export/%i", Mounted, StringComparison.Ordinal).Split(' ');
            // A switch on a stick makes its device so for good; a loop device would let itself be talked out of it.
            if (writeProtected && words.Contains("--setrw")) continue;
            if (words is ["/usr/bin/systemctl", "--quiet", "stop", ..]) continue; // they have ended
            if (words[0] != "/usr/bin/systemctl")
            {
                if (!Run(words[0], words[1..]) && !isEnd) outcome = AuditOutcome.Refused("command-failed");
                continue;
            }
            var verb = words is ["/usr/bin/systemctl", "start", var started] ? started.Split('@', '-')[2] : throw new InvalidOperationException(line);
            if (verb == "write") beforeWrite?.Invoke();
            var step = verb switch { "offer" => await _lab.OfferAsync(root: Mounted), "write" => await _lab.WriteAsync(root: Mounted),
                _ => await _lab.EndAsync() };
            if (outcome.Reason is null) outcome = step;
        }
        return outcome;
    }

    /// <summary>A file system on a loop device.</summary>
    /// <param name="fill">Fills its folder <c>edge</c>.</param>
    private string Make(string kind, Action<string> fill, string name = "image", bool readOnly = false)
    {
        if (Environment.UserName != "root" || !File.Exists("/dev/loop-control")) Assert.Skip("loop devices are root's");
        if (!File.ReadAllText("/proc/filesystems").Contains($"\t{kind}\n", StringComparison.Ordinal) && !Run("modprobe", "--quiet", kind))
            Assert.Skip($"the kernel has no {kind}");
        var image = _folder.File(name);
        using (var file = File.Create(image)) file.SetLength(24 << 20);
        if (!Run($"mkfs.{kind}", image)) Assert.Skip($"mkfs.{kind} is not on this machine");
        Succeed("mount", "-o", "loop", image, Directory.CreateDirectory(Mounted).FullName);
        fill(Directory.CreateDirectory(Path.Combine(Mounted, "edge")).FullName);
        Succeed("umount", Mounted);
        Directory.Delete(Mounted);
        return Attach(image, readOnly);
    }

    private string Attach(string image, bool readOnly)
    {
        string[] arguments = readOnly ? ["--read-only", "--find", "--show", image] : ["--find", "--show", image];
        using var made = Process.Start(new ProcessStartInfo("losetup", arguments) { RedirectStandardOutput = true })!;
        var device = made.StandardOutput.ReadToEnd().Trim();
        made.WaitForExit();
        if (device.Length == 0) Assert.Skip("there is no loop device left");
        _devices.Add(device);
        return device;
    }

    private static void Succeed(string program, params string[] arguments) => Assert.True(Run(program, arguments), $"{program} {string.Join(' ', arguments)}");

    private static bool Run(string program, params string[] arguments)
    {
        try
        {
            using var made = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
            made.StandardError.ReadToEnd();
            made.WaitForExit();
            return made.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
