using System.Security.Cryptography;
using System.Text;
using CsCheck;
using Edge.Agent.Matching;
using Edge.Agent.Publishing;
using Edge.Storage.Signing;
using Edge.Tests.Support;
using Edge.Vision.Recognition;

namespace Edge.Tests.Publishing;

public sealed class HitBodyTests
{
    private const string Good = """
        {"text":"AB12","confidences":[0.93,0.93,0.93,0.93],"right":0.998,"region":"TR","regionSure":0.97,"regionVerified":true,"ruleChanged":[1],"camera":"lane-1","time":"2026-03-04T05:06:07.890Z","frames":3,"entry":"entry-7","form":"exact","policy":12,"crop":"_9gBAgP_2Q"}
        """;

    [Fact]
    public void A_body_is_written_as_documented()
    {
        using var body = HitBody.Write("AB12"u8, SampleBox.Facts(4));

        Assert.Equal(Good, Encoding.UTF8.GetString(body.Written));
    }

    [Fact]
    public void Every_body_reads_back_as_it_was_written() =>
        Gen.Select(Gen.Char["ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"].Array[1, 16], Gen.Float[0, 1], Gen.Byte.Array[0, 4000],
            Gen.Int[1, 1000], Gen.Bool).Sample((plate, confidence, picture, frames, folded) =>
        {
            var facts = SampleBox.Facts(plate.Length) with
            {
                Confidences = [.. plate.Select(_ => confidence)], Frames = frames, Right = folded ? null : confidence,
                Region = folded ? PlateRegion.Unknown : new PlateRegion("US-CA", confidence), RegionVerified = !folded,
                RuleChanged = folded ? [] : [.. Enumerable.Range(0, plate.Length)],
                Form = folded ? MatchForm.Folded : MatchForm.Exact, Crop = (byte[])[0xFF, 0xD8, .. picture, 0xFF, 0xD9],
            };
            using var body = HitBody.Write(Encoding.ASCII.GetBytes(plate), facts);
            return HitBody.TryParse(body.Written, out var read, out _) && read.Text == new string(plate)
                && read.Facts with { Confidences = facts.Confidences, RuleChanged = facts.RuleChanged, Crop = facts.Crop } == facts
                && read.Facts.RuleChanged.SequenceEqual(facts.RuleChanged)
                && read.Facts.Confidences.SequenceEqual(facts.Confidences) && read.Facts.Crop.Span.SequenceEqual(facts.Crop.Span);
        });

    [Fact]
    public void A_body_from_before_a_member_was_added_is_read_without_it()
    {
        var older = Good.Replace("\"right\":0.998,", "", StringComparison.Ordinal).Replace("\"regionSure\":0.97,", "", StringComparison.Ordinal)
            .Replace("\"ruleChanged\":[1],", "", StringComparison.Ordinal).Replace("\"TR\"", "null", StringComparison.Ordinal)
            .Replace("\"regionVerified\":true", "\"regionVerified\":false", StringComparison.Ordinal);
        Assert.True(HitBody.TryParse(Encoding.UTF8.GetBytes(older), out var body, out var reason), reason);
        Assert.Null(body.Facts.Right);
        Assert.Equal(PlateRegion.Unknown, body.Facts.Region);
        Assert.Empty(body.Facts.RuleChanged);
        Assert.Equal(("AB12", "lane-1"), (body.Text, body.Facts.Camera));
    }

    [Theory]
    [InlineData("[1]", "null")]
    [InlineData("\"regionSure\":0.97", "\"regionSure\":null")]
    [InlineData("\"frames\":3,", "")]
    [InlineData("\"AB12\"", "\"ab12\"")]
    [InlineData("\"AB12\"", "\"\"")]
    [InlineData("[0.93,0.93,0.93,0.93]", "[0.93,0.93,0.93]")]
    [InlineData("[0.93,", "[1.01,")]
    [InlineData("[0.93,", "[-0.1,")]
    [InlineData("\"TR\"", "\"\"")]
    [InlineData("\"TR\"", "\"\\u0007\"")]
    [InlineData("\"TR\"", "\"Turkey\"")]
    [InlineData("\"TR\"", "null")] // unknown, yet sure
    [InlineData("\"right\":0.998", "\"right\":1.1")]
    [InlineData("\"regionSure\":0.97", "\"regionSure\":-1")]
    [InlineData("[1]", "[4]")]
    [InlineData("[1]", "[-1]")]
    [InlineData("[1]", "[1,1]")]
    [InlineData("[1]", "[2,1]")]
    [InlineData("\"lane-1\"", "\"../lane\"")]
    [InlineData("\"frames\":3", "\"frames\":0")]
    [InlineData("\"entry-7\"", "\"entry 7\"")]
    [InlineData("\"exact\"", "\"Exact\"")]
    [InlineData("\"exact\"", "0")]
    [InlineData("_9gBAgP_2Q", "_9gBAgP_2R")]
    [InlineData("_9gBAgP_2Q", "_9gBAgP_2Q==")]
    [InlineData("_9gBAgP_2Q", "AAAA")]
    [InlineData("\"policy\":12", "\"policy\":-1")]
    [InlineData("\"policy\":12", "\"policy\":12,\"occupants\":\"x\"")]
    public void Anything_else_is_refused_and_the_reason_shows_no_plate(string part, string instead)
    {
        var changed = Good.Replace(part, instead, StringComparison.Ordinal);
        Assert.NotEqual(Good, changed);

        Assert.False(HitBody.TryParse(Encoding.UTF8.GetBytes(changed), out _, out var reason));
        Assert.NotEmpty(reason);
        Assert.DoesNotContain("AB12", reason, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void A_picture_too_large_or_not_of_a_plate_s_text_is_refused_at_the_box()
    {
        var facts = SampleBox.Facts(4);
        Assert.Throws<ArgumentException>(() => HitBody.Write("AB12"u8, facts with { Crop = new byte[HitFacts.MaxCropBytes + 1] }));
        Assert.Throws<ArgumentException>(() => HitBody.Write("AB12"u8, facts with { Confidences = [1f] }));
        Assert.Throws<ArgumentException>(() => HitBody.Write("ab12"u8, facts));
    }

    [Fact]
    public void The_largest_hit_fits_a_signed_message()
    {
        using var box = new SampleBox();
        byte[] crop = [0xFF, 0xD8, .. RandomNumberGenerator.GetBytes(HitFacts.MaxCropBytes - 4), 0xFF, 0xD9];
        using var body = HitBody.Write("ABCDEFGHIJKLMNOP"u8,
            SampleBox.Facts(16, new string('e', 64)) with
            { Crop = crop, Region = new PlateRegion("US-CAL", 0.123456789f), RuleChanged = [.. Enumerable.Range(0, 16)], Camera = new string('c', 40) });

        var message = box.Signer.Hit(SealedHit.Seal(box.Agency.Public, box.Header(long.MaxValue), body), SampleBox.Now);

        Assert.InRange(message.Length, 1, Jws.MaxBytes);
    }

    [Fact]
    public void What_was_written_is_gone_once_disposed()
    {
        var body = HitBody.Write("AB12"u8, SampleBox.Facts(4));
        var bytes = body.GetMemory();
        Assert.True(System.Runtime.InteropServices.MemoryMarshal.TryGetArray<byte>(bytes, out var whole));
        Assert.Contains("AB12", Encoding.UTF8.GetString(whole.Array!), StringComparison.Ordinal);

        body.Dispose();

        Assert.All(whole.Array!, value => Assert.Equal(0, value));
        Assert.True(body.Written.IsEmpty);
    }

    [Fact]
    public void A_body_prints_without_the_plate()
    {
        var body = new HitBody("AB12", SampleBox.Facts(4));
        Assert.DoesNotContain("AB12", $"{body}", StringComparison.Ordinal);
        var hit = new Edge.Agent.Hub.ReceivedMessage.Hit(null!, null!, body);
        Assert.DoesNotContain("AB12", $"{hit}", StringComparison.Ordinal);
    }
}
