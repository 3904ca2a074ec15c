using System.Text;
using Edge.Storage.Audit;

namespace Edge.Tests.Audit;

public sealed class AuditEntryTests
{
    private static readonly AuditEntry Stored = new()
    {
        Time = new DateTimeOffset(2026, 3, 1, 12, 0, 0, 250, TimeSpan.Zero), Boot = "AAECAwQFBgcICQoLDA0ODw",
        Clock = ClockState.Synced, Action = AuditAction.HitStored, Purpose = "stolen-vehicle", Agency = "springfield",
        Sequence = 7, Digest = Sha256Hash.Of([]),
        Case = new ConcealedValue("uutlBuYeMDyjLLTpf6Jxi7yNkEF35jdyWMn9U7b_RYY"),
    };

    private const string StoredJson = """
        {"time":"2026-03-01T12:00:00.250Z","boot":"AAECAwQFBgcICQoLDA0ODw","clock":"synced","action":"hit.stored","outcome":"done","actor":"agent","role":"agent","case":"uutlBuYeMDyjLLTpf6Jxi7yNkEF35jdyWMn9U7b_RYY","purpose":"stolen-vehicle","agency":"springfield","sequence":7,"digest":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}
        """;

    [Fact]
    public void An_entry_is_written_as_documented_and_read_back()
    {
        Assert.Equal(StoredJson, Encoding.UTF8.GetString(AuditEntryJson.Write(Stored)));
        Assert.True(AuditEntryJson.TryRead(Encoding.UTF8.GetBytes(StoredJson), out var entry));
        Assert.Equal(Stored, entry);
    }

    [Fact]
    public void The_codes_of_the_log_are_fixed_for_ever()
    {
        string[] actions =
        [
            "agent.start", "agent.stop", "boot", "configuration.loaded", "trust.activated", "trust.refused",
            "hotlist.activated", "hotlist.entry.refused", "interval.summary", "hit.stored", "message.acknowledged",
            "sweep.done", "order.refused", "order.search", "order.hold", "order.release", "order.disposition", "order.export",
            "order.revoke", "order.decommission", "incident", "incident.reported", "hotlist.refused", "grant.activated", "grant.refused", "hit.shared",
            "log.epoch", "policy.activated", "console.login", "console.refused", "aim.viewed", "log.exported", "stick.export", "hotlist.published",
        ];
        Assert.Equal(actions, Enum.GetValues<AuditAction>().Select(AuditCode.Of));
        Assert.Equal(["agent", "technician", "auditor", "investigator", "oversight", "hub"],
            Enum.GetValues<AuditRole>().Select(AuditCode.Of));
        Assert.Equal(["held", "floor", "synced"], Enum.GetValues<ClockState>().Select(AuditCode.Of));
    }

    [Theory]
    [InlineData("\"done\"", "\"refused:no-case\"", true)]
    [InlineData("\"done\"", "\"refused:\"", false)]
    [InlineData("\"done\"", "\"refused:AB12\"", false)]
    [InlineData("\"done\"", "\"refused:case-4711\"", false)]
    [InlineData("\"done\"", "\"Done\"", false)]
    [InlineData("{\"time\"", "{ \"time\"", false)]
    [InlineData("12:00:00.250Z", "12:00:00.25Z", false)]
    [InlineData("12:00:00.250Z", "12:00:00.250+00:00", false)]
    [InlineData("2026-03-01", "2026-02-30", false)]
    [InlineData("hit.stored", "plate.read", false)]
    [InlineData("\"sequence\":7", "\"sequence\":7.0", false)]
    [InlineData("\"sequence\":7", "\"sequence\":-7", false)]
    [InlineData("\"sequence\":7", "\"sequence\":9007199254740992", false)]
    [InlineData("\"sequence\":7", "\"sequence\":\"7\"", false)]
    [InlineData("\"sequence\":7,", "", false)]
    [InlineData("\"sequence\":7", "\"sequence\":7,\"sequence\":7", false)]
    [InlineData("\"sequence\":7", "\"sequence\":7,\"plate\":\"x\"", false)]
    [InlineData("\"actor\":\"agent\",", "", false)]
    [InlineData("\"role\":\"agent\"", "\"role\":null", false)]
    [InlineData("synced", "s\\u0079nced", false)]
    [InlineData("b855\"}", "b855\"} ", false)]
    [InlineData("b855\"}", "B855\"}", false)]
    [InlineData("b855\"}", "b855\"}{}", false)]
    [InlineData("RYY", "RYZ", false)]
    public void One_entry_has_one_spelling(string right, string other, bool valid)
    {
        var json = StoredJson.Replace(right, other, StringComparison.Ordinal);
        Assert.NotEqual(StoredJson, json);
        Assert.Equal(valid, AuditEntryJson.TryRead(Encoding.UTF8.GetBytes(json), out _));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("{\"time\":{}}")]
    [InlineData("{\"time\":\"\xD800\"}")]
    public void What_is_no_entry_is_refused(string json) =>
        Assert.False(AuditEntryJson.TryRead(Encoding.UTF8.GetBytes(json), out _));

    [Fact]
    public void A_field_out_of_its_alphabet_is_refused_and_never_repeated()
    {
        AuditEntry[] wrong =
        [
            Stored with { Purpose = "ZZ99ZZ" }, Stored with { Kind = "ZZ99ZZ" }, Stored with { Detail = "ZZ99ZZ" }, Stored with { Actor = "ZZ 99ZZ" },
            Stored with { Agency = "ZZ 99ZZ" }, Stored with { Sequence = -1 }, Stored with { Sequence = null },
            Stored with { Case = new ConcealedValue("ZZ99ZZ") },
            Stored with { Case = new ConcealedValue("uutlBuYeMDyjLLTpf6Jxi7yNkEF35jdyWMn9U7b_RYY", Disclosure.Create("case", "ZZ99ZZ")) },
            Stored with { Action = AuditAction.IntervalSummary }, Stored with { Action = AuditAction.SweepDone },
            Stored with { Action = AuditAction.Incident }, Stored with { Action = AuditAction.IncidentReported, Kind = "tamper" },
        ];
        Assert.All(wrong, entry =>
            Assert.DoesNotContain("99", Assert.Throws<ArgumentException>(() => AuditEntryJson.Write(entry)).Message));
        Assert.DoesNotContain("99", Assert.Throws<ArgumentException>(() => AuditOutcome.Refused("ZZ99ZZ")).Message);
    }

    // RFC 9901 §4.2.3.
    [Fact]
    public void A_disclosure_has_the_digest_of_the_published_example()
    {
        Assert.True(Disclosure.TryParse("WyI2cU1RdlJMNWhhaiIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0", out var disclosure));
        Assert.Equal("family_name", disclosure!.Name);
        Assert.Equal("Möbius", disclosure.Value);
        Assert.Equal("uutlBuYeMDyjLLTpf6Jxi7yNkEF35jdyWMn9U7b_RYY", disclosure.Digest);
    }

    [Fact]
    public void A_concealed_case_opens_to_its_value_and_never_looks_the_same_twice()
    {
        var (one, two) = (ConcealedValue.Case("2026-4711"), ConcealedValue.Case("2026-4711"));
        Assert.NotEqual(one.Digest, two.Digest);
        Assert.True(Disclosure.TryParse(one.Disclosure!.Text, out var read));
        Assert.Equal(("case", "2026-4711", one.Digest), (read!.Name, read.Value, read.Digest));
        Assert.DoesNotContain("4711", $"{one}{read}");
    }

    [Theory]
    [InlineData("")]
    [InlineData("W10")]
    [InlineData("WyJhIiwiYiJd")]
    [InlineData("WyJhIiwiYiIsMV0")]
    [InlineData("WyJhIiwiYiIsImMiXQ==")]
    [InlineData("WyJhIiwiYiIs ImMiXQ")]
    [InlineData("!")]
    public void What_discloses_nothing_is_refused(string text) => Assert.False(Disclosure.TryParse(text, out _));
}
