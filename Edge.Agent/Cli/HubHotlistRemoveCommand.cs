using System.CommandLine;
using Edge.Agent.Hub;

namespace Edge.Agent.Cli;

/// <summary><c>hub hotlist remove DIR --case CASE | --id ID</c>: what is no longer wanted.</summary>
internal static class HubHotlistRemoveCommand
{
    private static readonly IReadOnlyDictionary<string, int> Nothing = new Dictionary<string, int>();

    public static Command Build()
    {
        var folder = new Argument<string>("DIR") { Description = "The agency's folder, made by hub init." };
        var cases = new Option<string[]>("--case") { Description = "A case; every plate of it goes.", DefaultValueFactory = _ => [] };
        var ids = new Option<string[]>("--id") { Description = "An entry, as hub hotlist show names it.", DefaultValueFactory = _ => [] };
        var audience = HubHotlistPublishCommand.ForOption();
        var json = RecognizeCommand.JsonOption();
        var command = new Command("remove", "Take a case or an entry out, and publish") { folder, cases, ids, audience, json };
        command.SetAction((parse, cancel) => Failure.ShowAsync(() =>
            Task.FromResult(Run(parse.GetValue(folder)!, parse.GetValue(cases)!, parse.GetValue(ids)!, parse.GetValue(audience),
                parse.GetValue(json), cancel))));
        return command;
    }

    private static ExitCode Run(string folder, string[] cases, string[] ids, string? audience, bool json, CancellationToken cancel)
    {
        if (cases.Length + ids.Length == 0) return Failure.Say(ExitCode.Usage, "name what to remove: --case CASE or --id ID");
        using var agency = Agency.Open(folder);
        var entries = agency.Hotlists.Published(out _, audience).Entries;
        // A slip of the key must not look like a search that has ended.
        if (cases.Index().Where(one => !entries.Any(entry => entry.Case == one.Item)).Select(one => one.Index + 1).ToList() is { Count: > 0 } noCase)
            return Failure.Say(ExitCode.Usage, $"--case number {noCase[0]} is not in the hotlist; nothing was published, hub hotlist show lists the cases");
        if (ids.Index().Where(one => !entries.Any(entry => entry.Id == one.Item)).Select(one => one.Index + 1).ToList() is { Count: > 0 } noId)
            return Failure.Say(ExitCode.Usage, $"--id number {noId[0]} is not in the hotlist; nothing was published, hub hotlist show lists the ids");
        var outcome = agency.Hotlists.Change(audience, new HotlistChange { Cases = cases.ToHashSet(), Ids = ids.ToHashSet() },
            TimeProvider.System.GetUtcNow(), progress: null, cancel);
        return HotlistReport.Show(agency, outcome, [], _ => "", Nothing, json, audience);
    }
}
