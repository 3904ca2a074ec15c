using Edge.Tests.Recognition;
using Edge.Vision.Detection;
using Edge.Vision.Recognition;
using Edge.Vision.Tracking;

namespace Edge.Tests.Tracking;

/// <summary>What the frames of a passage together are worth, on passages whose truth is known: a plate comes nearer, every
/// frame is read with noise of its own and with mistakes that all frames of the passage share.</summary>
public sealed class PassageConsensusTests
{
    private const int Passages = 400;
    private const string Truth = "AB123CD";

    // Log-odds of the right character: height / Clear, plus normal noise that all frames share, plus noise of each frame.
    private static readonly (double Clear, double Shared, double Own) Easy = (12, 0.9, 1.2), Hard = (20, 0.6, 1.5);

    [Fact]
    public void The_frames_together_are_right_more_often_than_the_surest_one()
    {
        int together = 0, surest = 0, wrong = 0;
        for (var seed = 0; seed < Passages; seed++)
        {
            using var track = Drive(seed, frames: 12, Hard, out var best);
            var right = Readings.TextOf(track.Conclusion) == Truth;
            together += right ? 1 : 0;
            surest += best == Truth ? 1 : 0;
            wrong += right ? 0 : 1;
        }
        Assert.True(together > surest * 1.05, $"{together} right together, {surest} by the surest frame, of {Passages}");
        Assert.True(wrong > 10, "a test without mistakes would show nothing");
    }

    [Theory]
    [InlineData(0.7)]
    [InlineData(0.9)]
    [InlineData(0.97)]
    public void Evidence_of_a_passage_is_worth_at_least_what_it_is_worth_in_a_still(double evidence)
    {
        var (still, passage) = (WrongAbove(evidence, frames: 1), WrongAbove(evidence, frames: 12));
        Assert.True(passage.Wrong * still.Count <= still.Wrong * passage.Count, $"{still} in stills, {passage} in passages");
        Assert.True(passage.Count > still.Count, "and more of them pass");
    }

    [Theory]
    [InlineData(60)]
    [InlineData(300)]
    public void Many_bad_far_frames_do_not_outvote_a_few_good_near_ones(int far)
    {
        using var track = new PlateTrack(TimeSpan.Zero, At(0, 12).Box);
        using var misread = Readings.Of("A8I23CO", 0.8f);
        using var read = Readings.Of(Truth, 0.9f);
        for (var frame = 0; frame < far; frame++) track.Add(TimeSpan.FromSeconds(frame / 25.0), At(frame % 2, 12), misread);
        for (var frame = 0; frame < 5; frame++) track.Add(TimeSpan.FromSeconds((far + frame) / 25.0), At(20 * frame, 38), read);
        Assert.Equal(Truth, Readings.TextOf(track.Conclusion));
    }

    [Fact]
    public void A_plate_that_read_differently_in_a_hundred_far_frames_still_counts_the_near_ones_that_agree()
    {
        using var track = new PlateTrack(TimeSpan.Zero, At(0, 12).Box);
        for (var frame = 0; frame < 100; frame++)
        {
            using var misread = Readings.Of($"A8{frame:000}CO", 0.5f);
            track.Add(TimeSpan.FromSeconds(frame / 25.0), At(frame % 2, 12), misread);
        }
        using var read = Readings.Of(Truth, 0.9f);
        for (var frame = 0; frame < 5; frame++) track.Add(TimeSpan.FromSeconds((100 + frame) / 25.0), At(20 * frame, 38), read);
        Assert.Equal((Truth, 5), (Readings.TextOf(track.Conclusion), track.Agreed));
    }

    [Fact]
    public void A_plate_that_trembles_on_the_spot_is_as_sure_after_four_hundred_looks_as_after_the_first()
    {
        using var standing = new PlateTrack(TimeSpan.Zero, At(0, 40).Box);
        using var read = Readings.Of(Truth, 0.95f);
        standing.Add(TimeSpan.Zero, At(0, 40), read);
        var first = standing.Conclusion.Evidence;
        for (var frame = 1; frame < 400; frame++) standing.Add(TimeSpan.FromSeconds(frame / 25.0), At(frame % 3, 40 + frame % 2 * 0.3f), read);
        Assert.InRange(standing.Conclusion.Evidence, first - 1e-3f, first + 1e-3f);
    }

    [Fact]
    public void A_plate_whose_box_jumps_between_two_places_is_two_looks()
    {
        using var standing = new PlateTrack(TimeSpan.Zero, At(0, 40).Box);
        using var read = Readings.Of(Truth, 0.8f);
        for (var frame = 0; frame < 2; frame++) standing.Add(TimeSpan.FromSeconds(frame / 25.0), At(30 * frame, 40), read);
        var two = standing.Conclusion.Evidence;
        for (var frame = 2; frame < 400; frame++) standing.Add(TimeSpan.FromSeconds(frame / 25.0), At(30 * (frame % 2), 40), read);
        Assert.InRange(standing.Conclusion.Evidence, two - 1e-3f, two + 1e-3f);
    }

    [Fact]
    public void What_was_misread_for_a_minute_of_standing_is_read_when_it_drives_on()
    {
        using var track = new PlateTrack(TimeSpan.Zero, At(0, 40).Box);
        using var misread = Readings.Of("A8123CD", 0.97f);
        using var read = Readings.Of(Truth, 0.97f);
        for (var frame = 0; frame < 1500; frame++) track.Add(TimeSpan.FromSeconds(frame / 25.0), At(0, 40), misread);
        for (var frame = 1; frame <= 20; frame++) track.Add(TimeSpan.FromSeconds(60 + frame / 25.0), At(30 * frame, 40), read);
        Assert.Equal(Truth, Readings.TextOf(track.Conclusion));
        Assert.True(track.Conclusion.Evidence > 0.85f, $"{track.Conclusion.Evidence}");
    }

    [Fact]
    public void A_standing_plate_does_not_grow_surer_by_being_looked_at()
    {
        using var standing = new PlateTrack(TimeSpan.Zero, At(0, 30).Box);
        using var moving = new PlateTrack(TimeSpan.Zero, At(0, 30).Box);
        using var read = Readings.Of(Truth, 0.7f);
        for (var frame = 0; frame < 4; frame++)
        {
            standing.Add(TimeSpan.FromSeconds(frame / 25.0), At(0, 30), read);
            moving.Add(TimeSpan.FromSeconds(frame / 25.0), At(15 * frame, 30), read);
        }
        Assert.True(standing.Conclusion.Evidence < moving.Conclusion.Evidence);
    }

    private static (int Wrong, int Count) WrongAbove(double evidence, int frames)
    {
        var (wrong, count) = (0, 0);
        for (var seed = 0; seed < Passages; seed++)
        {
            using var track = Drive(seed, frames, Easy, out _);
            if (track.Conclusion.Evidence < evidence) continue;
            count++;
            wrong += Readings.TextOf(track.Conclusion) == Truth ? 0 : 1;
        }
        return (wrong, count);
    }

    /// <summary>Comes nearer from 16 to 44 px of height; one frame alone stands at 30 px.</summary>
    private static PlateTrack Drive(int seed, int frames, (double Clear, double Shared, double Own) noise, out string surest)
    {
        var random = new Random(seed);
        double Noise() => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        // Each character has one rival that looks like it; how much, all frames of the passage share.
        var (rivals, shared) = (new int[Truth.Length], new double[Truth.Length]);
        for (var i = 0; i < Truth.Length; i++)
            (rivals[i], shared[i]) = ((Truth[i..(i + 1)].ClassOf() + 1 + random.Next(35)) % 36, noise.Shared * Noise());
        var track = new PlateTrack(TimeSpan.Zero, At(0, 16).Box);
        (surest, var most) = ("", 0f);
        for (var frame = 0; frame < frames; frame++)
        {
            var height = frames == 1 ? 30 : 16 + 28f * frame / (frames - 1);
            using var reading = new Reading();
            for (var i = 0; i < Truth.Length; i++)
            {
                Assert.True(reading.TryAppend(out var row));
                var odds = Math.Exp(height / noise.Clear + shared[i] + noise.Own * Noise());
                row.Fill((float)(0.02 / (1 + odds) / 34));
                (row[Truth[i..(i + 1)].ClassOf()], row[rivals[i]]) = ((float)(odds / (1 + odds)), (float)(0.98 / (1 + odds)));
            }
            track.Add(TimeSpan.FromSeconds(frame / 25.0), At(20 * frame, height), reading);
            if (reading.Evidence > most) (surest, most) = (Readings.TextOf(reading), reading.Evidence);
        }
        return track;
    }

    private static PlateDetection At(float x, float height) => new(new PixelBox(x, 100, x + 4 * height, 100 + height), 0.9f);
}
