using CsCheck;
using Edge.Storage.Audit;

namespace Edge.Tests.Audit;

public sealed class TilePathTests
{
    [Theory]
    [InlineData("tile/0/x001/x234/067", 0, 1234067, 256)]
    [InlineData("tile/0/000", 0, 0, 256)]
    [InlineData("tile/2/x001/000.p/17", 2, 1000, 17)]
    [InlineData("tile/63/999.p/255", 63, 999, 255)]
    public void Names_are_those_of_the_specification(string path, int level, long index, int width)
    {
        Assert.Equal(path, TilePath.Hashes(level, index, width).ToString());
        Assert.True(TilePath.TryParse(path, out var tile));
        Assert.Equal(TilePath.Hashes(level, index, width), tile);
        var entries = "tile/entries" + path[path.IndexOf('/', 5)..];
        Assert.True(TilePath.TryParse(entries, out var bundle));
        Assert.Equal(TilePath.Entries(index, width), bundle);
        Assert.Equal(entries, bundle.ToString());
    }

    [Theory]
    [InlineData("tile/0")]
    [InlineData("tile/0/")]
    [InlineData("tile/00/000")]
    [InlineData("tile/64/000")]
    [InlineData("tile/-1/000")]
    [InlineData("tile/0/00")]
    [InlineData("tile/0/0000")]
    [InlineData("tile/0/x000/001")]
    [InlineData("tile/0/001/002")]
    [InlineData("tile/0/x001")]
    [InlineData("tile/0/x001/x002")]
    [InlineData("tile/0/000.p/0")]
    [InlineData("tile/0/000.p/01")]
    [InlineData("tile/0/000.p/256")]
    [InlineData("tile/0/000.p")]
    [InlineData("tile/0/000.p/1/1")]
    [InlineData("tile/0/x001.p/000/1")]
    [InlineData("tile/0/٠٠٠")]
    [InlineData("Tile/0/000")]
    [InlineData("/tile/0/000")]
    [InlineData("tile/0/000.tmp")]
    [InlineData("tile/data/000")]
    public void Any_other_spelling_is_refused(string path) => Assert.False(TilePath.TryParse(path, out _));

    [Fact]
    public void A_path_reads_back_as_itself() =>
        Gen.Select(Gen.Int[-1, 63], Gen.Long[0, 999_999_999_999], Gen.Int[1, 256]).Sample((level, index, width) =>
        {
            var tile = level < 0 ? TilePath.Entries(index, width) : TilePath.Hashes(level, index, width);
            Assert.True(TilePath.TryParse(tile.ToString(), out var read));
            Assert.Equal(tile, read);
        });

    // The example of C2SP tlog-tiles "Partial Tiles".
    [Fact]
    public void A_tree_of_70000_has_the_partial_tiles_of_the_specification()
    {
        Assert.Equal(TilePath.Hashes(0, 273, 112), TilePath.RightEdge(0, 70_000));
        Assert.Equal(TilePath.Hashes(1, 1, 17), TilePath.RightEdge(1, 70_000));
        Assert.Equal(TilePath.Hashes(2, 0, 1), TilePath.RightEdge(2, 70_000));
        Assert.Null(TilePath.RightEdge(3, 70_000));
        Assert.Null(TilePath.RightEdge(0, 256));
        Assert.Equal(TilePath.Hashes(1, 0, 1), TilePath.RightEdge(1, 256));
        Assert.True(TilePath.Hashes(0, 272, 256).IsCoveredBy(70_000));
        Assert.False(TilePath.Hashes(0, 273, 113).IsCoveredBy(70_000));
    }
}
