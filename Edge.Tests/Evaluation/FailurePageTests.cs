using System.Text.RegularExpressions;
using Edge.Agent.Commissioning;
using Edge.Agent.Evaluation;
using Edge.Vision.Detection;
using Edge.Vision.Evaluation;

namespace Edge.Tests.Evaluation;

public sealed class FailurePageTests
{
    private readonly FailurePage _page = new(["ours", "peer"]);

    [Fact]
    public void What_was_read_rightly_is_not_on_it()
    {
        Add("scenes", StillReads.Of("AB123CD"), null);
        Assert.Equal(0, _page.Count);
        Assert.Contains("No failures", _page.Write(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_failure_shows_the_plate_and_what_each_reader_made_of_it()
    {
        Add("scenes", StillReads.Of("AB128CD"), StillReads.Of("AB123CD", accepted: false));
        Add("degraded: night", null, null);
        var page = _page.Write();
        Assert.Equal(2, _page.Count);
        Assert.Contains("AB12<mark>8</mark>CD", page, StringComparison.Ordinal);
        Assert.Contains("class=\"wrong\"", page, StringComparison.Ordinal);
        Assert.Contains("class=\"right\">AB123CD", page, StringComparison.Ordinal);
        Assert.Contains("nothing read", page, StringComparison.Ordinal);
        Assert.Contains("degraded: night", page, StringComparison.Ordinal);
        Assert.Equal(2, Regex.Count(page, "data:image/jpeg;base64,"));
    }

    [Fact]
    public void A_percentage_is_the_calibrated_probability_and_said_to_be()
    {
        Add("scenes", StillReads.Of("AB128CD", evidence: 0.9f) with { Confidence = 0.42f }, null);
        var page = _page.Write();
        Assert.Contains("<td>42", page, StringComparison.Ordinal);
        Assert.Contains("as the reader's calibration measured it", page, StringComparison.Ordinal);
    }

    [Fact]
    public void It_says_that_it_holds_plates_and_fetches_nothing()
    {
        Add("scenes", null, null);
        var page = _page.Write();
        Assert.Contains("do not publish it", page, StringComparison.Ordinal);
        Assert.DoesNotMatch("(?i)https?://|<script|<link", page);
    }

    [Fact]
    public void A_page_stays_one_that_a_browser_opens()
    {
        for (var i = 0; i < 250; i++) Add("scenes", null, null);
        var page = _page.Write();
        Assert.Equal(200, Regex.Count(page, "<figure"));
        Assert.Contains("250 failures, 200 shown", page, StringComparison.Ordinal);
    }

    private void Add(string set, params StillRead?[] reads)
    {
        using var picture = Specimen.Blank(320, 200);
        _page.Add(set, picture, new LabelledPlate(new PixelBox(100, 90, 200, 120), "AB123CD"), reads);
    }
}
