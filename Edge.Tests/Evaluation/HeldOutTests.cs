using Edge.Agent.Evaluation;

namespace Edge.Tests.Evaluation;

public sealed class HeldOutTests
{
    [Theory]
    [InlineData("", 0u)]
    [InlineData("123456789", 0xcbf43926u)] // the check value of CRC-32/ISO-HDLC
    [InlineData("b94993a2d67b455e", 2070736136u)]
    public void The_check_sum_is_the_one_of_zlib(string text, uint sum) => Assert.Equal(sum, HeldOut.Crc32(text));

    [Theory]
    [InlineData("oid_plates_ccby", "b94993a2d67b455e.jpg", "b94993a2d67b455e")]
    [InlineData("oid_crops_text", "17cceae78dbeff46_18.jpg", "17cceae78dbeff46")]
    [InlineData("in_college_apache", "in_WA0015.jpg", "in_WA0015")]
    [InlineData("vn_mit", "vn2_clip3.2_new_0.jpg", "vn2_clip3.2_new_0")]
    public void A_picture_is_known_by_what_it_shows(string set, string file, string id) => Assert.Equal(id, HeldOut.Id(set, file));

    [Fact]
    public void A_crop_is_held_out_with_the_photograph_it_was_cut_from() => Assert.All(Enumerable.Range(0, 64), i =>
        Assert.Equal(HeldOut.Contains("oid_plates_ccby", $"{i:x16}.jpg"), HeldOut.Contains("oid_crops_text", $"{i:x16}_3.jpg")));

    [Theory]
    [InlineData("oid_plates_ccby", "b94993a2d67b455e.jpg", true)]
    [InlineData("oid_plates_ccby", "b15d6c0bdf90226d.jpg", false)]
    [InlineData("in_punjab_ccby", "in_pb_004.jpg", true)]
    [InlineData("in_punjab_ccby", "in_pb_000.jpg", false)]
    [InlineData("romania", "valid-0001.jpg", true)]
    [InlineData("romania", "train-0001.jpg", false)]
    public void One_in_eight_is_held_out_and_all_of_a_split_that_came_with_its_set(string set, string file, bool held) =>
        Assert.Equal(held, HeldOut.Contains(set, file));
}
