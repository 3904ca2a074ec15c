using Edge.Agent.Governance;
using Edge.Agent.LanConsole;
using Edge.Storage.Audit;
using Edge.Tests.Matching;
using Edge.Tests.Support;
using Microsoft.Extensions.Time.Testing;
using OtpNet;

namespace Edge.Tests.LanConsole;

/// <summary>Codes as RFC 6238 makes them, each good once, and few guesses.</summary>
public sealed class OneTimeCodesTests : IDisposable
{
    // RFC 6238, appendix B.
    private static readonly byte[] Secret = "12345678901234567890"u8.ToArray();

    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _time = new(Lists.Now);
    private readonly ConsoleUser _user =
        new("tech-7", AuditRole.Technician, new string('A', 43), Lists.Now.AddDays(-1), Lists.Now.AddDays(1),
            new Dictionary<string, Edge.Storage.Sealing.SealedPart>());

    private ConsoleUsers Users => new("riverton", 1, [_user]);

    public void Dispose() => _folder.Dispose();

    // The last six of the eight digits in the appendix; its first times lie before the box's own clock could.
    [Theory]
    [InlineData(1111111109, "081804")]
    [InlineData(1234567890, "005924")]
    [InlineData(2000000000, "279037")]
    public void The_vectors_of_the_rfc_are_good(long unixTime, string code)
    {
        var time = new FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(unixTime));
        Assert.Equal(CodeVerdict.Good, OneTimeCodes.Open(_folder.Path, time).Check(_user, Secret, code, Users));
    }

    [Theory]
    [InlineData(-2, CodeVerdict.Wrong)]
    [InlineData(-1, CodeVerdict.Good)]
    [InlineData(0, CodeVerdict.Good)]
    [InlineData(1, CodeVerdict.Good)]
    [InlineData(2, CodeVerdict.Wrong)]
    public void A_code_is_good_in_its_own_half_minute_and_in_the_two_beside_it(int steps, object verdict) =>
        Assert.Equal((CodeVerdict)verdict, Open().Check(_user, Secret, Code(steps), Users));

    [Theory]
    [InlineData("")]
    [InlineData("12345")]
    [InlineData("1234567")]
    [InlineData("12345a")]
    [InlineData("١٢٣٤٥٦")]
    [InlineData(" 12345")]
    public void What_is_no_code_is_wrong(string code) => Assert.Equal(CodeVerdict.Wrong, Open().Check(_user, Secret, code, Users));

    [Fact]
    public void A_code_is_used_up_and_so_are_those_before_it_also_after_a_restart()
    {
        Assert.Equal(CodeVerdict.Good, Open().Check(_user, Secret, Code(0), Users));
        Assert.Equal(CodeVerdict.Used, Open().Check(_user, Secret, Code(0), Users));
        Assert.Equal(CodeVerdict.Used, Open().Check(_user, Secret, Code(-1), Users));
        Assert.Equal(CodeVerdict.Good, Open().Check(_user, Secret, Code(1), Users));
    }

    [Fact]
    public void Each_wrong_code_after_the_fifth_locks_for_twice_as_long_up_to_an_hour()
    {
        var codes = Open();
        for (var i = 1; i < OneTimeCodes.MostWrong; i++) Assert.Equal(CodeVerdict.Wrong, codes.Check(_user, Secret, "000000", Users));
        foreach (var minutes in new[] { 1, 2, 4, 8, 16, 32, 60, 60, 60 })
        {
            Assert.Equal(CodeVerdict.Wrong, codes.Check(_user, Secret, "000000", Users));
            codes = Open(); // the lock is on the disk
            _time.Advance(TimeSpan.FromMinutes(minutes) - TimeSpan.FromSeconds(1));
            Assert.Equal(CodeVerdict.Locked, codes.Check(_user, Secret, Code(0), Users));
            _time.Advance(TimeSpan.FromSeconds(1));
        }
        Assert.Equal(CodeVerdict.Good, codes.Check(_user, Secret, Code(0), Users));
        Assert.Equal(CodeVerdict.Wrong, codes.Check(_user, Secret, "000000", Users)); // counted anew
        Assert.Null(codes.LockedUntil(_user.Certificate));
    }

    [Fact]
    public void Where_the_file_is_damaged_nobody_comes_in()
    {
        File.WriteAllText(Path.Combine(_folder.Path, OneTimeCodes.FileName), "{\"people\":");
        Assert.Contains("is damaged", Assert.Throws<ConsoleException>(Open).Message, StringComparison.Ordinal);
    }

    private OneTimeCodes Open() => OneTimeCodes.Open(_folder.Path, _time);

    private string Code(int steps) => new Totp(Secret).ComputeTotp(_time.GetUtcNow().AddSeconds(30 * steps).UtcDateTime);
}
