using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Edge.Storage.Audit;
using Edge.Storage.Audit.Bundles;
using Edge.Storage.Files;
using Spectre.Console;

namespace Edge.Agent.Cli;

/// <summary><c>audit verify BUNDLE --key VKEY</c>: verifies a bundle, or a log's folder, offline, from its files and the public key alone. Exit code
/// <see cref="ExitCode.Ok"/> if every check passed, <see cref="ExitCode.Verification"/> if one failed or it may not be read at all (a link, a hostile name),
/// <see cref="ExitCode.Usage"/> if the bundle, a key or the older checkpoint is none.</summary>
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
        var directory = new Argument<string>("BUNDLE") { Description = "A bundle (folder or .tar), or the folder of a log" };
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
        var older = new Option<string?>("--checkpoint", "--since")
        {
            Description = "A checkpoint kept from before: proves that nothing was rewritten since",
        };
        var witness = new Option<string[]>("--witness")
        {
            Description = "A witness's public key, as --key; may be given several times. Says how far it has cosigned this log, and fails if it has not",
        };
        var auditor = AuditInputs.AuditorKeyOption();
        var passphrase = Passphrase.Option();
        var json = new Option<bool>("--json") { Description = "One JSON line instead of the table" };
        var command = new Command("verify", "Re-derive every hash of an audit log and check its signed checkpoint")
        {
            directory, key, epoch, older, witness, auditor, passphrase, json,
        };
        command.SetAction((parsed, stop) => Failure.ShowAsync(() => RunAsync(parsed.GetValue(directory)!, parsed.GetValue(key)!,
            parsed.GetValue(epoch), parsed.GetValue(older), parsed.GetValue(witness) ?? [], parsed.GetValue(auditor), parsed.GetValue(passphrase),
            parsed.GetValue(json), parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error, stop)));
        return command;
    }

    private static async Task<ExitCode> RunAsync(string path, string key, string? epoch, string? older, string[] witnesses, string? auditor,
        string? passphrase, bool json, TextWriter output, TextWriter error, CancellationToken stop)
    {
        if (Reach.Fault(path) is { } missing) return Usage($"{path}: {missing}");
        if (Elsewhere(path) is { } meant) return Usage($"{path} holds no log; did you mean {meant}?");
        if (older is not null && !File.Exists(older)) return Usage($"--checkpoint {older}: no such file");
        (AuditReport Report, LogGaps Gaps, BundleManifest? Manifest) found;
        try
        {
            var log = AuditVerifier.Log(AuditInputs.Vkey(key));
            var firstEpoch = AuditInputs.FirstEpoch(log, key, epoch);
            var known = witnesses.Select(one => AuditVerifier.Witness(AuditInputs.Vkey(one))).ToList();
            found = await LiveLog.ReadAsync(() => LiveLog.CheckpointOf(path), () =>
            {
                using var bundle = AuditInputs.Open(path, auditor, passphrase);
                var report = bundle.Verify(log, older is null ? null : AuditInputs.Note(older), known, out var gaps, firstEpoch,
                    progress: AuditInputs.Progress("entries verified", json));
                return (report, gaps, bundle.Manifest);
            }, of => of.report.Holds, of => of.report.IsUnfinished, TimeProvider.System, stop);
        }
        catch (BundleException refused)
        {
            if (json) output.WriteLine(JsonSerializer.Serialize(new { verified = false, refused = refused.Message }, Json));
            error.WriteLine($"{Failure.Program}: {Printable.Line($"{path} may not be read: {refused.Message}")}");
            return ExitCode.Verification;
        }
        catch (FormatException notKey)
        {
            return Usage($"--key, --epoch-key or --witness: {notKey.Message}");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            error.WriteLine($"{Failure.Program}: cannot read the log: {Printable.Line(failure.Message)}");
            return ExitCode.Storage;
        }
        if (json) WriteJson(found.Report, found.Manifest, found.Gaps, output);
        else WriteTable(found.Report, output);
        return found.Report.Holds ? ExitCode.Ok : ExitCode.Verification;

        ExitCode Usage(string message)
        {
            error.WriteLine($"{Failure.Program}: {message}");
            return ExitCode.Usage;
        }
    }

    // One folder too high, or too low, is the commonest slip.
    private static string? Elsewhere(string path) => !Directory.Exists(path) || File.Exists(Path.Combine(path, "checkpoint"))
        || Directory.Exists(Path.Combine(path, "tile")) ? null
        : Path.Combine(path, "audit") is var below && File.Exists(Path.Combine(below, "checkpoint")) ? below : null;

    private static void WriteJson(AuditReport report, BundleManifest? manifest, LogGaps gaps, TextWriter output) =>
        output.WriteLine(JsonSerializer.Serialize(new
        {
            verified = report.Holds,
            report.Checkpoint?.Origin,
            report.Checkpoint?.Size,
            Root = report.Checkpoint?.Root.ToString(),
            Kind = manifest?.Kind.ToString().ToLowerInvariant(),
            manifest?.Auditor,
            report.Totals,
            Gaps = gaps,
            Cosignatures = report.Witnessed.Select(one => new { one.Witness, one.Size, one.Time, EntriesSince = one.Since }),
            Checks = report.Checks.Select(check => new
            {
                check.Name, Result = check.Result.ToString().ToLowerInvariant(), check.Detail, check.File, check.Expected,
                check.Actual, check.MoreFindings,
            }),
        }, Json));

    private static void WriteTable(AuditReport report, TextWriter output)
    {
        var console = Tables.On(output);
        var table = new Table().Border(TableBorder.Rounded).AddColumns("", "check", "what was found");
        foreach (var check in report.Checks)
            table.AddRow(Mark(check.Result), check.Name, Markup.Escape(Printable.Lines(Describe(check))));
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
