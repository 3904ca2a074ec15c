using System.CommandLine;
using System.Text.Json;
using Edge.Agent.Cli;
using Edge.Storage.Audit;
using Edge.Tests.Audit;

namespace Edge.Tests.Cli;

public sealed class AuditVerifyCommandTests : IDisposable
{
    private readonly LogLab _lab = new();

    public AuditVerifyCommandTests() => _lab.Fill(300);

    public void Dispose() => _lab.Dispose();

    [Fact]
    public async Task A_whole_log_is_a_table_of_checks_and_exit_code_0()
    {
        var (code, output, _) = await Run(_lab.Directory, "--key", _lab.Vkey);
        Assert.Equal(ExitCode.Ok, code);
        Assert.Contains("log verified", output, StringComparison.Ordinal);
        Assert.Contains("conservation", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_key_may_stand_in_a_file_and_an_older_checkpoint_may_be_given()
    {
        var older = Path.Combine(_lab.Directory, "../older");
        File.Copy(Path.Combine(_lab.Directory, "checkpoint"), older);
        var vkey = Path.Combine(_lab.Directory, "../audit.vkey");
        await File.WriteAllTextAsync(vkey, _lab.Vkey + "\n", TestContext.Current.CancellationToken);
        _lab.Fill(5);
        Assert.Equal(ExitCode.Ok, (await Run(_lab.Directory, "--key", vkey, "--checkpoint", older)).Code);
    }

    [Fact]
    public async Task A_file_on_a_stick_that_bears_the_key_as_its_name_is_not_read_in_its_place()
    {
        // As where an auditor stands in a folder that somebody else has filled; here by a path from the root, because the tests share one working folder.
        var name = Path.Combine(Path.GetFullPath(Path.Combine(_lab.Directory, "..")), "named");
        var key = new NoteKey(name, _lab.Key.Public).ToString();
        using var other = Edge.Storage.Keys.SigningKey.Create();
        Directory.CreateDirectory(Path.GetDirectoryName(key)!);
        await File.WriteAllTextAsync(key, $"{new NoteKey(name, other.Public)}\n{new NoteKey(name, other.Public)}\n", TestContext.Current.CancellationToken);
        Assert.Equal(key, AuditInputs.Vkey(key));
        Assert.True(NoteKey.TryParse(key, out var log));
        Assert.Null(AuditInputs.FirstEpoch(log!, key, epochKey: null));
    }

    [Fact]
    public async Task The_key_may_be_what_the_agency_keeps_of_the_box()
    {
        var box = Path.Combine(_lab.Directory, "../box-1.json");
        await File.WriteAllTextAsync(box, JsonSerializer.Serialize(new { agency = "riverton", box = "box-1", log = _lab.Vkey }),
            TestContext.Current.CancellationToken);
        Assert.Equal(ExitCode.Ok, (await Run(_lab.Directory, "--key", box)).Code);
        await File.WriteAllTextAsync(box, "{", TestContext.Current.CancellationToken);
        Assert.Equal(ExitCode.Usage, (await Run(_lab.Directory, "--key", box)).Code);
    }

    [Fact]
    public async Task A_folder_above_the_log_is_not_verified_but_corrected()
    {
        var above = Directory.CreateDirectory(Path.Combine(_lab.Directory, "../kept")).FullName;
        Directory.CreateSymbolicLink(Path.Combine(above, "audit"), _lab.Directory);
        var (code, _, error) = await Run(above, "--key", _lab.Vkey);
        Assert.Equal(ExitCode.Usage, code);
        Assert.Contains($"did you mean {Path.Combine(above, "audit")}?", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_spoiled_tile_is_named_with_both_hashes_and_exit_code_6()
    {
        var path = Path.Combine(_lab.Directory, "tile/0/000");
        var bytes = await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);
        bytes[40] ^= 1;
        await File.WriteAllBytesAsync(path, bytes, TestContext.Current.CancellationToken);

        var (code, output, _) = await Run(_lab.Directory, "--key", _lab.Vkey, "--json");
        Assert.Equal(ExitCode.Verification, code);
        using var json = JsonDocument.Parse(output);
        Assert.False(json.RootElement.GetProperty("verified").GetBoolean());
        var failed = Assert.Single(json.RootElement.GetProperty("checks").EnumerateArray(),
            check => check.GetProperty("result").GetString() == "failed");
        Assert.Equal("tile/0/000", failed.GetProperty("file").GetString());
        Assert.Equal(Convert.ToBase64String(bytes[32..64]), failed.GetProperty("actual").GetString());
        Assert.True(Sha256Hash.TryParse(failed.GetProperty("expected").GetString(), out _));

        var table = await Run(_lab.Directory, "--key", _lab.Vkey);
        Assert.Contains("log NOT verified", table.Output, StringComparison.Ordinal);
        Assert.Contains(failed.GetProperty("expected").GetString()!, table.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_without_a_checkpoint_is_not_verified_and_says_so()
    {
        var empty = Directory.CreateDirectory(Path.Combine(_lab.Directory, "../empty")).FullName;
        var (code, output, _) = await Run(empty, "--key", _lab.Vkey);
        Assert.Equal(ExitCode.Verification, code);
        Assert.Contains("there is no checkpoint", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no such file or folder", "/nowhere", "--key", "VKEY")]
    [InlineData("not a vkey", "DIR", "--key", "nonsense")]
    [InlineData("/nowhere/log.pub: no such file", "DIR", "--key", "/nowhere/log.pub")]
    [InlineData("no such file", "DIR", "--key", "VKEY", "--checkpoint", "/nowhere")]
    public async Task What_cannot_be_verified_at_all_is_a_matter_of_usage(string message, params string[] args)
    {
        var (code, output, error) = await Run([.. args.Select(arg => arg switch
        {
            "DIR" => _lab.Directory, "VKEY" => _lab.Vkey, _ => arg,
        })]);
        Assert.Equal(ExitCode.Usage, code);
        Assert.Contains(message, error, StringComparison.Ordinal);
        Assert.Empty(output);
    }

    private static async Task<(ExitCode Code, string Output, string Error)> Run(params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var parsed = CommandTable.Build().Parse(["audit", "verify", .. args]);
        Assert.Empty(parsed.Errors);
        var code = await parsed.InvokeAsync(new InvocationConfiguration { Output = output, Error = error },
            TestContext.Current.CancellationToken);
        return ((ExitCode)code, output.ToString(), error.ToString());
    }
}
