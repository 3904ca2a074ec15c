using Edge.Agent.Commissioning;
using Edge.Agent.Evaluation;
using Edge.Tests.Support;

namespace Edge.Tests.Evaluation;

public sealed class PassageFilmsTests : IDisposable
{
    private const string Header = "file\ttext\tlight\tkm/h\tframes a second";
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Films_come_in_the_table_s_order()
    {
        var films = Read(Header, "a.mp4\tAB123CD\tnight\t120\t15", "", "b.mp4\tXY9\tday\t30\t60");
        Assert.Equal([new PassageFilm(_folder.File("a.mp4"), "AB123CD", "night", 120, 15), new PassageFilm(_folder.File("b.mp4"), "XY9", "day", 30, 60)],
            films);
        Assert.Equal("PassageFilm(redacted)", $"{films[0]}");
    }

    [Fact]
    public void Without_a_table_there_are_none() => Assert.Empty(PassageFilms.Read(_folder.Path));

    [Theory]
    [InlineData("file\ttext", "a.mp4\tAB123CD", "line 1: must name the columns")]
    [InlineData(Header, "a.mp4\tAB123CD\tday\t60", "line 2: must have 5 fields, has 4")]
    [InlineData(Header, "c.mp4\tAB123CD\tday\t60\t15", "line 2: field file must be the name of a recording in the same folder")]
    [InlineData(Header, "../a.mp4\tAB123CD\tday\t60\t15", "line 2: field file must be the name of a recording in the same folder")]
    [InlineData(Header, "a.mp4\tAB 123CD\tday\t60\t15", "line 2: field text must be 1 to 16 of A–Z and 0–9")]
    [InlineData(Header, "a.mp4\tAB123CD\t\t60\t15", "line 2: field light must be a word")]
    [InlineData(Header, "a.mp4\tAB123CD\tday\tsixty\t15", "line 2: field km/h must be a whole number, 1 to 300")]
    [InlineData(Header, "a.mp4\tAB123CD\tday\t0\t15", "line 2: field km/h must be a whole number, 1 to 300")]
    [InlineData(Header, "a.mp4\tAB123CD\tday\t60\t29.97", "line 2: field frames a second must be a whole number, 1 to 240")]
    public void A_table_that_is_none_names_the_line_and_the_field_and_never_the_plate(string header, string row, string named)
    {
        var failure = Assert.Throws<LabelsException>(() => Read(header, row));
        Assert.Contains(named, failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("123CD", failure.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private IReadOnlyList<PassageFilm> Read(params string[] lines)
    {
        foreach (var film in new[] { "a.mp4", "b.mp4" }) File.WriteAllBytes(_folder.File(film), []);
        File.WriteAllLines(_folder.File(PassageFilms.Table), lines);
        return PassageFilms.Read(_folder.Path);
    }
}
