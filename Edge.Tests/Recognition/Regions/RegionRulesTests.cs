using CsCheck;
using Edge.Vision.Recognition;
using Edge.Vision.Recognition.Regions;

namespace Edge.Tests.Recognition.Regions;

public sealed class RegionRulesTests
{
    private const string Pairs = "0O 0D 0Q OQ OD 1I 2Z 5S 6G 8B";

    private static readonly Gen<(string Text, string Rivals, float[] Shares)> Torn = Gen.Int[4, 10].SelectMany(length => Gen.Select(
        Gen.String[Gen.Char[Reading.Alphabet], length, length], Gen.String[Gen.Char[Reading.Alphabet], length, length], Gen.Float[0, 0.49f].Array[length]));

    [Fact]
    public void A_tie_of_look_alikes_is_broken_as_the_pattern_wants()
    {
        using var reading = Of("B1O8ABC", (2, '0', 0.4f));
        Assert.Equal([2], Rules("RO").Apply(reading));
        Assert.Equal("B108ABC", Readings.TextOf(reading));
        Assert.Equal(0.4f, reading.Best(2).Confidence, 1e-5f); // what was read for it, and no more
    }

    [Fact]
    public void Nothing_is_changed_where_the_text_fits_as_it_is()
    {
        using var reading = Of("B108ABC", (2, 'O', 0.49f));
        Assert.Equal([], Rules("RO").Apply(reading));
        Assert.Equal("B108ABC", Readings.TextOf(reading));
    }

    [Fact]
    public void A_sure_character_is_not_changed_though_a_look_alike_would_fit()
    {
        using var reading = Of("B1O8ABC", (2, '0', 0.1f));
        Assert.Null(Rules("RO").Apply(reading));
        Assert.Equal("B1O8ABC", Readings.TextOf(reading));
    }

    [Fact]
    public void Characters_that_do_not_look_alike_are_never_exchanged()
    {
        using var reading = Of("B1A8ABC", (2, '4', 0.49f));
        Assert.Null(Rules("RO").Apply(reading));
    }

    [Fact]
    public void Two_texts_that_would_fit_equally_decide_nothing()
    {
        Assert.True(PlatePattern.TryParse("A0B1", out var one, out _) & PlatePattern.TryParse("AOBI", out var other, out _));
        using var reading = Of("AOB1", (1, '0', 0.4f), (3, 'I', 0.4f));
        Assert.Null(new RegionRules([], [one!, other!]).Apply(reading));
    }

    [Fact]
    public void One_s_own_patterns_stand_beside_the_built_in_ones()
    {
        Assert.True(PlatePattern.TryParse("TAXI ##", out var taxi, out _));
        var rules = new RegionRules(["RO"], [taxi]);
        using var own = Of("TAXI12");
        using var builtIn = Of("CJ12ABC");
        using var neither = Of("TOYOTA");
        Assert.Equal(([], [], null), (rules.Apply(own), rules.Apply(builtIn), rules.Apply(neither)));
    }

    [Fact]
    public void A_rule_never_changes_a_character_outside_a_pair_of_look_alikes_nor_the_length_nor_raises_the_evidence() => Torn.Sample(torn =>
    {
        using var reading = Of(torn.Text, [.. torn.Rivals.Select((rival, at) => (at, rival, torn.Shares[at]))]);
        var (before, evidence) = (Readings.TextOf(reading), reading.Evidence);
        var changed = Rules("RO", "DE", "GB", "TR", "BR").Apply(reading);
        var after = Readings.TextOf(reading);
        Assert.Equal(before.Length, after.Length);
        var differ = Enumerable.Range(0, before.Length).Where(at => before[at] != after[at]).ToList();
        Assert.Equal(differ, changed ?? []);
        Assert.All(differ, at => Assert.True(Pairs.Contains($"{before[at]}{after[at]}", StringComparison.Ordinal)
            || Pairs.Contains($"{after[at]}{before[at]}", StringComparison.Ordinal)));
        Assert.InRange(reading.Evidence, 0, evidence);
    });

    [Fact]
    public void Rules_without_a_region_or_pattern_are_a_mistake()
    {
        Assert.Throws<ArgumentException>(() => new RegionRules([], []));
        Assert.Throws<ArgumentException>(() => new RegionRules(["XX"], []));
    }

    private static RegionRules Rules(params string[] regions) => new(regions, []);

    private static Reading Of(string text, params (int At, char Rival, float Share)[] torn)
    {
        var reading = Readings.Of(text, 1);
        foreach (var (at, rival, share) in torn)
        {
            var row = reading.Evident(at);
            var right = text[at..(at + 1)].ClassOf();
            if ($"{rival}".ClassOf() == right) continue;
            row.Clear();
            (row[right], row[$"{rival}".ClassOf()]) = (1 - share, share);
        }
        return reading;
    }
}
