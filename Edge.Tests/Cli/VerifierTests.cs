using System.Diagnostics;
using System.Text.Json;
using Edge.Agent.Cli;
using Edge.Storage.Audit;
using Edge.Tests.Audit;
using Edge.Tests.Support;

namespace Edge.Tests.Cli;

/// <summary>The auditor's program: what it can do, and that there is nothing else in it.</summary>
public sealed class VerifierTests : IDisposable
{
    private static readonly string Folder = Path.Combine(Repository.Root, "Edge.Agent/Verifier/bin/Release/net10.0");

    private readonly LogLab _lab = new();

    public VerifierTests()
    {
        using var log = _lab.Open();
        log.AppendMany(LogLab.Entries(300));
    }

    public void Dispose() => _lab.Dispose();

    private static async Task<(ExitCode Code, string Output, string Error)> RunAsync(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(Path.Combine(Folder, "edge-verify"), arguments) { RedirectStandardOutput = true,
            RedirectStandardError = true })!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken),
            process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return ((ExitCode)process.ExitCode, await output, await error);
    }

    [Fact]
    public async Task It_verifies_searches_and_counts_as_the_agent_does()
    {
        var verified = await RunAsync("verify", _lab.Directory, "--key", _lab.Vkey, "--json");
        Assert.True(verified.Code == ExitCode.Ok, verified.Error);
        Assert.True(JsonElement.Parse(verified.Output).GetProperty("verified").GetBoolean());
        Assert.Equal(300, JsonElement.Parse(verified.Output).GetProperty("size").GetInt64());
        Assert.Contains("log verified", (await RunAsync("verify", _lab.Directory, "--key", _lab.Vkey)).Output, StringComparison.Ordinal);
        Assert.Equal("60", (await RunAsync("search", _lab.Directory, "--action", "hit.*", "--count")).Output.Trim());
        var report = await RunAsync("report", _lab.Directory, "--key", _lab.Vkey, "--quarter", "2026Q1", "--json");
        Assert.True(report.Code == ExitCode.Ok, report.Error);
        using var agent = new StringWriter();
        Assert.Equal(0, await CommandTable.Build().Parse(["audit", "report", _lab.Directory, "--key", _lab.Vkey, "--quarter", "2026Q1", "--json"])
            .InvokeAsync(new System.CommandLine.InvocationConfiguration { Output = agent }, TestContext.Current.CancellationToken));
        Assert.Equal(agent.ToString(), report.Output);
    }

    [Fact]
    public async Task It_ends_with_the_agent_s_exit_codes()
    {
        var path = Path.Combine(_lab.Directory, "tile/entries/000");
        var bytes = await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);
        bytes[100] ^= 1;
        await File.WriteAllBytesAsync(path, bytes, TestContext.Current.CancellationToken);
        Assert.Equal(ExitCode.Verification, (await RunAsync("verify", _lab.Directory, "--key", _lab.Vkey)).Code);
        Assert.Equal(ExitCode.Usage, (await RunAsync("verify", _lab.Directory + "-not", "--key", _lab.Vkey)).Code);
        Assert.Equal(ExitCode.Usage, (await RunAsync("verify", _lab.Directory, "--key", "nonsense")).Code);
    }

    [Fact]
    public async Task It_has_no_agent_no_camera_and_no_model_in_it_and_no_verb_that_writes_a_key_or_an_export()
    {
        var parts = Directory.EnumerateFiles(Folder, "*", SearchOption.AllDirectories).Select(Path.GetFileName).ToList();
        Assert.DoesNotContain(parts, part => part!.Contains("edge-agent", StringComparison.OrdinalIgnoreCase) || part.Contains("OpenCv",
            StringComparison.OrdinalIgnoreCase)
            || part.Contains("onnx", StringComparison.OrdinalIgnoreCase) || part.Contains("Vision",
                StringComparison.OrdinalIgnoreCase) || part.Contains("MQTT", StringComparison.OrdinalIgnoreCase));
        var help = (await RunAsync("--help")).Output;
        Assert.All(["verify", "search", "report", "note"], verb => Assert.Contains($"  {verb} ", help, StringComparison.Ordinal));
        Assert.DoesNotContain("export", help, StringComparison.Ordinal);
        Assert.DoesNotContain("  key ", help, StringComparison.Ordinal);
    }
}
