using System.Diagnostics;
using Edge.Agent.Commissioning;
using Edge.Tests.Support;
using Edge.Vision.Detection;

namespace Edge.Tests.Commissioning;

public sealed class LabelledPlatesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void A_photograph_has_a_box_and_a_text_for_each_plate()
    {
        var labels = Read("file\tx\ty\twidth\theight\ttext", "a.jpg\t10\t20\t30\t8\tAB123", "a.jpg\t50\t20\t30.5\t8\tCD456", "b.jpg\t1\t2\t3\t4\t");
        Assert.True(labels.HasBoxes);
        Assert.Equal([new LabelledPlate(new PixelBox(10, 20, 40, 28), "AB123"), new LabelledPlate(new PixelBox(50, 20, 80.5f, 28), "CD456")], labels["a.jpg"]);
        Assert.Empty(labels["b.jpg"]); // a plate that nobody could read
        Assert.Empty(labels["c.jpg"]);
    }

    [Theory]
    [InlineData("file\tstate\ttext", "a.png\tak\tQRS987", "US-AK")]
    [InlineData("file\tstate\ttext", "a.png\t\tQRS987", null)]
    [InlineData("file\ttext", "a.png\tQRS987", null)]
    public void A_crop_has_a_text_and_maybe_a_state(string header, string row, string? region)
    {
        var labels = Read(header, row);
        Assert.False(labels.HasBoxes);
        Assert.Equal([new LabelledPlate(null, "QRS987") { Region = region }], labels["a.png"]);
    }

    [Fact]
    public void What_two_machines_agreed_on_is_a_text_too() =>
        Assert.Equal("B98QRS", Assert.Single(Read("file\tx\ty\twidth\theight\tmachine_read\tmin_confidence", "a.jpg\t1\t2\t3\t4\tB98QRS\t1.00")["a.jpg"]).Text);

    [Fact]
    public void A_file_alone_shows_no_plate()
    {
        var labels = Read("file\tx\ty\twidth\theight\ttext", "empty.jpg", "a.jpg\t1\t2\t3\t4\t");
        Assert.Equal(["empty.jpg"], labels.PlateFree);
        Assert.Equal(["empty.jpg", "a.jpg"], labels.Files);
    }

    [Fact]
    public void Other_alphabets_are_left_out_and_counted()
    {
        var labels = Read("file\ttext", "a.png\tЯ123", "b.png\tab123", "c.png\tAB123");
        Assert.Equal(2, labels.Skipped);
        Assert.Empty(labels["a.png"]);
    }

    [Fact]
    public void A_part_of_the_text_can_be_what_counts() =>
        Assert.Equal("AQRS98", Assert.Single(LabelledPlates.Read(Write("file\ttext", "a.png\t皖AQRS98"), text => text[1..])["a.png"]).Text);

    [Theory]
    [InlineData("file,text", "a", "line 1")]
    [InlineData("file\ttext", "a.png\tAB\tCD", "line 2: must have 2 fields, has 3")]
    [InlineData("file\tx\ty\twidth\theight\ttext", "a.png\t1\tone\t3\t4\tAB123", "line 2: field 3 must be a number")]
    [InlineData("file\tx\ty\twidth\theight\ttext", "a.jpg\tNaN\t2\t3\t4\tAB123", "line 2: field 2 must be a number")]
    [InlineData("file\tx\ty\twidth\theight\ttext", "a.jpg\t1\t2\t3\tInfinity\tAB123", "line 2: field 5 must be a number")]
    [InlineData("file\tx\ty\twidth\theight\ttext", "a.jpg\t1\t2\t1e39\t4\tAB123", "line 2: field 4 must be a number")]
    [InlineData("file\tx\ty\twidth\theight\ttext", "a.jpg\t-1\t2\t-3\t4\tAB123", "line 2: field 4 must not be below 0")]
    [InlineData("file\ttext", "AB/a.png\tAB123", "line 2: field 1 must be a bare file name")]
    [InlineData("file\ttext", "..\tAB123", "line 2: field 1 must be a bare file name")]
    [InlineData("file\ttext", "../a.png", "line 2: field 1 must be a bare file name")]
    [InlineData("file\ttext", "\tAB123", "line 2: field 1 must be a bare file name")]
    public void A_table_that_is_none_names_the_line_and_never_the_plate(string header, string row, string named)
    {
        var refused = Assert.Throws<LabelsException>(() => Read(header, row));
        Assert.Contains(named, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("AB", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("QRS99")]
    [InlineData("qrs98")]
    [InlineData("")]
    public void Where_the_picture_is_the_plate_a_file_has_one_label(string other)
    {
        var refused = Assert.Throws<LabelsException>(() => Read("file\ttext", "a.png\tQRS98", $"a.png\t{other}"));
        Assert.Contains("it has one label", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("QRS", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_table_may_come_from_a_pipe()
    {
        using (var pipe = Process.Start("mkfifo", [_folder.File("pipe")])) pipe.WaitForExit();
        using var writer = Process.Start("bash", ["-c", "printf 'file\ttext\na.png\tQRS98\n' > \"$1\"", "-", _folder.File("pipe")]);
        Assert.Equal("QRS98", Assert.Single(LabelledPlates.Read(_folder.File("pipe"))["a.png"]).Text);
        writer.WaitForExit();
    }

    [Fact]
    public void More_than_16_MiB_are_refused_from_a_pipe_too()
    {
        using (var pipe = Process.Start("mkfifo", [_folder.File("pipe")])) pipe.WaitForExit();
        using var writer = Process.Start("bash", ["-c", "head -c 17000000 /dev/zero > \"$1\" 2>/dev/null", "-", _folder.File("pipe")]);
        Assert.Contains("larger than 16777216 bytes", Assert.Throws<LabelsException>(() => LabelledPlates.Read(_folder.File("pipe"))).Message, StringComparison.Ordinal);
        writer.WaitForExit();
    }

    public void Dispose() => _folder.Dispose();

    private LabelledPlates Read(params string[] lines) => LabelledPlates.Read(Write(lines));

    private string Write(params string[] lines)
    {
        File.WriteAllLines(_folder.File("labels.tsv"), lines);
        return _folder.File("labels.tsv");
    }
}
