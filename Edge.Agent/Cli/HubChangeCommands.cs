using System.CommandLine;
using System.Text.Json.Nodes;
using Edge.Agent.Hub;

namespace Edge.Agent.Cli;

/// <summary>What else can become of the change that waits: <c>hub discard DIR</c> drops it, <c>hub export DIR FOLDER</c> carries it to a
/// keeper's own machine, <c>hub import DIR FOLDER</c> brings it back signed.</summary>
internal static class HubChangeCommands
{
    public static Command Discard()
    {
        var folder = new Argument<string>("DIR") { Description = "The agency's folder." };
        var yes = new Option<bool>("--yes") { Description = "Without asking." };
        var json = RecognizeCommand.JsonOption();
        var discard = new Command("discard", "Drop the change that waits for signatures") { folder, yes, json };
        discard.SetAction((parse, _) => Failure.ShowAsync(() =>
        {
            using var agency = Agency.Open(parse.GetValue(folder)!);
            var (now, output) = (TimeProvider.System.GetUtcNow(), parse.InvocationConfiguration.Output);
            if (agency.Ceremony.Proposal.IsWaiting && !parse.GetValue(yes))
            {
                if (Console.IsInputRedirected) return Task.FromResult(Failure.Say(ExitCode.Usage, "no terminal to ask whether to drop the change: give --yes"));
                foreach (var line in ChangeReport.Lines(agency.Ceremony.Proposal, agency.TrustFolder, now)) Console.Error.WriteLine(Printable.Line(line));
                Console.Error.Write("Drop this change and every signature under it? [y/N] ");
                using var open = Interruption.Question();
                if (Console.ReadLine()?.Trim() is not ("y" or "Y")) return Task.FromResult(Failure.Say(ExitCode.Interrupted, "nothing was dropped"));
            }
            agency.Ceremony.Discard();
            output.WriteLine(parse.GetValue(json) ? ProposalReport.Write(new JsonObject { ["agency"] = agency.Name, ["discarded"] = true })
                : "dropped; what is published stays as it is");
            return Task.FromResult(ExitCode.Ok);
        }));
        return discard;
    }

    public static Command Export()
    {
        var folder = new Argument<string>("DIR") { Description = "The agency's folder." };
        var target = new Argument<string>("FOLDER") { Description = "Where to copy it, such as a stick; must be empty or absent." };
        var json = RecognizeCommand.JsonOption();
        var export = new Command("export", "Copy the change that waits, for a keeper to sign elsewhere") { folder, target, json };
        export.SetAction((parse, _) => Failure.ShowAsync(() =>
        {
            using var agency = Agency.Open(parse.GetValue(folder)!);
            var path = parse.GetValue(target)!;
            agency.Ceremony.Export(path);
            parse.InvocationConfiguration.Output.WriteLine(parse.GetValue(json)
                ? ProposalReport.Write(new JsonObject
                    { ["agency"] = agency.Name, ["exported"] = Path.GetFullPath(path), ["changes"] = ProposalReport.Texts(agency.Ceremony.Proposal.Changes) })
                : $"the keeper signs it with: edge-agent hub sign {path} --key FILE.key; then here: edge-agent hub import {parse.GetValue(folder)} {path}");
            return Task.FromResult(ExitCode.Ok);
        }));
        return export;
    }

    public static Command Import()
    {
        var folder = new Argument<string>("DIR") { Description = "The agency's folder." };
        var source = new Argument<string>("FOLDER") { Description = "The copy that a keeper has signed." };
        var json = RecognizeCommand.JsonOption();
        var import = new Command("import", "Take the signatures from a copy of the change; the last one publishes it") { folder, source, json };
        import.SetAction((parse, _) => Failure.ShowAsync(() =>
        {
            using var agency = Agency.Open(parse.GetValue(folder)!);
            var published = agency.Ceremony.Import(parse.GetValue(source)!, TimeProvider.System.GetUtcNow(), out var taken);
            return Task.FromResult(ProposalReport.Show(agency, published, new JsonObject { ["signatures"] = taken }, [$"{taken} new signature(s)"],
                parse.GetValue(json), parse.InvocationConfiguration.Output));
        }));
        return import;
    }
}
