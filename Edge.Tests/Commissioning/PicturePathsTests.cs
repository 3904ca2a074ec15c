using System.Diagnostics;
using Edge.Agent.Commissioning;
using Edge.Tests.Evaluation;
using Edge.Tests.Support;
using Edge.Vision.Capture;

namespace Edge.Tests.Commissioning;

public sealed class PicturePathsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void A_folder_is_its_pictures_by_name_and_anything_else_is_itself()
    {
        Picture("b.jpg");
        Picture("a.jpg");
        File.WriteAllText(_folder.File("labels.tsv"), "");
        Assert.Equal(["lane.mp4", _folder.File("a.jpg"), _folder.File("b.jpg")], PicturePaths.Of(["lane.mp4", _folder.Path]));
    }

    [Fact]
    public void What_is_no_picture_and_cannot_be_opened_does_not_hide_the_pictures_beside_it()
    {
        Picture("a.jpg");
        Picture(".b.jpg");
        File.CreateSymbolicLink(_folder.File(".#a"), "nobody@nowhere");
        File.CreateSymbolicLink(_folder.File("lock"), "nobody@nowhere");
        using (var pipe = Process.Start("mkfifo", [_folder.File("pipe")])) pipe.WaitForExit();
        Assert.True(File.Exists(_folder.File("pipe")));
        File.CreateSymbolicLink(_folder.File("another"), _folder.File("pipe"));
        Assert.Equal([_folder.File("a.jpg")], PicturePaths.Of([_folder.Path]));
    }

    [Fact]
    public void A_camera_is_refused_and_its_password_is_not_repeated()
    {
        var refused = Assert.Throws<CaptureException>(() => PicturePaths.Of(["rtsp://viewer:secret@camera/1"]));
        Assert.Contains("a camera is neither a picture nor a recording", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_without_a_picture_is_said() =>
        Assert.Contains("no picture in this folder", Assert.Throws<CaptureException>(() => PicturePaths.Of([_folder.Path])).Message, StringComparison.Ordinal);

    [Fact]
    public void Two_pictures_of_one_name_cannot_share_its_labels()
    {
        File.WriteAllLines(_folder.File("labels.tsv"), ["file\ttext", "a.jpg\tAB123CD"]);
        var labels = LabelledPlates.Read(_folder.File("labels.tsv"));
        var refused = Assert.Throws<LabelsException>(() => PicturePaths.RefuseSameNames(["day/a.jpg", "day/b.jpg", "night/a.jpg"], [labels]));
        Assert.Contains("several pictures are called a.jpg", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("AB123CD", refused.Message, StringComparison.Ordinal);

        PicturePaths.RefuseSameNames(["day/a.jpg", "day/b.jpg", "night/b.jpg"], [labels]);
    }

    public void Dispose() => _folder.Dispose();

    private void Picture(string name) => Specimens.Blank(_folder.File(name));
}
