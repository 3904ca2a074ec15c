using System.Text.Json.Nodes;
using Edge.Agent.Governance;
using Edge.Agent.Hub;
using Edge.Agent.Matching;
using Edge.Agent.Publishing;
using Edge.Storage.Sealing;
using Edge.Vision.Recognition;

namespace Edge.Tests.Matching;

/// <summary>Hotlists to match against, at the lowest cost a box accepts.</summary>
internal static class Lists
{
    public static readonly DateTimeOffset Now = new(2026, 11, 1, 12, 0, 0, TimeSpan.Zero);
    public static readonly BlindCost Cheap = new(7168, 5);

    public static Policy Policy { get; } = AgencyPlan.ExamplePolicy("riverton");

    public static Policy FoldingPolicy { get; } = Policy with { Matching = MatchForm.Folded };

    public static PlateText Plate(string text) =>
        PlateText.TryParse(text, out var plate) ? plate : throw new ArgumentException("not a plate");

    public static WantedPlate Wanted(string plate, string caseId = "C-1", MatchForm form = MatchForm.Exact) => new()
    {
        Plate = Plate(plate),
        Form = form,
        Case = caseId,
        Purpose = "stolen-vehicle",
        Basis = "report 7",
        Source = "desk",
        Issuer = "sgt-1",
        NotBefore = Now,
        Expires = Now.AddDays(2),
    };

    public static Hotlist Blind(Policy policy, params IReadOnlyList<WantedPlate> wanted)
    {
        Assert.True(HotlistBlinding.TryBlind(wanted, policy, 1, Cheap, Now, Now.AddDays(1), null, out var hotlist, out var refused),
            string.Join("; ", refused));
        return hotlist;
    }

    /// <summary>Publishes these in place of all that an agency looked for, or nothing.</summary>
    public static HotlistOutcome Replace(Agency agency, IReadOnlyList<WantedPlate> wanted) =>
        agency.Hotlists.Change(new HotlistChange { Wanted = wanted, Everything = true, Strict = true }, Now, null, TestContext.Current.CancellationToken);

    /// <summary>The list as JSON to spoil.</summary>
    public static JsonObject Json(Hotlist hotlist) => JsonNode.Parse(hotlist.Write())!.AsObject();

    public static JsonObject Entry(JsonObject list, int i) => list["entries"]!.AsArray()[i]!.AsObject();
}
