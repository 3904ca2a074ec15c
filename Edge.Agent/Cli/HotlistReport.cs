using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Edge.Agent.Hub;
using Edge.Agent.Matching;
using Edge.Storage.Json;

namespace Edge.Agent.Cli;

/// <summary>A plate, or an entry, that was refused: where it stands and why. It holds no plate and no case.</summary>
internal sealed record RefusedRow(string At, string Reason);

/// <summary>Says what became of a change to the hotlist: refusals on standard error, counts on standard output.</summary>
internal static class HotlistReport
{
    /// <summary>Refusals that are said one by one; JSON has all.</summary>
    private const int Said = 50;

    /// <param name="outcome">Null if the change was not tried at all.</param>
    /// <param name="unread">Rows that were refused before.</param>
    /// <param name="at">The place of a row of the change.</param>
    /// <returns><see cref="ExitCode.Refused"/> if anything was refused, published or not.</returns>
    public static ExitCode Show(Agency agency, HotlistOutcome? outcome, IReadOnlyList<RefusedRow> unread, Func<int, string> at,
        IReadOnlyDictionary<string, int> leftOut, bool json, string? audience = null)
    {
        IReadOnlyList<RefusedRow> refused =
        [
            .. unread,
            .. (outcome?.Refused ?? []).Select(entry => new RefusedRow(entry.Index is { } index ? at(index) : $"published entry {entry.Id}", entry.Reason)),
        ];
        var published = outcome?.Next;
        if (json) Console.WriteLine(Json(agency, outcome, refused, leftOut).ToJsonString());
        foreach (var row in refused.Take(json ? 0 : Said)) Failure.Say(ExitCode.Refused, $"refused, {row.At}: {row.Reason}");
        if (!json && refused.Count > Said) Failure.Say(ExitCode.Refused, $"and {refused.Count - Said} more were refused; --json lists all");
        if (!json && refused.Any(row => row.Reason.StartsWith("purpose:", StringComparison.Ordinal)))
            Failure.Say(ExitCode.Refused, $"the policy allows the purposes {string.Join(", ", agency.Policy.Purposes.Select(purpose => purpose.Name))}");
        if (published is null) return Failure.Say(ExitCode.Refused, "nothing was published, the hotlist is what it was");
        if (!json) Print(agency, outcome!, published, refused.Count, leftOut, audience);
        return refused.Count == 0 ? ExitCode.Ok : ExitCode.Refused;
    }

    private static JsonObject Json(Agency agency, HotlistOutcome? outcome, IReadOnlyList<RefusedRow> refused, IReadOnlyDictionary<string, int> leftOut)
    {
        var next = outcome?.Next;
        return new JsonObject
        {
            ["agency"] = agency.Name,
            ["published"] = next is not null,
            ["version"] = next?.Version,
            ["hotlistExpires"] = next is null ? null : JsonTime.Write(next.Expires),
            ["entries"] = next?.Entries.Count,
            ["added"] = next is null ? 0 : outcome!.Added,
            ["removed"] = next is null ? 0 : outcome!.Removed,
            ["expired"] = next is null ? 0 : outcome!.Expired,
            ["carried"] = next is null ? 0 : outcome!.Carried,
            ["refused"] = new JsonArray([.. refused.Select(row => (JsonNode)new JsonObject { ["at"] = row.At, ["reason"] = row.Reason })]),
            ["leftOut"] = new JsonObject(leftOut.OrderBy(file => file.Key, StringComparer.Ordinal)
                .Select(file => KeyValuePair.Create(file.Key, (JsonNode?)file.Value))),
            ["awaited"] = HubPublicationsCommand.Json(next is null ? [] : agency.Publications.Awaited()),
        };
    }

    private static void Print(Agency agency, HotlistOutcome outcome, Hotlist published, int refused, IReadOnlyDictionary<string, int> leftOut, string? audience)
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"hotlist {published.Version} of {agency.Name} published: {published.Entries.Count} entries, {outcome.Added} added, {outcome.Removed} removed, {outcome.Expired} expired, {outcome.Carried} carried over, {refused} refused"));
        foreach (var (file, count) in leftOut.OrderBy(file => file.Key, StringComparer.Ordinal))
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"left out: {count} of {file}"));
        if (audience is not null)
            Console.WriteLine($"boxes of {audience} match until {JsonTime.Write(published.Expires)} under its grant; hand {agency.ShareFolder(audience)} over to it, and publish again before that");
        else
        {
            foreach (var awaited in agency.Publications.Awaited()) Console.WriteLine($"{awaited}; hub push asks them");
            Console.WriteLine($"boxes match until {JsonTime.Write(published.Expires)}; publish again before that; {ProposalReport.Next(agency)}");
        }
    }
}
