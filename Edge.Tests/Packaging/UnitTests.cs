using System.Text.RegularExpressions;
using Edge.Agent.Cli;
using Edge.Storage.Keys;
using Edge.Tests.Support;

namespace Edge.Tests.Packaging;

/// <summary>systemd's own judgement of the unit, and what it must say.</summary>
public sealed class UnitTests
{
    private const string Analyze = "/usr/bin/systemd-analyze";

    private static readonly string Unit = Path.Combine(Repository.Root, "systemd", "edge-agent.service");

    [Fact]
    public void Systemd_rates_the_exposure_of_the_agent_at_1_3_or_less()
    {
        if (!File.Exists(Analyze)) Assert.Skip("systemd-analyze is not on this machine");
        var (code, said) = DebianPackage.Run(Analyze, "security", "--offline=true", "--no-pager", "--threshold=13", Unit);
        Assert.True(code == 0, said);
        Assert.Matches("Overall exposure level for edge-agent.service: [01]\\.[0-9]", said);
    }

    [Fact]
    public void Systemd_knows_every_line_of_the_unit()
    {
        if (!File.Exists(Analyze)) Assert.Skip("systemd-analyze is not on this machine");
        using var folder = new TemporaryFolder();
        var copy = folder.File("edge-agent.service"); // the program is not installed here
        File.WriteAllText(copy, File.ReadAllText(Unit).Replace("/usr/bin/edge-agent", "/bin/true", StringComparison.Ordinal));
        var (code, said) = DebianPackage.Run("env", "SYSTEMD_LOG_LEVEL=warning", Analyze, "verify", "--man=no", copy);
        Assert.True(code == 0, said);
        Assert.DoesNotContain("edge-agent.service:", said, StringComparison.Ordinal);
    }

    [Fact]
    public void It_is_watched_and_started_again_but_not_after_what_no_restart_mends()
    {
        var unit = File.ReadAllText(Unit);
        Assert.All(["Type=notify", "WatchdogSec=60", "Restart=on-failure", "OOMPolicy=continue"], line => Assert.Contains($"\n{line}\n", unit, StringComparison.Ordinal));
        ExitCode[] final = [ExitCode.Usage, ExitCode.Configuration, ExitCode.Model, ExitCode.Verification];
        Assert.Contains($"\nRestartPreventExitStatus={string.Join(' ', final.Select(code => (int)code))}\n", unit, StringComparison.Ordinal);
        // The decoders have no other leash in a service (FfmpegChild): the whole control group must be ended, as it is unless said otherwise.
        Assert.DoesNotContain("KillMode", unit, StringComparison.Ordinal);
        Assert.Contains($" --config {RunCommand.DefaultConfiguration}\n", unit, StringComparison.Ordinal);
    }

    [Fact]
    public void Memory_reaches_no_core_file_no_dump_and_no_swap()
    {
        var unit = File.ReadAllText(Unit);
        Assert.All(["LimitCORE=0", "MemorySwapMax=0"], line => Assert.Contains($"\n{line}\n", unit, StringComparison.Ordinal));
        Assert.All(["DOTNET_EnableDiagnostics=0", "DOTNET_DbgEnableMiniDump=0", "ORT_DISABLE_TELEMETRY=1", "DOTNET_GCgen0size=200000"],
            setting => Assert.Matches($@"(?m)^Environment=(.* )?{Regex.Escape(setting)}( |$)", unit));
    }

    [Fact]
    public void The_wrapping_key_comes_as_an_encrypted_credential_by_the_name_that_the_key_folder_asks_for() =>
        Assert.Contains($"\nLoadCredentialEncrypted={KeyFolder.CredentialName}\n", File.ReadAllText(Unit), StringComparison.Ordinal);
}
