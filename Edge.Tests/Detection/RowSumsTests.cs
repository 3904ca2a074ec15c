using CsCheck;
using Edge.Vision.Detection;

namespace Edge.Tests.Detection;

public sealed class RowSumsTests
{
    [Fact]
    public void Rows_of_any_length_are_added_as_one_would_by_hand() =>
        Gen.Select(Gen.Byte.Array[0, 200].Array[1, 5], Gen.Int[1, 51].Array[5]).Sample((drawn, weights) =>
        {
            var length = drawn.Min(row => row.Length);
            var rows = drawn.Select(row => row[..length]).ToArray();
            var sums = new ushort[length];
            for (var i = 0; i < rows.Length; i++) RowSums.Add(rows[i], (ushort)weights[i], sums);
            Assert.Equal(Enumerable.Range(0, length).Select(x => rows.Index().Sum(row => row.Item[x] * weights[row.Index])), sums.Select(sum => (int)sum));
        });

    [Fact]
    public void As_many_white_rows_as_a_cell_of_the_largest_picture_has_do_fit()
    {
        var white = new byte[100];
        Array.Fill(white, byte.MaxValue);
        var sums = new ushort[100];
        for (var i = 0; i < 257; i++) RowSums.Add(white, 1, sums);
        Assert.All(sums, sum => Assert.Equal(257 * 255, sum));
    }

    [Fact]
    public void Sums_of_another_length_are_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => RowSums.Add(new byte[3], 1, new ushort[4]));
}
