using System.CommandLine;
using Edge.Agent.Hub;

namespace Edge.Agent.Cli;

/// <summary><c>hub root rotate DIR</c>: proposes other keepers, or the same for a new lifetime of root and targets.</summary>
internal static class HubRootRotateCommand
{
    public static Command Build()
    {
        var folder = new Argument<string>("DIR") { Description = "The agency's folder." };
        var add = new Option<string[]>("--add") { Description = "Key file of a new keeper; its passphrase is not needed.", DefaultValueFactory = _ => [] };
        var remove = new Option<string[]>("--remove") { Description = "Key id of a keeper who leaves.", DefaultValueFactory = _ => [] };
        var threshold = new Option<int?>("--threshold") { Description = "How many keepers must sign from then on." };
        var json = RecognizeCommand.JsonOption();
        var rotate = new Command("rotate", "Propose other keepers; they are so once old and new ones have signed") { folder, add, remove, threshold, json };
        rotate.SetAction((parse, _) => Failure.ShowAsync(() =>
        {
            using var agency = Agency.Open(parse.GetValue(folder)!);
            var now = TimeProvider.System.GetUtcNow();
            var added = parse.GetValue(add)!.Select(file => (Path.GetFileNameWithoutExtension(file), Passphrase.Load(file).Public)).ToList();
            var published = agency.Ceremony.ProposeKeepers([.. added.Select(one => one.Public)], parse.GetValue(remove)!, parse.GetValue(threshold), now);
            foreach (var (name, key) in added) agency.KeeperNames.Add(key, name);
            var lines = published ? [] : ChangeReport.Lines(agency.Ceremony.Proposal, agency.TrustFolder, now);
            return Task.FromResult(ProposalReport.Show(agency, published, [], lines, parse.GetValue(json), parse.InvocationConfiguration.Output));
        }));
        return new Command("root", "Who signs for the agency") { rotate };
    }
}
