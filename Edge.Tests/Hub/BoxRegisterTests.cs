using Edge.Agent.Enrolment;
using Edge.Agent.Hub;
using Edge.Agent.Publishing;
using Edge.Storage.Keys;
using Edge.Tests.Matching;
using Edge.Tests.Support;

namespace Edge.Tests.Hub;

public sealed class BoxRegisterTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();
    private readonly Agency _agency;

    public BoxRegisterTests() => _agency = Agency.Create(_temporary.File("agency"), new AgencyPlan { Agency = "riverton", Cost = Lists.Cheap }, Lists.Now,
        null, out _)!;

    public void Dispose()
    {
        _agency.Dispose();
        _temporary.Dispose();
    }

    /// <summary>A request of a machine for the name box-1; the second of the same machine has the same keys.</summary>
    private EnrolmentRequest Request(string machine)
    {
        using var keys = KeyFolder.Open(_temporary.File($"{machine}-state"), null);
        return new EnrolmentFolder(_temporary.File($"{machine}-enrolment")).Prepare(new BoxName("riverton", "box-1"), keys);
    }

    [Fact]
    public void A_request_is_granted_once_also_when_another_box_bears_the_name_by_now()
    {
        var first = Request("old");
        Assert.Equal(BoxStanding.New, _agency.Register.StandingOf(first));
        _agency.Enrol(first, Lists.Now);
        Assert.Contains("granted once", Refused(first), StringComparison.Ordinal);
        _agency.Enrol(Request("new"), Lists.Now, replace: true);
        Assert.Contains("granted once", Refused(first), StringComparison.Ordinal);
    }

    [Fact]
    public void A_box_with_other_keys_takes_a_name_only_if_it_is_said_to_and_the_old_keys_are_kept()
    {
        var (old, replacement) = (Request("old"), Request("new"));
        Assert.Equal(1, _agency.Enrol(old, Lists.Now).Epoch);
        Assert.Equal(BoxStanding.OtherKeys, _agency.Register.StandingOf(replacement));
        Assert.Contains("--replace", Refused(replacement), StringComparison.Ordinal);
        Assert.Equal(old.Messages, Assert.Single(_agency.Boxes).Messages);

        Assert.Equal(2, _agency.Enrol(replacement, Lists.Now.AddDays(3), replace: true).Epoch);
        Assert.Equal((replacement.Messages, 2), Assert.Single(_agency.Boxes) is var now ? (now.Messages, now.Epoch) : default);
        var former = Assert.Single(_agency.Register.Former("box-1"));
        Assert.Equal((old.Messages, old.Log.ToString(), old.LogEpoch.ToString(), Lists.Now), (former.Messages, former.Log.ToString(),
            former.LogEpoch!.ToString(), former.Enrolled));
    }

    [Fact]
    public void The_same_box_that_asks_again_keeps_its_place()
    {
        _agency.Enrol(Request("one"), Lists.Now);
        var again = Request("one");
        Assert.Equal(BoxStanding.SameKeys, _agency.Register.StandingOf(again));
        Assert.Equal(1, _agency.Enrol(again, Lists.Now.AddDays(800)).Epoch);
        Assert.Empty(_agency.Register.Former("box-1"));
        Assert.Equal(Lists.Now.AddDays(1625), Assert.Single(_agency.Boxes).CertificateEnds);
    }

    [Fact]
    public void A_request_is_granted_once_also_when_the_same_box_has_asked_again_since()
    {
        var first = Request("one");
        _agency.Enrol(first, Lists.Now);
        _agency.Enrol(Request("one"), Lists.Now.AddDays(1));
        _agency.Enrol(Request("one"), Lists.Now.AddDays(2));
        Assert.Contains("granted once", Refused(first), StringComparison.Ordinal);
    }

    [Fact]
    public void Whoever_has_the_message_key_alone_cannot_change_what_auditors_hold_against_the_log_nor_what_orders_are_sealed_to()
    {
        using var keys = KeyFolder.Open(_temporary.File("one-state"), null);
        _agency.Enrol(Request("one"), Lists.Now);
        var (again, other) = (Request("one"), Request("other"));
        Assert.Equal(BoxStanding.SameKeys, _agency.Register.StandingOf(again));
        foreach (var forged in new[] { again with { LogEpoch = other.LogEpoch }, again with { Orders = other.Orders } })
        {
            Assert.Equal(BoxStanding.OtherKeys, _agency.Register.StandingOf(forged.Sign(keys.Messages)));
            Assert.Contains("--replace", Refused(forged.Sign(keys.Messages)), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Whoever_tends_the_hub_hears_of_a_box_s_certificate_in_time_and_renews_it()
    {
        _agency.Enrol(Request("one"), Lists.Now);
        Assert.DoesNotContain(_agency.Due(Lists.Now.AddDays(764)), due => due.What.Contains("of box box-1", StringComparison.Ordinal));
        Assert.Contains(_agency.Due(Lists.Now.AddDays(766)), due => due.What == "the certificate of box box-1" && due.ToDo.StartsWith("hub renew box-1",
            StringComparison.Ordinal));
        _agency.Renew("box-1", Lists.Now.AddDays(766));
        Assert.DoesNotContain(_agency.Due(Lists.Now.AddDays(766)), due => due.What.Contains("of box box-1", StringComparison.Ordinal));
        Assert.Contains("no box box-2", Assert.Throws<AgencyException>(() => _agency.Renew("box-2", Lists.Now)).Message, StringComparison.Ordinal);
    }

    private string Refused(EnrolmentRequest request) => Assert.Throws<AgencyException>(() => _agency.Enrol(request, Lists.Now)).Message;
}
