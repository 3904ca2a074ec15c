using Edge.Agent.Governance;
using Edge.Storage.Audit;
using Edge.Storage.Keys;
using Edge.Tests.Matching;

namespace Edge.Tests.Governance;

public sealed class OperatorsTests
{
    private static readonly SigningKey Key = SigningKey.Create();

    private static Operator One(string account, SigningKey? key = null, int days = 100) =>
        new(account, AuditRole.Investigator, (key ?? Key).Public, Lists.Now, Lists.Now.AddDays(days));

    private static string Problems(params Operator[] operators)
    {
        Assert.False(Operators.TryParse(new Operators("riverton", 1, operators).Write(), out _, out var problems));
        return string.Join("; ", problems);
    }

    [Fact]
    public void What_is_written_is_read()
    {
        var written = new Operators("riverton", 3, [One("investigator-7")]);
        Assert.True(Operators.TryParse(written.Write(), out var read, out _));
        Assert.Equal(written.All, read.All);
        Assert.Equal(("riverton", 3), (read.Agency, read.Version));
        Assert.Equal("investigator-7", read.WithKey(Key.Public.KeyId)?.Account);
        Assert.Null(read.WithKey("somebody else's"));
    }

    [Fact]
    public void An_operator_is_in_force_from_the_start_of_a_term_until_just_before_its_end()
    {
        var one = One("investigator-7");
        Assert.False(one.IsInForce(Lists.Now.AddTicks(-1)));
        Assert.True(one.IsInForce(Lists.Now));
        Assert.False(one.IsInForce(Lists.Now.AddDays(100)));
    }

    [Fact]
    public void No_term_is_longer_than_a_year() =>
        Assert.Equal("operators[0].expires: must be at most 366 days after notBefore", Problems(One("investigator-7", days: 367)));

    [Fact]
    public void No_account_stands_twice_and_no_person_acts_in_two_parts()
    {
        using var other = SigningKey.Create();
        Assert.Contains("names an account a second time", Problems(One("investigator-7"), One("investigator-7", other)), StringComparison.Ordinal);
        Assert.Contains("has a key that stands here before", Problems(One("investigator-7"), One("auditor-1")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("A Person")]
    [InlineData("-7")]
    public void An_account_is_a_service_number_that_the_log_can_show(string account) =>
        Assert.Contains("operators[0].account", Problems(One(account)), StringComparison.Ordinal);
}
