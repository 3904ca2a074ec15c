using System.Text;
using Edge.Tests.Support;
using Edge.Vision;
using Edge.Vision.Evaluation;

namespace Edge.Tests.Tracking;

/// <summary>A plate that is partly out of the picture reads like a shorter plate, and surely: somebody else's.</summary>
public sealed class CutPlatesTests
{
    private const string Plate = "KLM345X";

    [Theory]
    [InlineData(-70, 300)]
    [InlineData(1280 - 190, 300)]
    public async Task A_vehicle_that_stands_half_out_of_the_picture_is_not_read(int left, int top) =>
        Assert.Empty(await ReadAsync(new PipelineOptions(), Enumerable.Repeat((left, top), 12)));

    [Fact]
    public async Task Nor_one_that_the_examined_part_of_the_picture_cuts()
    {
        var options = new PipelineOptions { Region = new RegionOfInterest(0.25, 0, 0.75, 1) };
        Assert.Empty(await ReadAsync(options, Enumerable.Repeat((320 - 70, 300), 12)));
    }

    [Fact]
    public async Task A_vehicle_that_leaves_is_read_as_it_was_while_all_of_its_plate_was_there() =>
        Assert.Equal([Plate], await ReadAsync(new PipelineOptions(), Enumerable.Range(0, 30).Select(i => (900 + 12 * i, 300))));

    [Fact]
    public async Task A_vehicle_that_stops_half_out_of_the_picture_and_comes_back_is_told_of_once()
    {
        int[] leaving = [.. Enumerable.Range(0, 17).Select(i => 900 + 12 * i)];
        var places = leaving.Concat(Enumerable.Repeat(leaving[^1], 100)).Concat(leaving.Reverse());
        Assert.Equal([Plate], await ReadAsync(new PipelineOptions(), places.Select(left => (left, 300))));
    }

    private static async Task<List<string>> ReadAsync(PipelineOptions options, IEnumerable<(int Left, int Top)> places)
    {
        var read = new List<string>();
        using var pipeline = PlatePipeline.Open(Repository.Models, options);
        var street = places.Select(place => DrawnStreet.Draw([new DrawnVehicle(Plate, place.Left, place.Top)]));
        await using var film = new JpegSource(street.ToAsyncEnumerable(), TimeSpan.FromSeconds(1 / 15.0), isStill: false);
        await foreach (var passage in pipeline.ReadAsync(film, TestContext.Current.CancellationToken))
            using (passage)
                if (passage.Accepted) read.Add(Encoding.ASCII.GetString(passage.Plate.Ascii));
        return read;
    }
}
