using System.Text.RegularExpressions;
using Edge.Tests.Support;

namespace Edge.Tests.Packaging;

/// <summary>The unit that looks into a stick: what it may, in which order, and what it sees of the box.</summary>
public sealed class StickUnitTests
{
    private const string Analyze = "/usr/bin/systemd-analyze";

    private static readonly string Unit = Path.Combine(Repository.Root, "systemd", "edge-export@.service");

    private static string[] Lines(string key) => [.. File.ReadAllLines(Unit).Where(line => line.StartsWith(key + "=", StringComparison.Ordinal)).Select(line => line[(key.Length + 1)..])];

    [Fact]
    public void Systemd_rates_its_exposure_at_1_0_or_less_and_knows_every_line()
    {
        if (!File.Exists(Analyze)) Assert.Skip("systemd-analyze is not on this machine");
        var (code, said) = DebianPackage.Run(Analyze, "security", "--offline=true", "--no-pager", "--threshold=10", Unit);
        Assert.True(code == 0, said);
        using var folder = new TemporaryFolder();
        var copy = folder.File("edge-export@sdb1.service"); // the program is not installed here
        File.WriteAllText(copy, File.ReadAllText(Unit).Replace("/usr/bin/edge-agent", "/bin/true", StringComparison.Ordinal));
        (code, said) = DebianPackage.Run("env", "SYSTEMD_LOG_LEVEL=warning", Analyze, "verify", "--man=no", copy);
        Assert.True(code == 0, said);
        Assert.DoesNotContain("edge-export@sdb1.service:", said, StringComparison.Ordinal);
    }

    [Fact]
    public void What_has_rights_is_fixed_commands_and_what_looks_into_the_stick_has_none_to_mount()
    {
        string[] all = [.. Lines("ExecStartPre"), .. Lines("ExecStart"), .. Lines("ExecStopPost")];
        Assert.All(all, command => Assert.Equal(!command.Contains("/usr/bin/edge-agent", StringComparison.Ordinal), command.TrimStart('-').StartsWith('+')));
        Assert.Equal((["edge-stick"], ["CAP_DAC_OVERRIDE"], ["CAP_DAC_OVERRIDE"]), (Lines("User"), Lines("CapabilityBoundingSet"), Lines("AmbientCapabilities")));
        Assert.Equal(["/dev/%I rw"], Lines("DeviceAllow"));
        Assert.Contains("~@privileged @resources @mount @debug", Lines("SystemCallFilter"));
        Assert.Equal(["AF_UNIX"], Lines("RestrictAddressFamilies"));
        Assert.All(all.Where(command => command.Contains("/mount ", StringComparison.Ordinal)), command =>
        {
            Assert.Contains(" --internal-only ", command, StringComparison.Ordinal); // no helper of a file system is run
            Assert.All(["nosuid", "nodev", "noexec", "nosymfollow"], flag => Assert.Matches($@"[ ,]{flag}[ ,]", command));
        });
    }

    [Fact]
    public void The_stick_is_read_only_until_its_order_is_judged()
    {
        var before = Lines("ExecStartPre");
        Assert.Matches(@"blockdev --setro /dev/%I$", before[0]);
        Assert.Matches(@"--types vfat,exfat,ext4 --options ro,", before[1]);
        var steps = Lines("ExecStart");
        Assert.Matches("stick offer %i", steps[0]);
        Assert.All(steps[..1], step => Assert.DoesNotContain("rw", step, StringComparison.Ordinal));
        Assert.Equal(["offer", "--setrw", "remount,rw", "write", "umount"], steps.Select(step => Regex.Match(step, @"offer|--setrw|remount,rw|write|umount").Value));
        Assert.Empty(Lines("SuccessExitStatus")); // a refusal that counted as success would go on to the next step
    }

    [Fact]
    public void It_sees_of_the_box_the_program_the_socket_and_the_stick()
    {
        Assert.Equal(["/:ro,mode=0755"], Lines("TemporaryFileSystem"));
        Assert.Equal(["/usr", "-/lib", "-/lib64", "-/bin", "-/sbin", "-/etc/ld.so.cache", "-/etc/ssl/openssl.cnf", "-/run/edge-agent"],
            Lines("BindReadOnlyPaths").SelectMany(line => line.Split(' ')));
        Assert.Equal(["-/run/edge-export/%i"], Lines("BindPaths"));
    }

    [Fact]
    public void A_stick_that_is_pulled_ends_it_and_no_failed_unit_is_left() =>
        Assert.Equal((["dev-%i.device"], ["inactive-or-failed"]), (Lines("BindsTo"), Lines("CollectMode")));

    [Fact]
    public void Udev_starts_it_for_file_systems_on_USB_of_the_three_kinds_that_it_mounts()
    {
        var rule = Assert.Single(File.ReadAllLines(Path.Combine(Repository.Root, "systemd", "udev.rules")), line => line.Contains("SYSTEMD_WANTS", StringComparison.Ordinal));
        Assert.All(["""SUBSYSTEM=="block",""", """ENV{ID_BUS}=="usb",""", """ENV{ID_FS_USAGE}=="filesystem",""", """ENV{ID_FS_TYPE}=="vfat|exfat|ext4",""", """TAG+="systemd",""",
            """ENV{SYSTEMD_WANTS}+="edge-export@%k.service" """.TrimEnd()], part => Assert.Contains(part, rule, StringComparison.Ordinal));
        Assert.DoesNotMatch("RUN|PROGRAM|IMPORT", rule);
    }
}
