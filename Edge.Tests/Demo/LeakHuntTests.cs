using System.Text;
using CsCheck;
using Edge.Agent.Demo;
using Edge.Tests.Support;
using Edge.Vision.Recognition;

namespace Edge.Tests.Demo;

public sealed class LeakHuntTests : IDisposable
{
    private const string Forgotten = "KB12DSZ";
    private readonly LeakHunt _hunt = new();
    private readonly TemporaryFolder _folder = new();

    public LeakHuntTests() => See(Forgotten, matched: false);

    [Theory]
    [InlineData("xxKB12DSZxx")]
    [InlineData("kb12dsz")]
    [InlineData("K812052")] // the folded form
    [InlineData("4B42313244535A")] // hexadecimal
    [InlineData("4b42313244535a")]
    public void Every_spelling_is_found(string kept) => Assert.NotEqual(0, _hunt.In(Encoding.ASCII.GetBytes(kept)));

    [Fact]
    public void A_part_of_a_plate_is_not_the_plate() => Assert.Equal(0, _hunt.In("KB12DS KB12D 12DSZ"u8));

    [Fact]
    public void UTF_16_is_found() => Assert.NotEqual(0, _hunt.In(Encoding.Unicode.GetBytes($"plate {Forgotten}!")));

    [Fact]
    public void Base64_is_found_wherever_the_plate_starts() =>
        Gen.Select(Gen.Byte.Array[0, 9], Gen.Byte.Array[0, 9], Gen.Bool).Sample((before, after, wide) =>
        {
            var text = wide ? Encoding.Unicode.GetBytes(Forgotten) : Encoding.ASCII.GetBytes(Forgotten);
            var kept = Convert.ToBase64String([.. before, .. text, .. after]);
            Assert.NotEqual(0, _hunt.In(Encoding.ASCII.GetBytes(kept)));
        });

    [Fact]
    public void A_message_is_opened_before_it_is_searched()
    {
        var inner = Convert.ToBase64String(Encoding.ASCII.GetBytes($"{{\"text\":\"{Forgotten}\"}}"));
        var payload = System.Buffers.Text.Base64Url.EncodeToString(Encoding.ASCII.GetBytes($"{{\"header\":\"{inner}\"}}"));
        Assert.NotEqual(0, _hunt.InMessage("edge/v1/a/b/hit", Encoding.ASCII.GetBytes($"e30.{payload}.c2ln")));
    }

    [Theory]
    [InlineData("the plate AB12 stood here", true)]
    [InlineData("{\"text\":\"AB12\"}", true)]
    [InlineData("c2lnbmVkAB12xyz", false)] // four characters of base64 that happen to be the same
    public void A_short_plate_counts_where_it_stands_alone(string kept, bool leaked)
    {
        See("AB12", matched: false);
        Assert.Equal(leaked, _hunt.In(Encoding.ASCII.GetBytes(kept)) > 0);
    }

    [Fact]
    public void Files_and_their_names_are_searched()
    {
        File.WriteAllText(_folder.File("clean"), "nothing here");
        Assert.Equal(0, _hunt.InFolders(_folder.Path));
        File.WriteAllText(_folder.File($"{Forgotten}.jpg"), "");
        Assert.Equal(Forgotten.Length, _hunt.InFolders(_folder.Path));
    }

    [Fact]
    public void A_plate_that_somebody_looks_for_is_no_leak()
    {
        See("LF44AAA", matched: true);
        Assert.Equal(0, _hunt.In("LF44AAA"u8));
    }

    public void Dispose()
    {
        _hunt.Dispose();
        _folder.Dispose();
    }

    private void See(string text, bool matched)
    {
        Assert.True(PlateText.TryParse(text, out var plate));
        using (plate) _hunt.Saw(plate, matched);
    }
}
