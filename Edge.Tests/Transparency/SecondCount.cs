using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json;

namespace Edge.Tests.Transparency;

/// <summary>The numbers of a report counted a second time, from the raw files of a bundle, with nothing of the code that makes reports: what a
/// stranger would write in an afternoon.</summary>
internal static class SecondCount
{
    public static Dictionary<string, long> Of(string bundle, DateTimeOffset from, DateTimeOffset to)
    {
        var entries = Entries(bundle).ToList();
        var inside = entries.Where(entry => Time(entry) >= from && Time(entry) < to).ToList();
        long Number(JsonElement entry, string name) => entry.TryGetProperty(name, out var value) ? value.GetInt64() : 0;
        string Text(JsonElement entry, string name) => entry.TryGetProperty(name, out var value) ? value.GetString()! : "";
        List<JsonElement> All(string action) => [.. inside.Where(entry => Text(entry, "action") == action)];
        bool IsDone(JsonElement entry) => Text(entry, "outcome") == "done" && !inside.Any(other => Text(other, "outcome") == "refused:disk"
            && Text(other, "digest") == Text(entry, "digest") && Text(other, "action") == Text(entry, "action"));
        List<JsonElement> Done(string action) => [.. All(action).Where(IsDone)];
        string[] notAuthorised = ["unknown-operator", "bad-signature", "not-signed", "revoked-operator", "operator-expired", "malformed-order"];
        string[] breaksNoRule = ["expired", "replayed", "from-the-future", "disk", "too-many-orders", "too-many-revoked", "no-room", "no-policy",
            "further-orders"];
        var refused = inside.Where(entry => Text(entry, "action").StartsWith("order.", StringComparison.Ordinal) && Text(entry, "outcome") != "done")
            .Select(entry => (Reason: Text(entry, "outcome")["refused:".Length..],
                Count: Text(entry, "action") == "order.refused" ? Math.Max(1, Number(entry, "count")) : 1)).ToList();
        var judged = All("hit.stored").Select(hit => Done("order.disposition").LastOrDefault(one => Number(one, "sequence") == Number(hit, "sequence")))
            .Where(one => one.ValueKind == JsonValueKind.Object).CountBy(one => Text(one, "kind")).ToDictionary(one => one.Key, one => (long)one.Value);
        var counts = new Dictionary<string, long>
        {
            ["entries"] = inside.Count, ["frames"] = All("interval.summary").Sum(one => Number(one, "frames")),
            ["reads"] = All("interval.summary").Sum(one => Number(one, "reads")),
            ["reads.discarded"] = All("interval.summary").Sum(one => Number(one, "discarded")),
            ["reads.hits"] = All("interval.summary").Sum(one => Number(one, "hits")),
            ["hits"] = All("hit.stored").Count, ["hits.case-linked"] = All("hit.stored").Count(one => Text(one, "case") != ""),
            ["hits.judged"] = judged.Values.Sum(), ["hits.unjudged"] = All("hit.stored").Count - judged.Values.Sum(),
            ["hits.judged.misread"] = judged.GetValueOrDefault("misread"), ["hits.judged.confirmed"] = judged.GetValueOrDefault("confirmed"),
            ["shares"] = All("hit.shared").Count, ["shares.federal"] = All("hit.shared").Count(one => Text(one, "kind") == "federal"),
            ["shares.local"] = All("hit.shared").Count(one => Text(one, "kind") == "local"),
            ["shares.case-linked"] = All("hit.shared").Count(one => Text(one, "case") != ""),
            ["searches"] = Done("order.search").Count, ["searches.case-linked"] = Done("order.search").Count(one => Text(one, "case") != ""),
            ["searches.empty"] = Done("order.search").Count(one => Number(one, "count") == 0),
            ["searches.results"] = Done("order.search").Sum(one => Number(one, "count")),
            ["holds"] = Done("order.hold").Count, ["releases"] = Done("order.release").Count,
            ["exports"] = Done("order.export").Count + Done("log.exported").Count,
            ["dispositions"] = Done("order.disposition").Count,
            ["orders.refused"] = refused.Sum(one => one.Count),
            ["orders.refused.not-authorised"] = refused.Where(one => notAuthorised.Contains(one.Reason)).Sum(one => one.Count),
            ["orders.refused.not-against-policy"] = refused.Where(one => breaksNoRule.Contains(one.Reason)).Sum(one => one.Count),
            ["incidents"] = All("incident").Sum(one => Math.Max(1, Number(one, "count"))), ["incidents.messages"] = All("incident.reported").Count,
            ["sweeps"] = All("sweep.done").Count, ["swept"] = All("sweep.done").Sum(one => Number(one, "count")),
            ["starts"] = All("agent.start").Count,
        };
        // Within one run, from entry to entry: none of the script's is longer than an hour.
        counts["seconds up"] = (long)TimeSpan.FromTicks(entries.Zip(entries.Skip(1)).Where(pair => Text(pair.First, "boot") == Text(pair.Second, "boot"))
            .Sum(pair => ((Time(pair.Second) < from ? from : Time(pair.Second)) - (Time(pair.First) < from ? from : Time(pair.First))).Ticks)).TotalSeconds;
        return counts;

        DateTimeOffset Time(JsonElement entry) => DateTimeOffset.Parse(Text(entry, "time"), CultureInfo.InvariantCulture);
    }

    private static IEnumerable<JsonElement> Entries(string bundle)
    {
        foreach (var file in Directory.EnumerateFiles(Path.Combine(bundle, "tile/entries"), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            var bytes = File.ReadAllBytes(file);
            for (var at = 0; at < bytes.Length;)
            {
                var length = BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(at));
                yield return JsonSerializer.Deserialize<JsonElement>(bytes.AsSpan(at + 2, length));
                at += 2 + length;
            }
        }
    }
}
