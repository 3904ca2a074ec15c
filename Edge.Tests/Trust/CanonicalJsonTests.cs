using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CsCheck;
using Edge.Storage.Trust;

namespace Edge.Tests.Trust;

public sealed class CanonicalJsonTests
{
    private static string Canonical(string json) => Encoding.UTF8.GetString(CanonicalJson.Write(JsonDocument.Parse(json).RootElement));

    [Theory]
    // The cases of securesystemslib's tests of encode_canonical.
    [InlineData("\"\"", "\"\"")]
    [InlineData("[1,2,3]", "[1,2,3]")]
    [InlineData("[]", "[]")]
    [InlineData("""{"A":[99]}""", """{"A":[99]}""")]
    [InlineData("""{"x":3,"y":2}""", """{"x":3,"y":2}""")]
    [InlineData("""{"x":3,"y":null}""", """{"x":3,"y":null}""")]
    // Its own rules, one by one.
    [InlineData("""{ "b" : 1 , "a" : [ true , false ] }""", """{"a":[true,false],"b":1}""")]
    [InlineData("""{"a":{"z":1,"B":2}}""", """{"a":{"B":2,"z":1}}""")]
    [InlineData("""["\u0041\/\u00e9"]""", """["A/é"]""")]
    [InlineData("""["a\"b\\c"]""", """["a\"b\\c"]""")]
    [InlineData("-7", "-7")]
    public void Published_and_hand_made_cases(string json, string canonical) => Assert.Equal(canonical, Canonical(json));

    [Fact]
    public void Keys_are_sorted_by_code_point_not_by_UTF_16_unit() =>
        // U+FF5E sorts before U+1F600, whose first UTF-16 unit is 0xD83D.
        Assert.Equal("{\"\uFF5E\":1,\"\U0001F600\":2}", Canonical("{\"\U0001F600\":2,\"\uFF5E\":1}"));

    [Theory]
    [InlineData("1.5")]
    [InlineData("1e3")]
    [InlineData("9223372036854775808")]
    [InlineData("\"\\n\"")]
    [InlineData("""{"a":1,"a":2}""")]
    public void What_has_no_canonical_form_is_refused(string json) =>
        Assert.Throws<FormatException>(() => Canonical(json));

    [Fact]
    public void The_canonical_form_parses_back_to_itself() =>
        Gen.Dictionary(Gen.String.AlphaNumeric, Gen.Select(Gen.Long, Gen.String.AlphaNumeric)).Sample(values =>
        {
            var node = new JsonObject(values.Select(value => KeyValuePair.Create(value.Key,
                (JsonNode?)new JsonArray(value.Value.Item1, value.Value.Item2))));
            var once = Encoding.UTF8.GetString(CanonicalJson.Write(node));
            Assert.Equal(once, Canonical(once));
        });
}
