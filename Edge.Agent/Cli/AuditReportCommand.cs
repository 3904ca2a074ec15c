using System.CommandLine;
using System.Text;
using Edge.Agent.Transparency;
using Edge.Agent.UsePolicy;
using Edge.Storage.Audit;
using Edge.Storage.Audit.Bundles;
using Edge.Storage.Files;

namespace Edge.Agent.Cli;

/// <summary><c>audit report BUNDLE… --key VKEY… --quarter 2026Q4</c>: the transparency report of a quarter, counted from verified bundles alone. A bundle
/// that does not verify is not counted: exit code <see cref="ExitCode.Verification"/> and no report.</summary>
internal sealed class AuditReportCommand
{
    private const UnixFileMode Public = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private readonly Argument<string[]> _paths = new("BUNDLE")
        { Description = "A bundle of each box, or the folder of its log", Arity = ArgumentArity.OneOrMore };
    private readonly Option<string[]> _keys = new("--key") { Description = "The public key of a log; one for each bundle, in any order", Required = true };
    private readonly Option<string[]> _epochKeys = new("--epoch-key")
    {
        Description = "The key of a log's first epoch, where the file of its --key does not hold it in its second line; one for each, in any order",
    };
    private readonly Option<string[]> _witnesses = new("--witness") { Description = "A witness's public key: every log must have been cosigned by each" };
    private readonly Option<string> _quarter = new("--quarter") { Description = "Such as 2026Q4, in UTC", Required = true };
    private readonly Option<bool> _text = new("--text") { Description = "As plain text (what it does unless told otherwise)" };
    private readonly Option<bool> _html = new("--html") { Description = "As a web page that needs nothing but itself" };
    private readonly Option<bool> _json = new("--json") { Description = "As one JSON line" };
    private readonly Option<bool> _csv = new("--csv") { Description = "As CSV: a row for each number, a column for each box" };
    private readonly Option<string?> _out = new("--out") { Description = "Into this file instead of standard output" };
    private readonly Option<string?> _sign = new("--sign")
        { Description = "A key file (hub key): writes OUT.note beside it, a signed note over the file's hash" };
    private readonly Option<string?> _passphrase = Passphrase.Option();

    public static Command Build()
    {
        var it = new AuditReportCommand();
        var command = new Command("report", "Count what boxes did in a quarter, from their logs alone")
        {
            it._paths, it._keys, it._epochKeys, it._witnesses, it._quarter, it._text, it._html, it._json, it._csv, it._out, it._sign, it._passphrase,
        };
        command.Validators.Add(parsed =>
        {
            if (new[] { it._text, it._html, it._json, it._csv }.Count(form => parsed.GetValue(form)) > 1)
                parsed.AddError("give one of --text, --html, --json and --csv");
            if (parsed.GetValue(it._sign) is not null && parsed.GetValue(it._out) is null) parsed.AddError("--sign needs --out");
            if (parsed.GetValue(it._quarter) is { } quarter && !ReportPeriod.TryParse(quarter, out _)) parsed.AddError("--quarter must be one such as 2026Q4");
        });
        command.SetAction((parse, _) => Failure.ShowAsync(() => Task.FromResult(it.Run(parse))));
        return command;
    }

    private ExitCode Run(ParseResult parse)
    {
        if (!ReportPeriod.TryParse(parse.GetValue(_quarter)!, out var period)) return ExitCode.Usage;
        List<KnownLog> logs;
        List<NoteKey> witnesses;
        try
        {
            logs = Logs(parse.GetValue(_keys)!, parse.GetValue(_epochKeys) ?? []);
            witnesses = [.. (parse.GetValue(_witnesses) ?? []).Select(key => AuditVerifier.Witness(AuditInputs.Vkey(key)))];
        }
        catch (FormatException notKey)
        {
            return Failure.Say(ExitCode.Usage, $"--key, --epoch-key or --witness: {notKey.Message}");
        }
        var boxes = new List<ReportedBox>();
        foreach (var path in parse.GetValue(_paths)!)
        {
            if (Reach.Fault(path) is { } missing) return Failure.Say(ExitCode.Usage, $"{path}: {missing}");
            if (Count(path, logs, witnesses, period, out var refusal) is not { } box) return refusal;
            if (boxes.Any(other => other.Origin == box.Origin)) return Failure.Say(ExitCode.Usage, $"{path}: the log {box.Origin} was given twice");
            boxes.Add(box);
        }
        var report = new TransparencyReport(period, [.. boxes.OrderBy(box => box.Origin, StringComparer.Ordinal)]);
        var written = parse.GetValue(_json) ? ReportTable.Json(report) : parse.GetValue(_csv) ? ReportTable.Csv(report)
            : parse.GetValue(_html) ? PageHtml.Write(ReportPage.Of(report)) : Printable.Lines(PageText.Write(ReportPage.Of(report)));
        if (parse.GetValue(_out) is not { } file)
        {
            parse.InvocationConfiguration.Output.Write(written);
            return ExitCode.Ok;
        }
        var bytes = Encoding.UTF8.GetBytes(written);
        // Opened first: a wrong passphrase leaves no report behind that looks unsigned.
        using var key = parse.GetValue(_sign) is { } sign ? Passphrase.Open(sign, parse.GetValue(_passphrase)) : null;
        DurableFile.Write(file, bytes, Public);
        if (key is null) return ExitCode.Ok;
        var signer = report.Boxes[0].Agency;
        DurableFile.Write($"{file}.note", SignedNote.Sign($"{ReportStatement.Of(report, bytes)}", signer, key).ToBytes(), Public);
        parse.InvocationConfiguration.Output.WriteLine($"{file}.note is signed; it verifies with {new NoteKey(signer, key.Public)}");
        return ExitCode.Ok;
    }

    private static ReportedBox? Count(string path, List<KnownLog> logs, List<NoteKey> witnesses, ReportPeriod period, out ExitCode refusal)
    {
        refusal = ExitCode.Ok;
        using var bundle = Bundle.Open(path);
        if (bundle.Origin is not { } origin)
        {
            refusal = Failure.Say(ExitCode.Verification, $"{path} has no checkpoint that can be read: see audit verify");
            return null;
        }
        if (logs.FirstOrDefault(log => log.Key.Name == origin) is not { } known)
        {
            refusal = Failure.Say(ExitCode.Usage, $"{path} is of the log {origin}, and no --key is of that log");
            return null;
        }
        var tally = new BoxTally(period);
        var verified = bundle.Verify(known.Key, null, witnesses, out _, known.FirstEpoch, (_, entry) => tally.Look(entry),
            AuditInputs.Progress($"{origin}: entries counted", quiet: false));
        if (verified.Holds && verified.Checkpoint is { } checkpoint)
            return new ReportedBox(origin, checkpoint.Size, checkpoint.Root.ToString(), $"{known.Key.Id:x8}", verified.Witnessed, tally.Covered,
                tally.Figures())
            {
                EpochKeyGiven = known.FirstEpoch is not null,
            };
        var failed = verified.Checks.First(check => check.Result == CheckResult.Failed);
        refusal = Failure.Say(ExitCode.Verification, $"{path} does not verify and is not counted; check {failed.Name}: {failed.Detail}");
        return null;
    }

    private static List<KnownLog> Logs(string[] keys, string[] epochKeys)
    {
        var logs = keys.Select(key =>
        {
            var log = AuditVerifier.Log(AuditInputs.Vkey(key));
            return new KnownLog(log, AuditInputs.FirstEpoch(log, key, epochKey: null));
        }).ToList();
        foreach (var vkey in epochKeys.Select(AuditInputs.Vkey))
        {
            var at = logs.FindIndex(log => vkey.StartsWith($"{log.Key.Name}+", StringComparison.Ordinal));
            if (at < 0) throw new FormatException("an epoch's key is of a log that no --key is of");
            logs[at] = logs[at] with { FirstEpoch = AuditVerifier.FirstEpoch(vkey, logs[at].Key) };
        }
        return logs;
    }

    /// <summary>A log whose keys came from elsewhere than from the log.</summary>
    private sealed record KnownLog(NoteKey Key, NoteKey? FirstEpoch);
}
