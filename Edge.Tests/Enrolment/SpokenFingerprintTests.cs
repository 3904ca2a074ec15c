using System.Security.Cryptography;
using Edge.Agent.Enrolment;

namespace Edge.Tests.Enrolment;

public sealed class SpokenFingerprintTests
{
    [Fact]
    public void It_is_the_first_80_bits_of_the_hash_in_four_groups_of_four()
    {
        var bits = string.Concat(SHA256.HashData("a request"u8).Take(10).Select(one => Convert.ToString(one, 2).PadLeft(8, '0')));
        var spelt = string.Concat(bits.Chunk(5).Select(five => "0123456789ABCDEFGHJKMNPQRSTVWXYZ"[Convert.ToInt32(new string(five), 2)]));
        Assert.Equal($"{spelt[..4]}-{spelt[4..8]}-{spelt[8..12]}-{spelt[12..]}", SpokenFingerprint.Of("a request"u8).ToString());
    }

    [Theory]
    [InlineData("0123-4567-89AB-CDEF", "0123-4567-89AB-CDEF")]
    [InlineData("o123 4567 89ab cdef", "0123-4567-89AB-CDEF")]
    [InlineData("OIL34567-89AB-CDEF", "0113-4567-89AB-CDEF")]
    public void What_was_heard_may_be_typed_as_one_likes(string typed, string meant)
    {
        Assert.True(SpokenFingerprint.TryParse(typed, out var read));
        Assert.Equal(meant, read.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("0123-4567-89AB")]
    [InlineData("0123-4567-89AB-CDEF0")]
    [InlineData("0123-4567-89AB-CDEU")]
    public void What_is_too_short_too_long_or_of_other_letters_is_none(string typed) => Assert.False(SpokenFingerprint.TryParse(typed, out _));
}
