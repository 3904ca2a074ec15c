using System.Text;
using Edge.Storage.Audit;
using Edge.Storage.Keys;

namespace Edge.Tests.Audit;

public sealed class TlogProofTests
{
    // Entry 3 ("four") of the test log of transparency-dev/tessera, cosigned with RFC 8032 test key 1.
    private const string Text = """
        c2sp.org/tlog-proof@v1
        index 3
        Zx8UbF5HHooag6PCFM5LqQe486WIjRTMjNPOdbsS75Q=
        T1X2GdkhUjV3iyufF9b0kVsWFxIU0VI4EpNml2Teci4=
        g0ZoeYWtIV8Q8i+4CmgqPnBvH2il107lyCgTQsyB7H4=
        5jLpqTgjsBDSEX6SgZiRnbTMdTuRd8bQ5tSsAOxe0Ks=

        example.com/log/testdata
        15
        rKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383cs=

        — example.com/log/testdata M9e0luh4jTG+UMBqOUo9/q+yAEvx1ilBEniMvjf1zfcBOhg+CKubMt53MvIt/uEWP6zdkdIQzd/fmwlM/dlPWF74ewI=
        — example.com/witness +uCXdAAAAABlU/EA4v0cV4DQ6bp095Uz5hMt/nfebMX5+KeD1CrNI87b04aHkKdYlIPYnhU+N0K6Tz705UQmG5iE+ZnLsKeZy2ZvBw==

        """;

    private static readonly NoteKey Log = Key("example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx");
    private static readonly NoteKey Witness = Key("example.com/witness+fae09774+BNdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea");

    [Fact]
    public void The_published_proof_holds_for_its_entry_alone()
    {
        var proof = Parse(Text);
        Assert.True(proof.Verify(Merkle.Leaf("four"u8), Log));
        Assert.False(proof.Verify(Merkle.Leaf("five"u8), Log));
        Assert.False((proof with { Index = 2 }).Verify(Merkle.Leaf("four"u8), Log));
        Assert.False(proof.Verify(Merkle.Leaf("four"u8), Witness));
        Assert.Equal(Text, Encoding.UTF8.GetString(proof.ToBytes()));
    }

    [Fact]
    public void The_published_cosignature_holds_with_its_time()
    {
        var note = Parse(Text).Note;
        Assert.True(Cosignature.TryVerify(note, Witness, out var time));
        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(1_700_000_000), time);
        Assert.False(Cosignature.TryVerify(note, Log, out _));
        // One second off: the last byte of the timestamp is in the group before the signature.
        var later = Parse(Text.Replace("+uCXdAAAAABlU/EA", "+uCXdAAAAABlU/EB", StringComparison.Ordinal)).Note;
        Assert.False(Cosignature.TryVerify(later, Witness, out _));
    }

    [Fact]
    public void A_witness_signs_what_a_reader_verifies()
    {
        using var key = SigningKey.Create();
        using var witness = SigningKey.Create();
        var time = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);
        var note = SignedNote.Sign(new Checkpoint("example.com/box", 1, Merkle.Empty).ToText(), "example.com/box", key);
        var cosigned = note.With(Cosignature.Sign(note.Text, "w", witness, time));
        Assert.True(Cosignature.TryVerify(cosigned, new NoteKey("w", witness.Public, NoteKeyType.Cosignature), out var signed));
        Assert.Equal(time, signed);
        Assert.True(Checkpoint.TryOpen(cosigned.ToBytes(), new NoteKey("example.com/box", key.Public), out _));
    }

    [Fact]
    public void Extra_is_kept_and_never_trusted()
    {
        var proof = Parse(Text.Replace("index 3", "extra aGVsbG8=\nindex 3", StringComparison.Ordinal));
        Assert.Equal("hello", Encoding.ASCII.GetString(proof.Extra!.Value.Span));
        Assert.True(proof.Verify(Merkle.Leaf("four"u8), Log));
    }

    [Theory]
    [InlineData("@v1\n", "@v2\n")]
    [InlineData("index 3", "index 03")]
    [InlineData("index 3", "index -3")]
    [InlineData("index 3\n", "")]
    [InlineData("index 3", "index 3\nextra aGVsbG8=")]
    [InlineData("75Q=\n", "75R=\n")]
    [InlineData("0Ks=\n\n", "0Ks=\n")]
    [InlineData("index 3\n", "index 3\n\n")]
    public void Any_other_spelling_is_refused(string right, string wrong) =>
        Assert.False(TlogProof.TryParse(Encoding.UTF8.GetBytes(Text.Replace(right, wrong, StringComparison.Ordinal)), out _));

    [Theory]
    [InlineData("a\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n", true)]
    [InlineData("a\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n", true)]
    [InlineData("a\n01\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n", false)]
    [InlineData("a\n-1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n", false)]
    [InlineData("a\n9223372036854775808\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n", false)]
    [InlineData("a\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=\n", false)]
    [InlineData("a\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", false)]
    [InlineData("a\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\nextension\n", false)]
    [InlineData("a b\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n", false)]
    [InlineData("\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n", false)]
    public void A_checkpoint_has_one_spelling(string text, bool valid)
    {
        Assert.Equal(valid, Checkpoint.TryParse(text, out var checkpoint));
        if (valid) Assert.Equal(text, checkpoint!.ToText());
    }

    private static TlogProof Parse(string text)
    {
        Assert.True(TlogProof.TryParse(Encoding.UTF8.GetBytes(text), out var proof));
        return proof!;
    }

    private static NoteKey Key(string vkey) => NoteKey.TryParse(vkey, out var key) ? key! : throw new FormatException(vkey);
}
