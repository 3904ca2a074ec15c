using Edge.Tests.Recognition;
using Edge.Vision.Detection;
using Edge.Vision.Onnx;
using Edge.Vision.Recognition;
using Edge.Vision.Recognition.Regions;
using Edge.Vision.Tracking;
using OpenCvSharp;

namespace Edge.Tests.Tracking;

public sealed class ReadJudgeTests
{
    private static readonly ReadGate Gate = new() { Evidence = 0.5 };
    private static readonly RegionRules Romanian = new(["RO"], []);
    private static readonly RegionHead Region = new() { Output = "region", Labels = ["unknown", "RO", "DE"], Unknown = "unknown", Threshold = 0.8f };

    [Theory]
    [InlineData("AB123CD", 0.99f, 2, 0.9f, false, Refusal.None)]
    [InlineData("AB123CD", 0.99f, 1, 0.9f, true, Refusal.None)]
    [InlineData("AB123CD", 0.99f, 1, 0.9f, false, Refusal.Frames)] // one frame of a passage is not enough
    [InlineData("AB123CD", 0.99f, 5, 0.3f, false, Refusal.Detector)]
    [InlineData("AB123CD", 0.99f, 5, float.NaN, false, Refusal.Detector)]
    [InlineData("AB123CD", 0.6f, 1, 0.9f, true, Refusal.Evidence)]
    [InlineData("AB1", 0.99f, 5, 0.9f, false, Refusal.Length)]
    [InlineData("AB123456789", 0.99f, 5, 0.9f, false, Refusal.Length)]
    public void The_first_thing_that_is_missing_is_why_it_is_no_read(string text, float sure, int frames, float score, bool still, Refusal refusal)
    {
        using var track = Track(text, sure, frames, score);
        using var reading = new Reading();
        Assert.Equal(refusal, Judges.Of(Gate).Judge(track, still, reading).Refusal);
    }

    [Fact]
    public void What_something_hides_in_part_is_no_read_however_sure()
    {
        using var part = Readings.Of("AB123CD", 1);
        part.IsPart = true;
        using var track = new PlateTrack(TimeSpan.Zero, At(0, 0.9f).Box);
        track.Add(TimeSpan.Zero, At(0, 0.9f), part);
        using var reading = new Reading();
        Assert.Equal(Refusal.Hidden, Judges.Of(Gate).Judge(track, true, reading).Refusal);
    }

    [Fact]
    public void A_closed_gate_accepts_nothing()
    {
        using var track = Track("AB123CD", 1, 5, 0.9f);
        using var reading = new Reading();
        Assert.Equal(Refusal.Evidence, Judges.Of(ReadGate.Closed).Judge(track, false, reading).Refusal);
    }

    [Fact]
    public void The_probability_is_the_calibration_s_and_there_is_none_without_one()
    {
        using var track = Track("AB123CD", 0.99f, 1, 0.9f);
        using var reading = new Reading();
        var calibration = Calibrations.Of((0, 0, 0.5), (1, 0.5, 0.01));
        var verdict = Judges.Of(new ReadGate(), calibration).Judge(track, true, reading);
        Assert.Equal(0.5 * verdict.Evidence, verdict.Right!.Value, 1e-6);
        Assert.Null(Judges.Of(Gate).Judge(track, true, reading).Right);
    }

    [Fact]
    public void What_fits_no_pattern_of_the_region_is_no_read()
    {
        using var track = Track("TOYOTA", 1, 5, 0.9f);
        using var reading = new Reading();
        Assert.Equal(Refusal.Pattern, Judges.Of(Gate, rules: Romanian).Judge(track, false, reading).Refusal);
        Assert.Equal(Refusal.None, Judges.Of(Gate).Judge(track, false, reading).Refusal);
    }

    [Fact]
    public void A_rule_s_change_is_told_and_the_frames_that_agreed_are_those_before_it()
    {
        using var track = Track("B1O8ABC", 0.99f, 0, 0.9f);
        using var torn = Readings.Of("B1O8ABC", 0.99f);
        torn.Evident(2).Clear();
        (torn.Evident(2)["O".ClassOf()], torn.Evident(2)["0".ClassOf()]) = (0.55f, 0.44f);
        for (var frame = 1; frame < 4; frame++) track.Add(TimeSpan.FromSeconds(frame), At(frame, 0.9f), torn);
        using var reading = new Reading();
        var verdict = Judges.Of(new ReadGate { Evidence = 0.1 }, rules: Romanian).Judge(track, false, reading);
        Assert.Equal(("B108ABC", Refusal.None, 3), (Readings.TextOf(reading), verdict.Refusal, verdict.Agreed));
        Assert.Equal([2], verdict.RuleChanged);
        Assert.Equal("B1O8ABC", Readings.TextOf(track.Conclusion));
    }

    [Fact]
    public void A_text_that_a_rule_made_fit_is_held_to_less_evidence_has_no_probability_and_verifies_no_region()
    {
        var judge = Judges.Of(new ReadGate { MaximumWrongReadRate = 0.5 }, Calibrations.Of((0, 0, 0.4), (1, 1, 0.01)), Romanian, Region);
        using var track = new PlateTrack(TimeSpan.Zero, At(0, 0.9f).Box);
        using var torn = Readings.Of("B1O8ABC", 0.99f);
        torn.Evident(2).Clear();
        (torn.Evident(2)["O".ClassOf()], torn.Evident(2)["0".ClassOf()]) = (0.55f, 0.44f);
        new[] { 0.02f, 0.95f, 0.03f }.CopyTo(torn.ClearedRegions(3));
        track.Add(TimeSpan.Zero, At(0, 0.9f), torn);
        using var picture = new Mat(80, 200, MatType.CV_8UC3, Scalar.White);
        track.Crop = PlateCrop.Of(picture, At(0, 0.9f).Box);
        using var passage = Passage.Of(track, "lane-1", judge, still: true, default)!;
        Assert.Equal((true, "RO", false, null), (passage.Accepted, passage.Region.Code, passage.RegionVerified, passage.Right));
        Assert.InRange(passage.Evidence, 0.01f, track.Conclusion.Evidence - 0.01f);
        Assert.Equal(passage.Evidence, passage.Confidences.Aggregate(1f, (all, one) => all * one), 1e-5f);
    }

    [Fact]
    public void The_region_is_what_the_frames_together_say()
    {
        using var track = Track("B108ABC", 0.99f, 0, 0.9f);
        for (var frame = 1; frame < 4; frame++)
        {
            using var reading = Readings.Of("B108ABC", 0.99f);
            new[] { 0.1f, 0.85f, 0.05f }.CopyTo(reading.ClearedRegions(3));
            track.Add(TimeSpan.FromSeconds(frame), At(frame, 0.9f), reading);
        }
        using var judged = new Reading();
        var named = Judges.Of(Gate, region: Region).Judge(track, false, judged).Region;
        Assert.Equal("RO", named.Code);
        Assert.Equal(0.85f, named.Sure, 1e-4f);
        Assert.Equal(PlateRegion.Unknown, Judges.Of(Gate, region: Region with { Threshold = 0.9f }).Judge(track, false, judged).Region);
    }

    private static PlateTrack Track(string text, float sure, int frames, float score)
    {
        var track = new PlateTrack(TimeSpan.Zero, At(0, score).Box);
        using var reading = Readings.Of(text, sure);
        for (var frame = 0; frame < frames; frame++) track.Add(TimeSpan.FromSeconds(frame), At(frame, score), reading);
        return track;
    }

    private static PlateDetection At(int frame, float score) => new(new PixelBox(20 * frame, 10, 160 + 20 * frame, 50), score);
}
