using System.Text;
using Edge.Tests.Support;
using Edge.Vision;
using Edge.Vision.Evaluation;
using Edge.Vision.Tracking;

namespace Edge.Tests.Tracking;

/// <summary>A plate that is partly out of the picture reads like a shorter plate, and surely: somebody else's.</summary>
public sealed class CutPlatesTests
{
    private const string Plate = "KLM345X";
    private const int HalfOut = 1280 - 190;

    // From all in the picture to half out of it.
    private static readonly int[] Leaving = [.. Enumerable.Range(0, 17).Select(i => HalfOut - 192 + 12 * i)];

    [Theory]
    [InlineData(-70, 300)]
    [InlineData(HalfOut, 300)]
    [InlineData(500, -8)]
    [InlineData(500, 720 - 60 + 8)]
    public async Task A_vehicle_whose_plate_is_partly_out_of_the_picture_is_not_read(int left, int top) =>
        Assert.Empty(await ReadAsync(new PipelineOptions(), Enumerable.Repeat((left, top), 12)));

    [Fact]
    public async Task Nor_one_that_the_examined_part_of_the_picture_cuts()
    {
        var options = new PipelineOptions { Region = new RegionOfInterest(0.25, 0, 0.75, 1) };
        Assert.Empty(await ReadAsync(options, Level(Enumerable.Repeat(320 - 70, 12))));
    }

    [Fact]
    public async Task A_vehicle_that_leaves_is_read_as_it_was_while_all_of_its_plate_was_there() =>
        Assert.Equal([Plate], (await ReadAsync(new PipelineOptions(), Level(Leaving.Concat(Leaving.Select(left => left + 192))))).Select(read => read.Text));

    [Theory]
    [InlineData(60, 1)] // four seconds
    [InlineData(120, 2)]
    public async Task One_that_stops_half_out_of_the_picture_is_remembered_for_five_seconds_and_told_of_again_if_it_comes_back_then(int frames, int told)
    {
        var places = Leaving.Concat(Enumerable.Repeat(HalfOut, frames)).Concat(Leaving.Reverse());
        Assert.Equal(Enumerable.Repeat(Plate, told), (await ReadAsync(new PipelineOptions(), Level(places))).Select(read => read.Text));
    }

    [Fact]
    public async Task One_that_waited_half_out_of_the_picture_is_told_of_as_early_as_any_other()
    {
        var places = Enumerable.Repeat(HalfOut, 20).Concat(Leaving.Reverse());
        Assert.Equal([(Plate, PlatePipeline.SettledFrames)], await ReadAsync(new PipelineOptions { MotionGate = false }, Level(places)));
    }

    [Fact]
    public async Task One_that_stands_half_out_of_the_picture_is_told_of_while_it_stands()
    {
        using var pipeline = PlatePipeline.Open(Repository.Models, new PipelineOptions { MotionGate = false });
        await using var film = Film(Level(Leaving[..4].Concat(Enumerable.Repeat(HalfOut, 60))));
        await foreach (var passage in pipeline.ReadAsync(film, TestContext.Current.CancellationToken))
            using (passage)
            {
                Assert.True(passage.Accepted);
                Assert.InRange(pipeline.Frames, 4 + 15, 4 + 17); // a second after it was read last
                return;
            }
        Assert.Fail("it was not told of");
    }

    [Fact]
    public async Task In_a_photograph_it_is_read_and_refused()
    {
        using var pipeline = PlatePipeline.Open(Repository.Models, new PipelineOptions());
        await using var photograph = new JpegSource(new[] { DrawnStreet.Draw([new DrawnVehicle(Plate, HalfOut, 300)]) }.ToAsyncEnumerable(), TimeSpan.Zero,
            isStill: true);
        var refused = new List<Refusal>();
        await foreach (var passage in pipeline.ReadAsync(photograph, TestContext.Current.CancellationToken))
            using (passage)
                refused.Add(passage.Refusal);
        Assert.Equal([Refusal.Cut], refused);
    }

    private static JpegSource Film(IEnumerable<(int Left, int Top)> places) =>
        new(places.Select(place => DrawnStreet.Draw([new DrawnVehicle(Plate, place.Left, place.Top)])).ToAsyncEnumerable(), TimeSpan.FromSeconds(1 / 15.0),
            isStill: false);

    private static IEnumerable<(int Left, int Top)> Level(IEnumerable<int> places) => places.Select(left => (left, 300));

    private static async Task<List<(string Text, int Agreed)>> ReadAsync(PipelineOptions options, IEnumerable<(int Left, int Top)> places)
    {
        var read = new List<(string, int)>();
        using var pipeline = PlatePipeline.Open(Repository.Models, options);
        await using var film = Film(places);
        await foreach (var passage in pipeline.ReadAsync(film, TestContext.Current.CancellationToken))
            using (passage)
                if (passage.Accepted) read.Add((Encoding.ASCII.GetString(passage.Plate.Ascii), passage.FramesAgreed));
        return read;
    }
}
