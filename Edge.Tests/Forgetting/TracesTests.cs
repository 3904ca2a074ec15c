using System.Text;
using CsCheck;
using Edge.Agent.Forgetting;

namespace Edge.Tests.Forgetting;

public sealed class TracesTests
{
    private static readonly byte[] Control = "what must be there"u8.ToArray();

    [Fact]
    public void Every_string_is_found_wherever_it_stands() =>
        Gen.Select(Gen.Byte.Array[4, 12].Array[1, 20], Gen.Byte.Array[0, 50], Gen.Byte.Array[0, 50], Gen.Int[0, 19]).Sample((wanted, before, after, which) =>
        {
            var one = which % wanted.Length;
            var found = new List<(int, int)>();
            new ByteSearch(wanted).In([.. before, .. wanted[one], .. after], (what, at) => found.Add((what, at)));
            Assert.Contains((one, before.Length), found);
        });

    [Theory]
    [InlineData("the plate AB123 stood here", 1)]
    [InlineData("c2lnbmVkAB123xyz", 0)] // five characters that happen to be the same
    public void A_short_plate_counts_where_it_stands_alone(string kept, int count) =>
        Assert.Equal(count, new Traces([("ASCII", "AB123"u8.ToArray())], Control).In(Encoding.ASCII.GetBytes(kept)).Found.GetValueOrDefault(0));

    [Fact]
    public void What_had_been_there_before_is_no_trace_and_is_said()
    {
        var traces = new Traces([("ASCII", "FIRST1"u8.ToArray()), ("ASCII", "SECOND"u8.ToArray())], Control);
        var report = traces.Report("memory", traces.In("FIRST1 SECOND"u8), before: traces.In("SECOND"u8));
        Assert.Equal((1, 1), (report.Found["ASCII"], report.Untellable));
    }

    [Fact]
    public void A_message_is_opened_before_it_is_searched()
    {
        var payload = System.Buffers.Text.Base64Url.EncodeToString("{\"text\":\"KB12DSZ\"}"u8);
        var traces = new Traces([("ASCII", "KB12DSZ"u8.ToArray())], Control);
        Assert.NotEmpty(traces.InMessage("edge/v1/a/b/hit"u8, Encoding.ASCII.GetBytes($"e30.{payload}.c2ln")).Found);
    }

    [Fact]
    public void A_search_of_a_process_that_does_not_see_what_must_be_there_is_not_clean()
    {
        var traces = new Traces([], Control);
        Assert.False(traces.Report("memory", traces.In("nothing"u8), isProcess: true).Clean);
        Assert.True(traces.Report("memory", traces.In(Control), isProcess: true).Clean);
    }

    [Fact]
    public void Pictures_are_taken_out_whole_and_only_once()
    {
        byte[] picture = [0xFF, 0xD8, 0xFF, 0xDB, 0, 4, 1, 2, 0xFF, 0xDA, 0, 3, 9, 7, 7, 0xFF, 0, 7, 0xFF, 0xD9];
        var look = new Traces([], Control).In([1, 2, .. picture, 3, .. picture, .. picture[..^1]]);
        Assert.Equal(picture, Assert.Single(look.Pictures));
    }

    [Fact]
    public void No_bytes_make_the_end_of_a_picture_throw() =>
        Gen.Byte.Array[0, 200].Sample(bytes => { JpegFile.Length([0xFF, 0xD8, 0xFF, 0xDB, .. bytes]); });
}
