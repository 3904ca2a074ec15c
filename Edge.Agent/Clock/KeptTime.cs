using System.Text.Json.Nodes;
using Edge.Storage.Database;
using Edge.Storage.Files;
using Edge.Storage.Json;
using Edge.Storage.Trust;

namespace Edge.Agent.Clock;

/// <summary>What is known of time, as <c>clock.json</c> keeps it over a restart.</summary>
/// <param name="Floor">A time that has passed: a whole second.</param>
/// <param name="Boot">The boot of the machine in which it was reached.</param>
/// <param name="Counter">What the counter of that boot showed then, to the millisecond.</param>
/// <param name="Unconfirmed">How much of the floor rests on the machine's clock alone; see <see cref="EffectiveTime"/>.</param>
/// <param name="Followed">How much of <see cref="EffectiveTime.Tolerance"/> small corrections have used up.</param>
/// <param name="Confirmed">The machine's clock was confirmed in that boot.</param>
/// <param name="Told">How far off the machine's clock is, where that was told; zero where it is not.</param>
internal sealed record KeptTime(DateTimeOffset Floor, string Boot, TimeSpan Counter, TimeSpan Unconfirmed, TimeSpan Followed,
    bool Confirmed, TimeSpan Told)
{
    private const int MaxBytes = 1024;

    // Ten thousand years: what a DateTimeOffset can be off at most.
    private const long MostMilliseconds = 10_000L * 366 * 24 * 3600 * 1000;

    /// <summary>Null where there is no such file yet.</summary>
    /// <exception cref="StateDamagedException">The file is not what <see cref="Save"/> writes.</exception>
    public static KeptTime? Load(string file) => !File.Exists(file) ? null
        : StrictJson.TryRead(File.ReadAllBytes(file), MaxBytes, Read, out var kept, out var problems) ? kept
        : throw new StateDamagedException($"{file}: {problems[0]}; set the machine's clock, then delete the file");

    /// <exception cref="IOException">The disk refused; what is on it is what it was.</exception>
    public void Save(string file) => DurableFile.Write(file, CanonicalJson.Write(new JsonObject
    {
        ["floor"] = JsonTime.Write(Floor),
        ["boot"] = Boot,
        ["counterMs"] = (long)Counter.TotalMilliseconds,
        ["unconfirmedMs"] = (long)Unconfirmed.TotalMilliseconds,
        ["followedMs"] = (long)Followed.TotalMilliseconds,
        ["confirmed"] = Confirmed,
        ["toldMs"] = (long)Told.TotalMilliseconds,
    }));

    private static KeptTime Read(JsonFields fields)
    {
        TimeSpan Span(string key, long least = 0) => TimeSpan.FromMilliseconds(fields.Long(key, least, MostMilliseconds));
        return new KeptTime(fields.Instant("floor"), fields.Text("boot", 64), Span("counterMs"), Span("unconfirmedMs"), Span("followedMs"),
            fields.Flag("confirmed"), Span("toldMs", -MostMilliseconds));
    }
}
