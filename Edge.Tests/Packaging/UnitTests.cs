using System.Text.RegularExpressions;
using Edge.Agent.Cli;
using Edge.Agent.Door;
using Edge.Agent.Evaluation;
using Edge.Storage.Keys;
using Edge.Tests.Support;

namespace Edge.Tests.Packaging;

/// <summary>systemd's own judgement of the units, and what they must say.</summary>
public sealed class UnitTests
{
    private static readonly string Folder = Path.Combine(Repository.Root, "systemd");
    private static readonly string Agent = File.ReadAllText(Path.Combine(Folder, "edge-agent.service"));
    private static readonly string Vision = File.ReadAllText(Path.Combine(Folder, "edge-vision.service"));

    [Theory]
    [InlineData("edge-agent", 13)]
    [InlineData("edge-vision", 4)] // sees no network and no device until a drop-in opens it to a camera
    [InlineData("edge-vision", 5, "local-camera.conf")]
    [InlineData("edge-vision", 11, "network-camera.conf")]
    public void Systemd_rates_the_exposure_of_each_room_at_no_more_than_its_bound(string unit, int tenths, string? dropIn = null)
    {
        SystemdAnalyze.Need();
        using var folder = new TemporaryFolder();
        var copy = folder.File($"{unit}.service");
        File.Copy(Path.Combine(Folder, $"{unit}.service"), copy);
        // Offline, drop-ins beside a unit are not read: what one adds at the end is the same.
        if (dropIn is not null) File.AppendAllText(copy, File.ReadAllText(Path.Combine(Folder, dropIn)));
        var (code, said) = DebianPackage.Run(SystemdAnalyze.Program, "security", "--offline=true", "--no-pager", $"--threshold={tenths}", copy);
        Assert.True(code == 0, said);
        Assert.Matches($"Overall exposure level for {unit}.service: [01]\\.[0-9]", said);
    }

    [Theory]
    [InlineData("edge-agent")]
    [InlineData("edge-vision")]
    public void Systemd_knows_every_line_of_the_units(string unit)
    {
        SystemdAnalyze.Need();
        using var folder = new TemporaryFolder();
        foreach (var name in new[] { "edge-agent", "edge-vision" }) // the program is not installed here
            File.WriteAllText(folder.File($"{name}.service"),
                (name == "edge-agent" ? Agent : Vision).Replace("/usr/bin/edge-agent", "/bin/true", StringComparison.Ordinal));
        var (code, said) = DebianPackage.Run("env", "SYSTEMD_LOG_LEVEL=warning", SystemdAnalyze.Program, "verify", "--man=no", folder.File($"{unit}.service"));
        Assert.True(code == 0, said);
        Assert.DoesNotContain($"{unit}.service:", said, StringComparison.Ordinal);
    }

    [Fact]
    public void The_bench_starts_each_room_with_what_its_unit_gives_it()
    {
        Assert.All([Agent, Vision], unit => Assert.Equal(SettingsOf(unit), AlertBench.Settings));

        // What only forbids telemetry, dumps and other people's certificates costs nothing.
        static IEnumerable<(string, string)> SettingsOf(string unit) =>
            Regex.Matches(unit, "^Environment=(DOTNET_(?:GC|Thread).*|MALLOC.*?)=(.*)$", RegexOptions.Multiline)
                .Select(line => (line.Groups[1].Value, line.Groups[2].Value));
    }

    [Fact]
    public void What_is_found_goes_before_what_is_looked_for() => Assert.Contains("\nCPUWeight=200\n", Agent, StringComparison.Ordinal);

    [Fact]
    public void Each_is_watched_and_started_again_but_not_after_what_no_restart_mends()
    {
        Assert.All(["Type=notify", "WatchdogSec=60", "Restart=on-failure"], line => Assert.Contains($"\n{line}\n", Agent, StringComparison.Ordinal));
        Assert.All(["Type=notify", "WatchdogSec=60", "Restart=always", "OOMPolicy=continue"],
            line => Assert.Contains($"\n{line}\n", Vision, StringComparison.Ordinal));
        Assert.Contains($"\n{Final(ExitCode.Usage, ExitCode.Configuration, ExitCode.Model, ExitCode.Verification)}\n", Agent, StringComparison.Ordinal);
        Assert.Contains($"\n{Final(ExitCode.Usage, ExitCode.Model)}\n", Vision, StringComparison.Ordinal);
        // The decoders have no other leash in a service (FfmpegChild): the whole control group must be ended, as it is unless said otherwise.
        Assert.DoesNotContain("KillMode", Vision, StringComparison.Ordinal);

        static string Final(params ExitCode[] codes) => $"RestartPreventExitStatus={string.Join(' ', codes.Select(code => (int)code))}";
    }

    [Fact]
    public void The_agent_takes_its_configuration_anew_when_systemd_is_asked_to_reload_it() =>
        Assert.Contains("\nExecReload=/bin/sh -c 'kill -HUP $MAINPID'\n", Agent, StringComparison.Ordinal);

    [Fact]
    public void They_meet_at_one_door_and_neither_needs_the_other_to_start()
    {
        Assert.Contains($" --config {RunCommand.DefaultConfiguration} --door {FrontDoor.DefaultPath}\n", Agent, StringComparison.Ordinal);
        Assert.Contains($"\nUser={FrontDoor.DefaultUser}\n", Vision, StringComparison.Ordinal);
        Assert.Contains($"\nd {Path.GetDirectoryName(FrontDoor.DefaultPath)}      2750 edge-agent {FrontDoor.DefaultUser} -\n",
            File.ReadAllText(Path.Combine(Folder, "tmpfiles.conf")), StringComparison.Ordinal);
        Assert.All([Agent, Vision], unit => Assert.DoesNotMatch("(?m)^(Requires|BindsTo|PartOf)=", unit));
    }

    [Theory]
    [InlineData("^(ReadWritePaths|StateDirectory|RuntimeDirectory|CacheDirectory|LogsDirectory|ConfigurationDirectory)=")] // nothing to write
    [InlineData("^(LoadCredential|LoadCredentialEncrypted|SetCredential|EnvironmentFile)")] // no key
    public void The_room_that_sees_has_nothing_to_write_and_no_key(string never) => Assert.DoesNotMatch($"(?m){never}", Vision);

    [Fact]
    public void The_room_that_sees_has_no_network_no_device_and_no_way_to_the_box_s_files()
    {
        Assert.All(["PrivateNetwork=yes", "RestrictAddressFamilies=AF_UNIX", "IPAddressDeny=any", "PrivateDevices=yes", "ProtectSystem=strict",
            "LogNamespace=edge-vision",
                "ReadOnlyPaths=/tmp /var/tmp /dev/shm", "InaccessiblePaths=-/run/dbus", "SystemCallFilter=~io_uring_setup io_uring_enter io_uring_register",
                "SystemCallFilter=~listen accept accept4"],
            line => Assert.Contains($"\n{line}\n", Vision, StringComparison.Ordinal));
        Assert.Matches("(?m)^InaccessiblePaths=.*-/etc/edge .*-/var/lib/edge-agent ", Vision);
        var journal = File.ReadAllText(Path.Combine(Folder, "journald-vision.conf"));
        Assert.All(["Storage=volatile", "ForwardToSyslog=no", "ForwardToKMsg=no", "ForwardToConsole=no", "ForwardToWall=no"],
            line => Assert.Contains($"\n{line}\n", journal, StringComparison.Ordinal));
    }

    [Fact]
    public void No_service_waits_for_a_network_that_may_be_down() =>
        Assert.All([Agent, Vision], unit => Assert.DoesNotMatch("(?m)^(After|Wants|Requires)=.*network", unit));

    [Fact]
    public void Memory_reaches_no_core_file_no_dump_and_no_swap() => Assert.All([Agent, Vision], unit =>
    {
        Assert.All(["LimitCORE=0", "MemorySwapMax=0"], line => Assert.Contains($"\n{line}\n", unit, StringComparison.Ordinal));
        Assert.Matches("(?m)^MemoryMax=[0-9]+%$", unit);
        Assert.All(["DOTNET_EnableDiagnostics=0", "DOTNET_DbgEnableMiniDump=0", "ORT_DISABLE_TELEMETRY=1", "DOTNET_GCgen0size=200000"],
            setting => Assert.Matches($@"(?m)^Environment=(.* )?{Regex.Escape(setting)}( |$)", unit));
    });

    [Fact]
    public void The_agent_s_memory_holds_no_arena_for_each_thread_and_no_system_s_roots() =>
        Assert.All(["MALLOC_ARENA_MAX=2", "SSL_CERT_FILE=/dev/null SSL_CERT_DIR=/var/empty"],
        setting => Assert.Contains($"\nEnvironment={setting}\n", Agent, StringComparison.Ordinal));

    [Fact]
    public void The_wrapping_key_comes_as_an_encrypted_credential_by_the_name_that_the_key_folder_asks_for() =>
        Assert.Contains($"\nLoadCredentialEncrypted={KeyFolder.CredentialName}\n", Agent, StringComparison.Ordinal);
}
