using System.Text;
using Edge.Agent.Hub;
using Edge.Agent.Matching;
using Edge.Tests.Matching;

namespace Edge.Tests.Hub;

public sealed class HotlistSourceTests
{
    private const string Header = "plate,case,purpose,basis,source,issuer,notBefore,expires\n";

    private static (IReadOnlyList<WantedPlate> Wanted, IEnumerable<string> Problems) Read(string text, bool csv)
    {
        HotlistSource.TryRead(Encoding.UTF8.GetBytes(text), csv, Lists.Now, out var wanted, out var problems);
        return (wanted, problems.Select(problem => problem.ToString()));
    }

    [Fact]
    public void Csv_and_JSON_say_the_same()
    {
        var (fromCsv, csvProblems) = Read("\uFEFF" + Header +
            "ab-123,\"C-1, \"\"north\"\"\",stolen-vehicle,report,desk,sgt-1,,2026-11-03T00:00:00Z\r\n\r\n", csv: true);
        var (fromJson, jsonProblems) = Read("""
            {"wanted":[{"plate":"AB123","case":"C-1, \"north\"","purpose":"stolen-vehicle","basis":"report","source":"desk",
             "issuer":"sgt-1","expires":"2026-11-03T00:00:00Z","form":"exact"}]}
            """, csv: false);
        Assert.Empty(csvProblems.Concat(jsonProblems));
        Assert.Equal(Assert.Single(fromJson), Assert.Single(fromCsv));
        Assert.Equal((Lists.Now, MatchForm.Exact), (fromCsv[0].NotBefore, fromCsv[0].Form));
    }

    [Fact]
    public void One_bad_line_refuses_the_list_and_names_line_and_column_but_never_the_plate()
    {
        var (wanted, problems) = Read(Header +
            "AB123,C-1,stolen-vehicle,report,desk,sgt-1,,2026-11-03T00:00:00Z\n" +
            "SECRET_1,,stolen-vehicle,\"two\nlines\",desk,sgt-1,,soon\n" +
            "CD456,C-2\n", csv: true);
        Assert.Empty(wanted);
        Assert.Equal([
            "line 3.plate: must be 1 to 16 letters A-Z and digits, separators aside",
            "line 3.case: missing",
            "line 3.basis: must be text of 1 to 500 characters with a letter or digit in it",
            "line 3.expires: must be a time such as 2026-01-31T23:59:59Z",
            "line 5: has 2 columns; the first line names 8",
        ], problems);
    }

    [Theory]
    [InlineData(Header + "\"AB123", "line 2: a quoted field does not end, or goes on after its end")]
    [InlineData(Header + "\"AB\"123,x", "line 2: a quoted field does not end, or goes on after its end")]
    [InlineData(Header, "needs a line that names the columns, and a line for each plate")]
    [InlineData("", "needs a line that names the columns, and a line for each plate")]
    public void Malformed_CSV_is_refused(string text, string problem) => Assert.Equal([problem], Read(text, csv: true).Problems);

    [Fact]
    public void An_unknown_column_is_named() => Assert.Contains("line 2.purpse: unknown key; did you mean purpose?",
        Read("plate,purpse\nAB123,x\n", csv: true).Problems);

    [Fact]
    public void A_wanted_plate_prints_nothing_of_itself() => Assert.Equal("WantedPlate(redacted)", $"{Lists.Wanted("AB123")}");

    [Fact]
    public void Blinding_refuses_what_the_box_would_refuse_before_it_blinds()
    {
        var blinded = 0;
        Assert.False(HotlistBlinding.TryBlind([Lists.Wanted("AB123"), Lists.Wanted("CD456", caseId: "")], Lists.Policy, 1, Lists.Cheap,
            Lists.Now, Lists.Now.AddDays(1), new Count(() => blinded++), out _, out var refused));
        Assert.Equal("case: must be text of 1 to 64 characters with a letter or digit in it", Assert.Single(refused).Reason);
        Assert.Equal(0, blinded);
    }

    [Fact]
    public void Blinding_refuses_an_entry_from_a_forbidden_file()
    {
        Assert.False(HotlistBlinding.TryBlind([Lists.Wanted("AB123") with { Source = "NCIC gang file" }, Lists.Wanted("CD456")], Lists.Policy, 1,
            Lists.Cheap, Lists.Now, Lists.Now.AddDays(1), null, out _, out var refused));
        Assert.Equal((0, "source: is a file that the policy forbids"), (Assert.Single(refused).Index, refused[0].Reason));
    }

    private sealed class Count(Action count) : IProgress<int>
    {
        public void Report(int value) => count();
    }

    [Fact]
    public void Columns_kept_apart_by_semicolons_are_one_problem()
    {
        Assert.False(HotlistSource.TryRead("plate;case;purpose\nAB123CD;C-1;stolen-vehicle\n"u8.ToArray(), isCsv: true, Lists.Now, out _, out var problems));
        Assert.Contains("here are semicolons", Assert.Single(problems).Reason, StringComparison.Ordinal);
    }
}
