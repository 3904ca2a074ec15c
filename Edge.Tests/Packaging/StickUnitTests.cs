using System.Text.RegularExpressions;
using Edge.Tests.Support;

namespace Edge.Tests.Packaging;

/// <summary>The unit that looks into a stick: what it may, in which order, and what it sees of the box.</summary>
public sealed class StickUnitTests
{
    private const string Mounting = "edge-export", Looking = "edge-stick";

    private static string Unit(string name) => Path.Combine(Repository.Root, "systemd", $"{name}@.service");

    private static string[] Lines(string unit, string key) =>
        [.. File.ReadAllLines(Unit(unit)).Where(line => line.StartsWith(key + "=", StringComparison.Ordinal)).Select(line => line[(key.Length + 1)..])];

    private static string Line(string unit, string key) => Assert.Single(Lines(unit, key));

    [Theory]
    [InlineData(Looking, 10)]
    [InlineData(Mounting, 40)]
    public void Systemd_knows_every_line_and_rates_the_exposure_of_what_looks_into_the_stick_at_1_0_or_less(string unit, int tenths)
    {
        SystemdAnalyze.Need();
        var (code, said) = DebianPackage.Run(SystemdAnalyze.Program, "security", "--offline=true", "--no-pager", $"--threshold={tenths}", Unit(unit));
        Assert.True(code == 0, said);
        using var folder = new TemporaryFolder();
        var copy = folder.File($"{unit}@sdb1.service"); // the program is not installed here
        File.WriteAllText(copy, File.ReadAllText(Unit(unit)).Replace("/usr/bin/edge-agent", "/bin/true", StringComparison.Ordinal));
        (code, said) = DebianPackage.Run("env", "SYSTEMD_LOG_LEVEL=warning", SystemdAnalyze.Program, "verify", "--man=no", copy);
        Assert.True(code == 0, said);
        Assert.DoesNotContain($"{unit}@sdb1.service:", said, StringComparison.Ordinal);
    }

    [Fact]
    public void What_has_rights_is_fixed_commands_and_what_looks_into_the_stick_has_none_to_mount()
    {
        string[] all = [.. Lines(Mounting, "ExecStart"), .. Lines(Mounting, "ExecStopPost")];
        Assert.All(all, command => Assert.Matches("^-?/usr/s?bin/(blockdev|mount|umount|rmdir|systemctl) ", command));
        Assert.Equal(("CAP_SYS_ADMIN", "/dev/%I rw"), (Line(Mounting, "CapabilityBoundingSet"), Line(Mounting, "DeviceAllow")));
        Assert.All(all.Where(command => command.Contains("/mount ", StringComparison.Ordinal)), command =>
        {
            Assert.Contains(" --internal-only ", command, StringComparison.Ordinal); // no helper of a file system is run
            Assert.All(["nosuid", "nodev", "noexec", "nosymfollow"], flag => Assert.Matches($@"[ ,]{flag}[ ,]", command));
        });
        // What is mounted in a file system of its own nobody else sees.
        Assert.DoesNotMatch("(?m)^(Private|Protect|TemporaryFileSystem|Bind(Paths|ReadOnlyPaths)|ReadOnly|Inaccessible)", File.ReadAllText(Unit(Mounting)));

        Assert.Equal(["/usr/bin/edge-agent stick %i"], Lines(Looking, "ExecStart"));
        Assert.Equal(("edge-stick", "CAP_DAC_OVERRIDE", "CAP_DAC_OVERRIDE"),
            (Line(Looking, "User"), Line(Looking, "CapabilityBoundingSet"), Line(Looking, "AmbientCapabilities")));
        Assert.Contains("~@privileged @resources @mount @debug", Lines(Looking, "SystemCallFilter"));
        Assert.Equal(("AF_UNIX", "yes"), (Line(Looking, "RestrictAddressFamilies"), Line(Looking, "PrivateDevices")));
    }

    [Fact]
    public void The_stick_is_read_only_until_its_order_is_judged()
    {
        var steps = Lines(Mounting, "ExecStart");
        Assert.Equal(["--setro", "--options ro,", "offer-%i", "--setrw", "remount,rw", "write-%i", "umount"],
            steps.Select(step => Regex.Match(step, "--setro|--options ro,|offer-%i|--setrw|remount,rw|write-%i|umount").Value));
        Assert.Contains("--types vfat,exfat,ext4 ", steps[1], StringComparison.Ordinal);
        Assert.Matches("end-%i.service$", Lines(Mounting, "ExecStopPost")[^1]);
        Assert.Empty(Lines(Looking, "SuccessExitStatus")); // a refusal that counted as success would go on to the next step
    }

    [Fact]
    public void What_looks_into_the_stick_sees_of_the_box_the_program_the_socket_and_the_stick()
    {
        Assert.Equal(["/run/edge-stick"], Lines(Looking, "RootDirectory"));
        Assert.Matches("(?m)^d /run/edge-stick +0755 root +root +-$", File.ReadAllText(Path.Combine(Repository.Root, "systemd", "tmpfiles.conf")));
        Assert.Equal(["/usr", "-/lib", "-/lib64", "-/bin", "-/sbin", "-/etc/ld.so.cache", "-/etc/ssl/openssl.cnf", "-/run/edge-agent"],
            Lines(Looking, "BindReadOnlyPaths").SelectMany(line => line.Split(' ')));
        Assert.Equal(["-/run/edge-export"], Lines(Looking, "BindPaths"));
    }

    [Fact]
    public void A_stick_that_is_pulled_ends_it_and_no_failed_unit_is_left() =>
        Assert.Equal(("dev-%i.device", "inactive-or-failed", "inactive-or-failed"),
            (Line(Mounting, "BindsTo"), Line(Mounting, "CollectMode"), Line(Looking, "CollectMode")));

    [Fact]
    public void Udev_starts_it_for_file_systems_on_USB_of_the_three_kinds_that_it_mounts()
    {
        var rule = Assert.Single(File.ReadAllLines(Path.Combine(Repository.Root, "systemd", "udev.rules")),
            line => line.Contains("SYSTEMD_WANTS", StringComparison.Ordinal));
        Assert.All(["""SUBSYSTEM=="block",""", """ENV{ID_BUS}=="usb",""", """ENV{ID_FS_USAGE}=="filesystem",""", """ENV{ID_FS_TYPE}=="vfat|exfat|ext4",""",
            """TAG+="systemd",""",
            """ENV{SYSTEMD_WANTS}+="edge-export@%k.service" """.TrimEnd()], part => Assert.Contains(part, rule, StringComparison.Ordinal));
        Assert.DoesNotMatch("RUN|PROGRAM|IMPORT", rule);
    }
}
