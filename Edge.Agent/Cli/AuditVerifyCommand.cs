using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Edge.Storage.Audit;
using Spectre.Console;

namespace Edge.Agent.Cli;

/// <summary><c>audit verify DIR --key VKEY</c>: verifies a log offline, from its files and the public key alone. Exit code
/// <see cref="ExitCode.Ok"/> if every check passed, <see cref="ExitCode.Verification"/> if one failed,
/// <see cref="ExitCode.Usage"/> if the folder, the key or the older checkpoint is none.</summary>
internal static class AuditVerifyCommand
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static Command Build()
    {
        var directory = new Argument<string>("DIR") { Description = "The folder of the log, or a copy of it" };
        var key = new Option<string>("--key")
        {
            Description = "The log's public key: a vkey, or a file that holds one. Get it from the agency, not from the box",
            Required = true,
        };
        var epoch = new Option<string?>("--epoch-key")
        {
            Description = "The key of the log's first epoch, as --key, where that file does not hold it in its second line: "
                + "proves that no later key has signed earlier epochs",
        };
        var older = new Option<string?>("--checkpoint")
        {
            Description = "A checkpoint kept from before: proves that nothing was rewritten since",
        };
        var witness = new Option<string[]>("--witness")
        {
            Description = "A witness's public key, as --key; may be given several times. Says how far it has cosigned this log, and fails if it has not",
        };
        var json = new Option<bool>("--json") { Description = "One JSON line instead of the table" };
        var command = new Command("verify", "Re-derive every hash of an audit log and check its signed checkpoint")
        {
            directory, key, epoch, older, witness, json,
        };
        command.SetAction((parsed, _) => Failure.ShowAsync(() => Task.FromResult(Run(parsed.GetValue(directory)!, parsed.GetValue(key)!,
            parsed.GetValue(epoch), parsed.GetValue(older),
            parsed.GetValue(witness) ?? [], parsed.GetValue(json), parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error))));
        return command;
    }

    private static ExitCode Run(string directory, string key, string? epoch, string? older, string[] witnesses, bool json, TextWriter output,
        TextWriter error)
    {
        if (!Directory.Exists(directory)) return Usage($"{directory}: no such folder");
        if (older is not null && !File.Exists(older)) return Usage($"--checkpoint {older}: no such file");
        AuditReport report;
        try
        {
            report = AuditVerifier.Verify(directory, Vkey(key), older is null ? null : ReadNote(older), [.. witnesses.Select(Vkey)],
                epoch is null ? SecondLine(key) : Vkey(epoch));
        }
        catch (FormatException notKey)
        {
            return Usage($"--key, --epoch-key or --witness: {notKey.Message}");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            error.WriteLine($"edge-agent: cannot read the log: {failure.Message}");
            return ExitCode.Storage;
        }
        if (json) WriteJson(report, output);
        else WriteTable(report, output);
        return report.Holds ? ExitCode.Ok : ExitCode.Verification;

        ExitCode Usage(string message)
        {
            error.WriteLine($"edge-agent: {message}");
            return ExitCode.Usage;
        }
    }

    private static string Vkey(string key)
    {
        // A vkey has a '+' after its name and after its hash; what has none was meant for a file.
        if (!File.Exists(key)) return key.Contains('+', StringComparison.Ordinal) ? key : throw new FormatException($"{key}: no such file, and not a vkey");
        using var file = new StreamReader(key);
        return (file.ReadLine() ?? "").Trim();
    }

    private static string? SecondLine(string key) =>
        File.Exists(key) && File.ReadLines(key).Skip(1).FirstOrDefault()?.Trim() is { Length: > 0 } second ? second : null;

    // One byte past the limit is enough to be refused as too large.
    private static byte[] ReadNote(string path)
    {
        using var file = File.OpenRead(path);
        var bytes = new byte[SignedNote.MaxBytes + 1];
        return bytes[..file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)];
    }

    private static void WriteJson(AuditReport report, TextWriter output) =>
        output.WriteLine(JsonSerializer.Serialize(new
        {
            verified = report.Holds,
            report.Checkpoint?.Origin,
            report.Checkpoint?.Size,
            Root = report.Checkpoint?.Root.ToString(),
            report.Totals,
            Cosignatures = report.Witnessed.Select(one => new { one.Witness, one.Size, one.Time, EntriesSince = one.Since }),
            Checks = report.Checks.Select(check => new
            {
                check.Name, Result = check.Result.ToString().ToLowerInvariant(), check.Detail, check.File, check.Expected,
                check.Actual, check.MoreFindings,
            }),
        }, Json));

    private static void WriteTable(AuditReport report, TextWriter output)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) });
        var toTerminal = ReferenceEquals(output, Console.Out) && !Console.IsOutputRedirected;
        if (!toTerminal) console.Profile.Width = 200;
        var table = new Table().Border(TableBorder.Rounded).AddColumns("", "check", "what was found");
        foreach (var check in report.Checks)
            table.AddRow(Mark(check.Result), check.Name, Markup.Escape(Describe(check)));
        console.Write(table);
        console.MarkupLine(report.Holds ? "[green]log verified[/]" : "[red]log NOT verified[/]");
    }

    private static string Mark(CheckResult result) => result switch
    {
        CheckResult.Passed => "[green]√[/]",
        CheckResult.Failed => "[red]×[/]",
        _ => "[grey]–[/]",
    };

    private static string Describe(AuditCheck check)
    {
        var lines = new List<string> { check.File is null ? check.Detail : $"{check.File}: {check.Detail}" };
        if (check.Expected is not null) lines.Add($"expected {check.Expected}");
        if (check.Actual is not null) lines.Add($"found    {check.Actual}");
        if (check.MoreFindings > 0) lines.Add($"and {check.MoreFindings} more like it");
        return string.Join('\n', lines);
    }
}
