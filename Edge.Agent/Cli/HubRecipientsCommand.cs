using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Edge.Agent.Governance;
using Edge.Agent.Hub;
using Edge.Storage.Json;

namespace Edge.Agent.Cli;

/// <summary><c>hub recipients rotate DIR</c>: epoch keys in advance. <c>hub recipients show DIR</c>: every epoch, and whether its key
/// still exists.</summary>
internal static class HubRecipientsCommand
{
    public static Command Build() => new("recipients", "The keys that open hits, one an epoch") { Rotate(), Show() };

    private static Command Rotate()
    {
        var folder = new Argument<string>("DIR") { Description = "The agency's folder." };
        var epochs = new Option<int>("--epochs") { Description = "How many epochs to add.", DefaultValueFactory = _ => EpochKeys.DefaultCount };
        var days = new Option<int>("--days") { Description = "How long each lasts.", DefaultValueFactory = _ => EpochKeys.DefaultDays };
        var replace = new Option<bool>("--replace") { Description = "In place of all epochs that run or are to come, as after a theft." };
        var json = RecognizeCommand.JsonOption();
        var rotate = new Command("rotate", "Make the keys of further epochs and propose them") { folder, epochs, days, replace, json };
        rotate.SetAction((parse, _) => Failure.ShowAsync(() =>
        {
            var (count, length, now) = (parse.GetValue(epochs), parse.GetValue(days), TimeProvider.System.GetUtcNow());
            if (count is < 1 or > Recipients.Most) return Task.FromResult(Failure.Say(ExitCode.Usage, $"--epochs must be 1 to {Recipients.Most}"));
            if (length is < 1 or > 90) return Task.FromResult(Failure.Say(ExitCode.Usage, "--days must be 1 to 90"));
            using var agency = Agency.Open(parse.GetValue(folder)!);
            var published = agency.Ceremony.ProposeEpochs(count, length, now, parse.GetValue(replace));
            var made = agency.Epochs.Ledger.Epochs.TakeLast(count).ToList();
            var about = new JsonObject { ["epochs"] = new JsonArray([.. made.Select(epoch => (JsonNode)Json(agency, epoch))]) };
            string[] lines = [string.Create(CultureInfo.InvariantCulture,
                $"{count} epochs of {length} days, from {JsonTime.Write(made[0].NotBefore)} until {JsonTime.Write(made[^1].Expires)}")];
            return Task.FromResult(ProposalReport.Show(agency, published, about, lines, parse.GetValue(json), parse.InvocationConfiguration.Output));
        }));
        return rotate;
    }

    private static Command Show()
    {
        var folder = new Argument<string>("DIR") { Description = "The agency's folder." };
        var json = RecognizeCommand.JsonOption();
        var show = new Command("show", "List the epochs: start, end, when the key is destroyed") { folder, json };
        show.SetAction((parse, _) => Failure.ShowAsync(() =>
        {
            using var agency = Agency.Open(parse.GetValue(folder)!);
            var output = parse.InvocationConfiguration.Output;
            foreach (var epoch in agency.Epochs.Ledger.Epochs.OrderBy(epoch => epoch.NotBefore))
                output.WriteLine(parse.GetValue(json) ? ProposalReport.Write(Json(agency, epoch))
                    : $"{JsonTime.Write(epoch.NotBefore)}  {JsonTime.Write(epoch.Expires)}  {epoch.KeyId}  {State(agency, epoch)}");
            return Task.FromResult(ExitCode.Ok);
        }));
        return show;
    }

    private static JsonObject Json(Agency agency, Epoch epoch) => new()
    {
        ["kid"] = epoch.KeyId, ["notBefore"] = JsonTime.Write(epoch.NotBefore), ["expires"] = JsonTime.Write(epoch.Expires),
        ["lastNeeded"] = JsonTime.Write(agency.Epochs.Ledger.LastNeeded(epoch)), ["held"] = agency.Epochs.IsHeld(epoch.KeyId),
    };

    private static string State(Agency agency, Epoch epoch) => agency.Epochs.IsHeld(epoch.KeyId)
        ? $"needed until {JsonTime.Write(agency.Epochs.Ledger.LastNeeded(epoch))}" : "destroyed";
}
