using System.Text;
using Edge.Storage.Json;

namespace Edge.Tests.Json;

public sealed class StrictJsonTests
{
    private sealed record Lane(string Name, int Metres, bool Wet, IReadOnlyList<string> Signs);

    private static Lane ReadLane(JsonFields lane) => new(
        lane.Text("name", 8), lane.Whole("metres", 1, 100, otherwise: 7), lane.Flag("wet", otherwise: false),
        lane.Texts("signs", 0, 2, text => text.Length == 1, "must be one letter"));

    private static IEnumerable<string> Problems(string json) => Problems(json, ReadLane);

    private static IEnumerable<string> Problems<T>(string json, Func<JsonFields, T> read) where T : class
    {
        Assert.False(StrictJson.TryRead(Encoding.UTF8.GetBytes(json), 512, read, out _, out var problems));
        return problems.Select(problem => problem.ToString());
    }

    [Fact]
    public void A_document_that_is_what_was_asked_for_is_read_and_absent_defaults_apply()
    {
        var json = """{"name":"left","signs":["a","b"]}"""u8.ToArray();
        Assert.True(StrictJson.TryRead(json, 512, ReadLane, out var lane, out _));
        Assert.Equal(("left", 7, false), (lane.Name, lane.Metres, lane.Wet));
        Assert.Equal(["a", "b"], lane.Signs);
    }

    [Fact]
    public void Every_problem_is_reported_at_once_with_its_path() =>
        Assert.Equal([
            "name: missing",
            "metres: must be a whole number from 1 to 100",
            "wet: must be true or false",
            "signs[1]: must be one letter",
            "nmae: unknown key; did you mean name?",
        ], Problems("""{"nmae":"left","metres":101,"wet":null,"signs":["a","bb"]}"""));

    [Theory]
    [InlineData("""{"name":"a","name":"b"}""", "name: stands here twice")]
    [InlineData("""{"name":"a","zzz":1}""", "zzz: unknown key; remove it")]
    [InlineData("""{"name":"a","signs":["x","x"]}""", "signs[1]: stands here twice")]
    [InlineData("""{"name":"a","signs":["x","y","z"]}""", "signs: must be a list of 0 to 2 entries")]
    [InlineData("""{"name":"a","metres":7.5}""", "metres: must be a whole number from 1 to 100")]
    [InlineData("""{"name":"a","metres":"7"}""", "metres: must be a whole number from 1 to 100")]
    [InlineData("""{"name":""}""", "name: must be text of 1 to 8 characters")]
    [InlineData("""{"name":"a\u0007"}""", "name: must be text of 1 to 8 characters")]
    [InlineData("""{"name":"\ud800"}""", "name: must be text of 1 to 8 characters")]
    [InlineData("""{"name":"a","\ud800":1}""", "a key is not valid text")]
    [InlineData("""[]""", "must be an object")]
    [InlineData("""{"name":"a",}""", "not JSON, see line 1, byte 13")]
    [InlineData("", "not JSON, see line 1, byte 1")]
    public void One_wrong_thing_is_one_problem(string json, string problem) => Assert.Contains(problem, Problems(json));

    [Fact]
    public void Size_is_refused_before_anything_is_parsed() =>
        Assert.Equal(["600 bytes; at most 512 are read"], Problems(new string('[', 600)));

    [Fact]
    public void Text_that_is_not_UTF_8_is_refused()
    {
        Assert.False(StrictJson.TryRead(new byte[] { (byte)'{', 0xC3, 0x28, (byte)'}' }, 512, ReadLane, out _, out var problems));
        Assert.Equal("not UTF-8 text", Assert.Single(problems).Reason);
    }

    [Fact]
    public void A_value_is_never_repeated_in_a_problem() =>
        Assert.DoesNotContain(Problems("""{"name":"SECRET-PLATE-1","metres":"SECRET","signs":"SECRET"}"""),
            problem => problem.Contains("SECRET", StringComparison.Ordinal));

    [Fact]
    public void Nested_objects_lists_and_maps_name_their_whole_path() =>
        Assert.Equal([
            "site.lanes[1].metres: must be a whole number from 1 to 100",
            "site.meta[\"targets.json\"].version: missing",
            "site.meta[\"targets.json\"].verzion: unknown key; did you mean version?",
        ], Problems("""{"site":{"lanes":[{"name":"a"},{"name":"b","metres":0}],"meta":{"targets.json":{"verzion":1}}}}""",
            root => root.Child("site", site => new object[]
            {
                site.Objects("lanes", 1, 4, ReadLane),
                site.Map("meta", 1, 4, (_, file) => file.Whole("version", 1, 9)),
            })));

    [Fact]
    public void A_missing_child_is_one_problem_and_a_missing_section_reads_as_empty()
    {
        Assert.Equal(["site: missing"], Problems("{}", root => root.Child("site", ReadLane)));
        Assert.True(StrictJson.TryRead("{}"u8.ToArray(), 512,
            root => new object[] { root.Section("site", site => site.Whole("metres", 1, 9, otherwise: 3)) }, out var read, out _));
        Assert.Equal(3, read[0]);
    }

    [Theory]
    [InlineData("2026-01-31T23:59:59Z", true)]
    [InlineData("2026-01-31T23:59:59.0Z", false)]
    [InlineData("2026-01-31T23:59:59+00:00", false)]
    [InlineData("2026-01-31 23:59:59Z", false)]
    [InlineData("2026-02-30T00:00:00Z", false)]
    public void An_instant_has_one_spelling(string text, bool valid)
    {
        Assert.Equal(valid, JsonTime.TryParse(text, out var time));
        if (valid) Assert.Equal(text, JsonTime.Write(time));
    }

    [Theory]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAA", true)]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAB", false)] // stray bits
    [InlineData("AAAAAAAAAAAAAAAAAAAAAA==", false)]
    [InlineData("AAAAAAAAAAAAAAAAAAAA", false)] // 15 bytes
    [InlineData("AAAAAAAAAAAAAAAAAAAAA+", false)]
    public void Bytes_have_one_spelling(string text, bool valid) => Assert.Equal(valid, StrictJson.TryRead(
        Encoding.UTF8.GetBytes($$"""{"b":"{{text}}"}"""), 512, root => root.Bytes("b", 16), out _, out _));
}
