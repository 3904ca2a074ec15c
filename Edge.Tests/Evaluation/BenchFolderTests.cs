using Edge.Agent.Evaluation;
using Edge.Tests.Support;

namespace Edge.Tests.Evaluation;

public sealed class BenchFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void What_is_absent_is_left_out() => Assert.Empty(new BenchFolder(_folder.Path).Find(BenchSets.All));

    [Fact]
    public void Scenes_and_crops_are_told_apart_by_their_tables()
    {
        Table("scenes/eu", "file\tx\ty\twidth\theight\ttext", "a.jpg\t1\t2\t30\t8\tAB123");
        Table("crops/us", "file\tstate\ttext", "b.png\tak\tQRS987");
        var sets = new BenchFolder(_folder.Path).Find(BenchSets.Scenes | BenchSets.Crops);
        Assert.Equal([("scenes/eu", false), ("crops/us", true)], sets.Select(set => (set.Name, set.AreCrops)));
        Assert.Equal(_folder.File("scenes/eu/a.jpg"), Assert.Single(sets[0].Pictures).Path);
    }

    [Fact]
    public void Degraded_pictures_are_made_from_the_scenes()
    {
        Table("scenes/eu", "file\tx\ty\twidth\theight\ttext", "a.jpg\t1\t2\t30\t8\tAB123");
        Assert.Equal("scenes/eu", Assert.Single(new BenchFolder(_folder.Path).Find(BenchSets.Degraded)).Name);
    }

    [Fact]
    public void Of_a_training_set_only_what_training_never_sees_is_measured_on()
    {
        Table("training/oid_plates_ccby", "file\tx\ty\twidth\theight\ttext",
            "b94993a2d67b455e.jpg\t1\t2\t30\t8\tAB123", "b15d6c0bdf90226d.jpg\t1\t2\t30\t8\tCD456");
        var set = Assert.Single(new BenchFolder(_folder.Path).Find(BenchSets.HeldOut));
        Assert.Equal((1, 2), (set.Pictures.Count, set.Of));
        Assert.Equal(["b94993a2d67b455e"], set.Ids);
    }

    [Fact]
    public void The_province_of_a_Chinese_plate_is_not_read()
    {
        Table("training/cn_ccpd_mit", "file\tx\ty\twidth\theight\ttext", "cn_03.jpg\t1\t2\t30\t8\t皖AQRS98");
        var picture = Assert.Single(Assert.Single(new BenchFolder(_folder.Path).Find(BenchSets.HeldOut)).Pictures);
        Assert.Equal("AQRS98", Assert.Single(picture.Labels).Text);
    }

    [Fact]
    public void A_picture_that_shows_no_plate_is_one_where_nothing_may_be_read()
    {
        Table("training/oid_plates_ccby", "file\tx\ty\twidth\theight\ttext", "b94993a2d67b455e.jpg", "b15d6c0bdf90226d.jpg");
        var set = Assert.Single(new BenchFolder(_folder.Path).Find(BenchSets.PlateFree | BenchSets.HeldOut));
        Assert.Equal(("plate-free/oid_plates_ccby", 1), (set.Name, set.Pictures.Count));
        Assert.Empty(set.Pictures[0].Labels);
    }

    [Fact]
    public void A_plate_that_training_sees_on_another_photograph_of_any_set_is_left_out_and_counted()
    {
        Table("training/oid_plates_ccby", "file\tx\ty\twidth\theight\ttext",
            "b94993a2d67b455e.jpg\t1\t2\t30\t8\tAB123", "b94993a2d67b455e.jpg\t50\t2\t30\t8\tCD456", "b15d6c0bdf90226d.jpg\t1\t2\t30\t8\tXY987");
        Table("training/romania", "file\tx\ty\twidth\theight\tmachine_read\tmin_confidence",
            "train-0001.jpg\t1\t2\t30\t8\tAB123\t1.00", "valid-0001.jpg\t1\t2\t30\t8\tCD456\t1.00", "valid-0002.jpg\t1\t2\t30\t8\tXY987\t1.00");
        var sets = new BenchFolder(_folder.Path).Find(BenchSets.HeldOut);
        Assert.Equal([("held-out/oid_plates_ccby", 1), ("held-out/romania", 1)], sets.Select(set => (set.Name, set.AlsoTrained)));
        Assert.All(sets, set => Assert.Equal("CD456", Assert.Single(Assert.Single(set.Pictures).Labels).Text));
    }

    [Fact]
    public void A_set_whose_plates_are_all_left_out_still_says_so()
    {
        Table("training/romania", "file\tx\ty\twidth\theight\tmachine_read\tmin_confidence",
            "train-0001.jpg\t1\t2\t30\t8\tAB123\t1.00", "valid-0001.jpg\t1\t2\t30\t8\tAB123\t1.00");
        var set = Assert.Single(new BenchFolder(_folder.Path).Find(BenchSets.HeldOut));
        Assert.Equal((0, 1), (set.Pictures.Count, set.AlsoTrained));
    }

    [Fact]
    public void Frames_that_the_detector_learns_from_are_not_measured_on()
    {
        Table("training/us_udacity_mit_unlabelled", ["file\tx\ty\twidth\theight\ttext", .. Enumerable.Range(0, 64).Select(i => $"us_{i}.jpg")]);
        Assert.Empty(new BenchFolder(_folder.Path).Find(BenchSets.All));
    }

    [Fact]
    public void The_shared_data_holds_every_set()
    {
        var sets = new BenchFolder(Shared.Need("data")).Find(BenchSets.All);
        Assert.Equal((218, 389), (Count(BenchSets.Scenes), Count(BenchSets.Crops)));
        Assert.Equal(8, sets.Count(set => set.Kind == BenchSets.HeldOut));
        Assert.All(sets.SelectMany(set => set.Pictures), picture => Assert.True(File.Exists(picture.Path)));
        Assert.All(sets.Where(set => set.Kind == BenchSets.HeldOut), set => Assert.True(set.Pictures.Count < set.Of));

        int Count(BenchSets kind) => sets.Where(set => set.Kind == kind).Sum(set => set.Pictures.Count);
    }

    public void Dispose() => _folder.Dispose();

    private void Table(string name, params string[] lines)
    {
        Directory.CreateDirectory(_folder.File(name));
        File.WriteAllLines(_folder.File($"{name}.tsv"), lines);
    }
}
