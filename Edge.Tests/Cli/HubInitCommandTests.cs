using System.Diagnostics;
using System.Text.Json;
using Edge.Agent.Cli;
using Edge.Tests.Support;

namespace Edge.Tests.Cli;

/// <summary>Runs the real program.</summary>
public sealed class HubInitCommandTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();

    public void Dispose() => _temporary.Dispose();

    private async Task<(ExitCode Exit, string Out, string Error)> RunAsync(params string[] arguments)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "edge-agent.dll");
        using var process = Process.Start(new ProcessStartInfo("dotnet", [program, "hub", "init", _temporary.File("agency"), .. arguments])
        {
            RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, // no terminal asks
        })!;
        var cancel = TestContext.Current.CancellationToken;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(cancel), process.StandardError.ReadToEndAsync(cancel));
        await process.WaitForExitAsync(cancel);
        return ((ExitCode)process.ExitCode, await output, await error);
    }

    [Fact]
    public async Task It_makes_an_agency_says_what_it_made_and_refuses_to_make_it_twice()
    {
        var (exit, output, error) = await RunAsync("--agency", "riverton", "--box", "gate", "--broker", "broker.riverton.example:8884",
            "--look-for", "QX-98765", "--look-for", "QX98766", "--case", "C-17", "--purpose", "stolen-vehicle", "--json");
        Assert.True(exit == ExitCode.Ok, error);
        var made = JsonDocument.Parse(output).RootElement;
        Assert.Equal("riverton", made.GetProperty("agency").GetString());
        Assert.Equal(2, made.GetProperty("hotlistEntries").GetInt32());
        Assert.Equal("gate", made.GetProperty("boxes")[0].GetString());
        Assert.DoesNotContain("QX9876", output + error, StringComparison.Ordinal);
        Assert.True(File.Exists(_temporary.File("agency/to-box/gate/enrolment/box.crt")));

        (exit, _, error) = await RunAsync();
        Assert.Equal(ExitCode.Configuration, exit);
        Assert.Contains("never overwritten", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_box_it_makes_an_agency_for_simulations()
    {
        var (exit, output, error) = await RunAsync("--no-box", "--json");
        Assert.True(exit == ExitCode.Ok, error);
        Assert.Equal(0, JsonDocument.Parse(output).RootElement.GetProperty("boxes").GetArrayLength());
        Assert.False(Directory.Exists(_temporary.File("agency/to-box")));
        using (Edge.Agent.Fleet.FleetRun.OpenForSimulation(_temporary.File("agency"))) { }
        Assert.Equal(ExitCode.Usage, (await RunAsync("--no-box", "--box", "gate")).Exit);
    }

    [Fact]
    public async Task Without_a_case_or_a_purpose_nothing_is_made_and_the_plate_is_not_repeated()
    {
        var (exit, output, error) = await RunAsync("--look-for", "QX98765");
        Assert.Equal(ExitCode.Refused, exit);
        Assert.Contains("hotlist entry without case ID", error, StringComparison.Ordinal);
        Assert.DoesNotContain("QX98765", output + error, StringComparison.Ordinal);

        (exit, _, error) = await RunAsync("--look-for", "QX98765", "--case", "C-1");
        Assert.Equal(ExitCode.Refused, exit);
        Assert.Contains("hotlist entry without purpose", error, StringComparison.Ordinal);

        (exit, _, error) = await RunAsync("--look-for", "QX98765", "--case", "C-1", "--purpose", "curiosity");
        Assert.Equal(ExitCode.Refused, exit);
        Assert.Contains("purpose: is not one the policy allows", error, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_temporary.Path));
    }

    [Fact]
    public async Task Without_a_list_nobody_is_looked_for_and_it_says_how_to_begin()
    {
        var (exit, output, error) = await RunAsync("--keepers", "0");
        Assert.True(exit == ExitCode.Ok, error);
        Assert.Contains("hotlist of 0", output, StringComparison.Ordinal);
        Assert.Contains("edge-agent hub hotlist add", output, StringComparison.Ordinal);
        Assert.Contains("edge-agent hub push", output, StringComparison.Ordinal);
        using var agency = Edge.Agent.Hub.Agency.Open(_temporary.File("agency"));
        Assert.Empty(agency.Hotlists.Published(out var refused).Entries);
        Assert.Empty(refused);
    }

    [Theory, InlineData("--agency", "Riverton"), InlineData("--box", "hub"), InlineData("--broker", ":")]
    public async Task A_name_that_cannot_be_is_a_matter_of_usage(string option, string value)
    {
        var (exit, _, error) = await RunAsync(option, value);
        Assert.Equal(ExitCode.Usage, exit);
        Assert.Contains(option, error, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_temporary.Path));
    }

    [Fact]
    public async Task A_list_with_a_line_without_case_is_refused_naming_the_line()
    {
        var list = _temporary.File("list.csv");
        await File.WriteAllTextAsync(list, "plate,case,purpose,basis,source,issuer,expires\nQX98765,,stolen-vehicle,r,d,s,2099-01-01T00:00:00Z\n",
            TestContext.Current.CancellationToken);
        var (exit, _, error) = await RunAsync("--hotlist", list);
        Assert.Equal(ExitCode.Refused, exit);
        Assert.Contains("line 2", error, StringComparison.Ordinal);
        Assert.Contains("case: missing", error, StringComparison.Ordinal);
        Assert.DoesNotContain("QX98765", error, StringComparison.Ordinal);
    }
}
