using System.Text;
using Edge.Agent.Hub;
using Edge.Tests.Matching;

namespace Edge.Tests.Hub;

public sealed class NcicExtractTests
{
    private const string Extract = """
        MKE|LIC|LIS|LIY|LIT|VIN|OCA|ORI|NIC|NAM
        EV|AB123|CA|2027|PC|1FAFP40|26-0001|CA0190000|V000000001|
        EV-P|CD456|CA|2027|PC||26-0002|CA0190000||
        STOLEN LICENSE PLATE|EF789|NV|2027|PC||26-0003|NV0020100|P000000003|
        EV||CA||| 1FAFP41|26-0004|CA0190000||
        EWC|GH012|CA|2027|PC||26-0005|CA0190000||DOE, JOHN
        IMMIGRATION VIOLATOR|IJ345|TX|2027|PC||26-0006|TX0190000||
        EV|KL678|CA|2027|PC|||CA0190000||
        EV|MN901|CA|2027|PC||26-0007|||
        EV|BAD_PLATE|CA|2027|PC||26-0008|CA0190000||
        EV|short
        QZ|OP234|CA|2027|PC||26-0009|CA0190000||

        """;

    private static NcicTerms Terms(params string[] files) => new() { Files = files.ToHashSet(), Expires = Lists.Now.AddDays(7) };

    private static WantedList Read(string text, NcicTerms terms) => NcicExtract.Read(Encoding.UTF8.GetBytes(text), terms, Lists.Now);

    [Fact]
    public void Only_the_files_named_are_taken_and_the_rest_is_counted_by_file()
    {
        var list = Read(Extract, Terms("stolen-vehicle"));
        Assert.Equal(["line 2", "line 3"], list.Rows.Select(row => row.At));
        Assert.Equal(new Dictionary<string, int>
        {
            ["stolen-license-plate"] = 1, ["wanted-person"] = 1, ["immigration-violator"] = 1, [NcicExtract.WithoutPlate] = 1, [NcicExtract.Unknown] = 1,
        }, list.LeftOut);
    }

    [Fact]
    public void The_originating_agency_s_case_number_is_the_case_and_a_record_without_one_is_refused()
    {
        var list = Read(Extract, Terms("stolen-vehicle"));
        Assert.Equal(["26-0001", "26-0002"], list.Rows.Select(row => row.Wanted.Case));
        Assert.Equal([
            "line 8: case: missing; a record without OCA has no case",
            "line 9.issuer: missing",
            "line 10.plate: must be 1 to 16 letters A-Z and digits, separators aside",
            "line 11: has 2 fields; the first line names 10",
        ], list.Problems.Select(problem => problem.ToString()));
    }

    [Fact]
    public void An_entry_says_which_file_record_and_agency_it_came_from()
    {
        var list = Read(Extract, Terms("stolen-vehicle", "stolen-license-plate") with { Purpose = "stolen-vehicle" });
        var (first, plate) = (list.Rows[0].Wanted, list.Rows[2].Wanted);
        Assert.Equal(("ncic-stolen-vehicle", "stolen-vehicle", "NCIC record V000000001", "CA0190000", Lists.Now, Lists.Now.AddDays(7)),
            (first.Source, first.Purpose, first.Basis, first.Issuer, first.NotBefore, first.Expires));
        Assert.Equal(("ncic-stolen-license-plate", "stolen-vehicle"), (plate.Source, plate.Purpose));
    }

    [Theory]
    [InlineData("EV", "stolen-vehicle")]
    [InlineData("ev-c", "stolen-vehicle")]
    [InlineData("EF", "felony-vehicle")]
    [InlineData("EL", "stolen-license-plate")]
    [InlineData("EW", "wanted-person")]
    [InlineData("EWJ", "wanted-person")]
    [InlineData("EME", "missing-person")]
    [InlineData("Missing Person", "missing-person")]
    [InlineData("GANG", "gang")]
    [InlineData("XL", "unknown")]
    [InlineData("", "unknown")]
    public void The_message_key_tells_the_file(string key, string file) => Assert.Equal(file, NcicExtract.FileOf(key));

    [Theory]
    [InlineData("MKE,LIC,OCA,ORI\nEV,AB123,26-1,CA0190000\n")]
    [InlineData("MKE\tLIC\tOCA\tORI\nEV\tAB123\t26-1\tCA0190000\n")]
    public void Commas_and_tabs_divide_as_well(string text) => Assert.Equal("26-1", Assert.Single(Read(text, Terms("stolen-vehicle")).Rows).Wanted.Case);

    [Theory]
    [InlineData("")]
    [InlineData("MKE|LIC|ORI\nEV|AB123|CA0190000\n")]
    public void A_file_that_does_not_name_the_fields_needed_is_refused(string text) => Assert.StartsWith("the first line must name the field codes",
        Assert.Single(Read(text, Terms("stolen-vehicle")).Problems).ToString(), StringComparison.Ordinal);

    [Fact]
    public void Gang_and_immigration_entries_of_an_extract_are_refused_under_the_default_policy()
    {
        var extract = Extract + "GANG|QR567|CA|2027|PC||26-0010|CA0190000||\n";
        var terms = Terms("stolen-vehicle", "gang", "immigration-violator") with { Purpose = "stolen-vehicle" };
        var wanted = Read(extract, terms).Rows.Select(row => row.Wanted).ToList();
        Assert.Equal(4, wanted.Count);

        var outcome = HotlistRevision.Apply(HotlistRevision.Empty("riverton", Lists.Cheap), new HotlistChange { Wanted = wanted },
            Lists.Policy, Lists.Now, Lists.Now.AddDays(7), null, TestContext.Current.CancellationToken);

        Assert.Equal(["ncic-stolen-vehicle", "ncic-stolen-vehicle"], outcome.Next!.Entries.Select(entry => entry.Source));
        Assert.Equal(["26-0006", "26-0010"], outcome.Refused.Select(refused => wanted[refused.Index!.Value].Case));
        Assert.All(outcome.Refused, refused => Assert.Equal("source: is a file that the policy forbids", refused.Reason));
    }
}
