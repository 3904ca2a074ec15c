using System.Text;
using CsCheck;
using Edge.Vision.Capture.Mjpeg;

namespace Edge.Tests.Capture;

public sealed class MultipartParserTests
{
    private static readonly Gen<byte[][]> Parts = Gen.Byte.Array[0, 200].Where(part => !Contains(part, "--edge")).Array[1, 6];

    private static readonly Gen<byte[]>[] Pieces =
        [.. new[] { "--edge", "--", "\r\n", "\n", "Content-Length: ", "7", ":" }.Select(text => Gen.Const(Encoding.ASCII.GetBytes(text)))];

    [Theory]
    [InlineData(true, "\r\n")]
    [InlineData(false, "\r\n")]
    [InlineData(true, "\n")]
    public void Parts_come_out_as_they_went_in_however_they_are_chopped(bool withLength, string lineBreak)
    {
        // Without a length a trailing line break cannot be told from the delimiter's.
        var parts = Parts.Where(all => withLength || all.All(part => part.Length == 0 || part[^1] is not ((byte)'\n' or (byte)'\r')));
        Gen.Select(parts, Gen.Int[1, 50].Array[1, 40]).Sample((sent, cuts) =>
        {
            var (received, end) = Parse(Stream(sent, withLength, lineBreak), "edge", cuts);
            return end == MultipartStep.Ended && received.Count == sent.Length &&
                received.Zip(sent).All(pair => pair.First.AsSpan().SequenceEqual(pair.Second));
        });
    }

    [Fact]
    public void No_bytes_make_it_throw_or_loop() =>
        Gen.Select(Gen.OneOf(Gen.Byte.Array[0, 40], Gen.OneOf(Pieces)).Array[0, 40], Gen.Int[1, 50].Array[1, 40])
        .Sample((pieces, cuts) => { Parse([.. pieces.SelectMany(piece => piece)], "edge", cuts); });

    [Theory]
    [InlineData("edge")]
    [InlineData("--edge")]
    [InlineData("\"edge\"")]
    [InlineData("\"--edge\"")]
    public void The_boundary_parameter_may_carry_quotes_and_dashes(string parameter)
    {
        var (received, _) = Parse(Stream([[1, 2, 3]], true, "\r\n"), parameter, [1000]);
        Assert.Equal([1, 2, 3], Assert.Single(received));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("--")]
    [InlineData("a b")]
    [InlineData("grün")]
    [InlineData("01234567890123456789012345678901234567890123456789012345678901234567890")]
    public void A_boundary_that_is_none_is_refused(string? parameter) => Assert.False(MultipartParser.TryCreate(parameter, out _));

    [Fact]
    public void Event_texts_between_the_pictures_are_skipped()
    {
        var stream = "--edge\r\nContent-Type: text/xml\r\nContent-Length: 4\r\n\r\n<a/>\r\n--edge\r\nContent-Type: image/jpeg\r\n\r\nxyz\r\n--edge--"u8;
        var (received, end) = Parse(stream.ToArray(), "edge", [7]);
        Assert.Equal("xyz"u8.ToArray(), Assert.Single(received));
        Assert.Equal(MultipartStep.Ended, end);
    }

    [Theory]
    [InlineData("--edge\r\nContent-Length: 9000000\r\n\r\n", "length")]
    [InlineData("--edge\r\nContent-Length: 99999999999999999999\r\n\r\n", "length")]
    [InlineData("--edge\r\nContent-Length: -1\r\n\r\n", "length")]
    [InlineData("--edge\r\nContent-Length: 0x10\r\n\r\n", "length")]
    public void A_length_beyond_the_limit_or_no_number_is_refused(string stream, string reason) =>
        Assert.Contains(reason, Refusal(Encoding.ASCII.GetBytes(stream)));

    [Fact]
    public void A_part_without_end_is_refused_before_it_fills_the_memory() =>
        Assert.Equal("a part of more than 8 MiB", Refusal([.. "--edge\r\n\r\n"u8, .. new byte[MultipartParser.LargestPart + 100_000]]));

    [Fact]
    public void Headers_without_end_are_refused()
    {
        Assert.Equal("part headers of more than 8 KiB", Refusal([.. "--edge\r\n"u8, .. Repeat("X: y\r\n", 2000)]));
        Assert.Equal("part headers of more than 8 KiB", Refusal([.. "--edge\r\nX: "u8, .. Repeat("y", 9000)]));
        Assert.Equal("a boundary line without an end", Refusal([.. "--edge"u8, .. Repeat(" ", 9000)]));
    }

    [Fact]
    public void A_stream_without_its_boundary_is_refused() =>
        Assert.Equal("no boundary where the stream promised one", Refusal(new byte[MultipartParser.LargestPart + 100_000]));

    private static byte[] Repeat(string text, int times) => Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(text, times)));

    private static byte[] Stream(byte[][] parts, bool withLength, string lineBreak)
    {
        var stream = new List<byte>();
        foreach (var part in parts)
        {
            stream.AddRange(Encoding.ASCII.GetBytes($"--edge{lineBreak}Content-Type: image/jpeg{lineBreak}"));
            if (withLength) stream.AddRange(Encoding.ASCII.GetBytes($"content-length:{part.Length}{lineBreak}"));
            stream.AddRange([.. Encoding.ASCII.GetBytes(lineBreak), .. part, .. Encoding.ASCII.GetBytes(lineBreak)]);
        }
        stream.AddRange("--edge--\r\n"u8);
        return [.. stream];
    }

    private static string Refusal(byte[] stream)
    {
        Assert.True(MultipartParser.TryCreate("edge", out var parser));
        for (var at = 0; at < stream.Length; at += 16384)
        {
            parser.Append(stream.AsSpan(at, Math.Min(16384, stream.Length - at)));
            while (parser.Next(out _) == MultipartStep.Part) { }
        }
        Assert.Equal(MultipartStep.Refused, parser.Next(out _));
        return parser.Refusal;
    }

    private static (List<byte[]> Parts, MultipartStep End) Parse(byte[] stream, string boundary, int[] cuts)
    {
        Assert.True(MultipartParser.TryCreate(boundary, out var parser));
        var parts = new List<byte[]>();
        var end = MultipartStep.NeedsMore;
        for (int at = 0, cut = 0; at < stream.Length && end == MultipartStep.NeedsMore; cut++)
        {
            var length = Math.Min(cuts[cut % cuts.Length], stream.Length - at);
            parser.Append(stream.AsSpan(at, length));
            at += length;
            while ((end = parser.Next(out var part)) == MultipartStep.Part) parts.Add(part.ToArray());
        }
        return (parts, end);
    }

    private static bool Contains(byte[] part, string text) => part.AsSpan().IndexOf(Encoding.ASCII.GetBytes(text)) >= 0;
}
