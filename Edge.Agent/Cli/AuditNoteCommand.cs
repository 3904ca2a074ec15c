using System.CommandLine;
using System.Text.Json.Nodes;
using Edge.Agent.Transparency;
using Edge.Storage.Audit;

namespace Edge.Agent.Cli;

/// <summary><c>audit note REPORT --key VKEY</c>: checks the signed note beside a transparency report: that the agency signed this very file.</summary>
internal static class AuditNoteCommand
{
    public static Command Build()
    {
        var report = new Argument<string>("REPORT") { Description = "The report, in any of its forms; its note lies beside it as REPORT.note" };
        var key = new Option<string>("--key")
        {
            Description = "The signer's public key as audit report --sign printed it, or a file that holds it: from the agency, not from beside the report",
            Required = true,
        };
        var note = new Option<string?>("--note") { Description = "The note, where it lies elsewhere" };
        var json = new Option<bool>("--json") { Description = "One JSON line instead of text" };
        var command = new Command("note", "Check that an agency signed a transparency report") { report, key, note, json };
        command.SetAction((parse, _) => Failure.ShowAsync(() => Task.FromResult(Run(parse.GetValue(report)!, parse.GetValue(key)!,
            parse.GetValue(note) ?? $"{parse.GetValue(report)}.note", parse.GetValue(json), parse.InvocationConfiguration.Output))));
        return command;
    }

    private static ExitCode Run(string report, string vkey, string noteFile, bool json, TextWriter output)
    {
        foreach (var file in new[] { report, noteFile })
            if (!File.Exists(file)) return Failure.Say(ExitCode.Usage, $"{file}: no such file");
        NoteKey? key;
        try
        {
            if (!NoteKey.TryParse(AuditInputs.Vkey(vkey), out key) || key!.Type != NoteKeyType.Ed25519)
                return Failure.Say(ExitCode.Usage, "--key is not a signer's public key: name+8 hex digits+base64");
        }
        catch (FormatException notKey)
        {
            return Failure.Say(ExitCode.Usage, $"--key: {notKey.Message}");
        }
        var verdict = ReportStatement.Check(AuditInputs.Note(noteFile), File.ReadAllBytes(report), key, out var statement);
        if (json)
            output.WriteLine(new JsonObject
            {
                ["verified"] = verdict is null, ["refused"] = verdict, ["signer"] = key.Name, ["quarter"] = statement?.Period,
                ["logs"] = new JsonArray([.. (statement?.Logs ?? []).Select(log => (JsonNode)new JsonObject { ["origin"] = log.Origin, ["size"] = log.Size,
                    ["root"] = log.Root })]),
            }.ToJsonString(new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }));
        if (verdict is not null) return Failure.Say(ExitCode.Verification, $"{report}: {verdict}");
        if (!json)
        {
            output.WriteLine(Printable.Line($"{key.Name} signed this report of {statement!.Period}, counted from:"));
            foreach (var (origin, size, root) in statement.Logs)
                output.WriteLine(Printable.Line(FormattableString.Invariant($"  {origin}, {size} entries, root {root}")));
        }
        return ExitCode.Ok;
    }
}
