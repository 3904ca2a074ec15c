using Edge.Agent.Commissioning;
using Edge.Tests.Evaluation;
using Edge.Vision.Detection;

namespace Edge.Tests.Commissioning;

public sealed class ReadingScoreTests
{
    private static readonly PixelBox Here = new(0, 0, 100, 25), There = new(500, 500, 600, 525);

    private readonly ReadingScore _score = new();

    [Fact]
    public void A_read_where_nothing_is_labelled_is_counted_apart_and_only_if_it_was_accepted()
    {
        _score.Add([Labelled("AB123CD")],
            [StillReads.Of("AB123CD") with { Box = Here }, StillReads.Of("GRILLE") with { Box = There }, StillReads.Of("MESH", accepted: false) with { Box = There }]);
        _score.Add([], [StillReads.Of("SIGN") with { Box = There }]);
        Assert.Equal((1, 1, 1, 0, 2), (_score.Plates, _score.Exact, _score.Accepted, _score.AcceptedWrong, _score.Elsewhere));
    }

    [Fact]
    public void Plates_of_a_picture_that_cannot_be_read_count_as_not_read()
    {
        _score.Add([Labelled("AB123CD")], [StillReads.Of("AB123CD") with { Box = Here }]);
        _score.Add([Labelled("XY987ZW")], []);
        Assert.Equal((2, 1, 0.5, 0.5), (_score.Plates, _score.Found, _score.ExactShare, _score.Coverage));
    }

    private static LabelledPlate Labelled(string text) => new(Here, text);
}
