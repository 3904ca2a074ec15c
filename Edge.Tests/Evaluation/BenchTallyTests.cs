using Edge.Agent.Commissioning;
using Edge.Agent.Evaluation;
using Edge.Vision.Detection;
using Edge.Vision.Recognition;

namespace Edge.Tests.Evaluation;

public sealed class BenchTallyTests
{
    private static readonly PixelBox Box = new(100, 100, 200, 130);
    private static readonly LabelledPlate Label = new(Box, "AB123CD");
    private readonly BenchTally _tally = new();

    [Fact]
    public void Exact_counts_whole_texts_and_wrong_counts_only_what_was_accepted()
    {
        Add(StillReads.Of("AB123CD", accepted: true));
        Add(StillReads.Of("AB123CD", accepted: false));
        Add(StillReads.Of("AB123C0", accepted: true));
        Add(StillReads.Of("AB123C0", accepted: false));
        Add(null);
        Assert.Equal((5, 5, 2, 2, 1), (_tally.Plates, _tally.Found, _tally.Exact, _tally.Accepted, _tally.Wrong));
    }

    [Fact]
    public void Folded_counts_look_alikes_as_one_and_nothing_else()
    {
        Add(StillReads.Of("A8I23C0", accepted: true));
        Add(StillReads.Of("AB123CE", accepted: true));
        Add(StillReads.Of("AB123CD", accepted: true));
        Assert.Equal((1, 2, 2, 1), (_tally.Exact, _tally.Folded, _tally.Wrong, _tally.WrongFolded));
    }

    [Fact]
    public void A_read_beside_the_plate_is_not_of_it()
    {
        var read = _tally.Add(Label, new Attempt([StillReads.Of("AB123CD") with { Box = Box.Shift(300, 0) }], [Box.Shift(300, 0)], 1));
        Assert.Null(read);
        Assert.Equal((1, 0, 0), (_tally.Plates, _tally.Found, _tally.Exact));
    }

    [Fact]
    public void A_loose_box_may_be_read_but_does_not_count_as_found()
    {
        var loose = Box.Grow(0.5f);
        _tally.Add(Label, new Attempt([StillReads.Of("AB123CD") with { Box = loose }], [loose], 1));
        Assert.Equal((0, 1), (_tally.Found, _tally.Exact));
    }

    [Fact]
    public void A_crop_needs_no_box()
    {
        _tally.Add(new LabelledPlate(null, "AB123CD"), new Attempt([StillReads.Of("AB123CD")], [], 1));
        Assert.Equal((1, 1), (_tally.Found, _tally.Exact));
    }

    [Fact]
    public void Coverage_at_a_wrong_share_is_what_the_best_gate_on_the_evidence_would_let_through()
    {
        for (var i = 0; i < 60; i++) Add(StillReads.Of("AB123CD", evidence: 0.99f - i * 0.001f));
        Add(StillReads.Of("WRONG", evidence: 0.9f));
        for (var i = 0; i < 39; i++) Add(StillReads.Of("AB123CD", evidence: 0.8f - i * 0.001f));
        Assert.Equal(0.60, _tally.CoverageAt(0), 1e-9);
        Assert.Equal(1.0, _tally.CoverageAt(0.01), 1e-9);
    }

    [Theory]
    [InlineData("AB123CD", "WRONG")]
    [InlineData("WRONG", "AB123CD")]
    public void No_gate_parts_reads_of_the_same_evidence(string first, string second)
    {
        Add(StillReads.Of("AB123CD", evidence: 1));
        Add(StillReads.Of(first, evidence: 0.9f));
        Add(StillReads.Of(second, evidence: 0.9f));
        Assert.Equal(1.0 / 3, _tally.CoverageAt(0), 1e-9);
    }

    [Theory]
    [InlineData("US-CA", "US-CA", 1, 1)]
    [InlineData("US-CA", "US", 1, 1)] // less, but not wrong
    [InlineData("US", "US-CA", 1, 1)] // the label knows no more
    [InlineData("US-CA", "US-NY", 1, 0)]
    [InlineData("US-CA", null, 0, 0)] // unknown is no answer, and no wrong one
    [InlineData(null, "US-CA", 0, 0)]
    public void A_region_is_right_as_far_as_both_say(string? label, string? named, int answers, int right)
    {
        _tally.Add(Label with { Region = label },
            new Attempt([StillReads.Of("AB123CD") with { Box = Box, Region = named is null ? PlateRegion.Unknown : new PlateRegion(named, 0.9f) }], [Box], 1));
        Assert.Equal((label is null ? 0 : 1, answers, right), (_tally.Placed, _tally.Named, _tally.NamedRight));
    }

    [Fact]
    public void Of_nothing_read_no_gate_lets_anything_through()
    {
        Add(null);
        Assert.Equal(0, _tally.CoverageAt(0.01));
        Assert.Equal(0, new BenchTally().CoverageAt(0.01));
    }

    [Fact]
    public void Times_are_compared_picture_by_picture()
    {
        var other = new BenchTally();
        // The machine slows down tenfold after the second picture.
        foreach (var slow in new[] { 1, 1, 10, 10, 10 })
        {
            _tally.Add([Label], new Attempt([], [], 2 * slow));
            other.Add([Label], new Attempt([], [], 8 * slow));
        }
        Assert.Equal((20, 0.25), (_tally.Median, _tally.TimesOf(other)));
        Assert.Null(_tally.TimesOf(new BenchTally()));
    }

    private void Add(StillRead? read) => _tally.Add([Label], new Attempt(read is null ? [] : [read with { Box = Box }], [Box], 1));
}
