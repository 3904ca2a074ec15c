using System.Text;
using Edge.Agent.Enrolment;
using Edge.Agent.Hub;
using Edge.Agent.Publishing;
using Edge.Storage.Keys;
using Edge.Tests.Matching;
using Edge.Tests.Support;

namespace Edge.Tests.Enrolment;

public sealed class EnrolmentFolderTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();
    private readonly Agency _agency;

    public EnrolmentFolderTests() => _agency = NewAgency("agency");

    public void Dispose()
    {
        _agency.Dispose();
        _temporary.Dispose();
    }

    private Agency NewAgency(string folder) => Agency.Create(_temporary.File(folder),
        new AgencyPlan { Agency = "riverton", Cost = Lists.Cheap }, Lists.Now, null, out _)!;

    private (EnrolmentFolder Folder, EnrolmentRequest Request) Box(string name)
    {
        using var keys = KeyFolder.Open(_temporary.File($"state-{name}"), null);
        var enrolment = new EnrolmentFolder(_temporary.File(name));
        return (enrolment, enrolment.Prepare(new BoxName("riverton", name), keys));
    }

    [Fact]
    public void The_key_is_made_once_and_stays_on_the_box()
    {
        var (_, first) = Box("box-1");
        var key = File.ReadAllText(_temporary.File("box-1/box.key"));
        Box("box-1");
        Assert.Equal(key, File.ReadAllText(_temporary.File("box-1/box.key")));
        Assert.DoesNotContain("PRIVATE", Encoding.UTF8.GetString(first.Write()), StringComparison.Ordinal);
    }

    [Fact]
    public void An_answer_to_another_box_s_request_is_refused()
    {
        var (mine, asked) = Box("box-1");
        var (_, other) = Box("box-2");
        var answer = _agency.Enrol(other, Lists.Now);
        Assert.Contains("another request", Refused(mine, answer), StringComparison.Ordinal);
        // Nor the same one under this box's name, or as an answer to this box's request.
        Assert.Contains("another request", Refused(mine, answer with { Box = asked.Box }), StringComparison.Ordinal);
        Assert.Contains("another key", Refused(mine, answer with { Box = asked.Box, Request = asked.Digest }), StringComparison.Ordinal);
        Assert.False(mine.IsEnrolled);
    }

    [Fact]
    public void An_answer_with_a_foreign_CA_or_a_changed_root_is_refused()
    {
        using var stranger = NewAgency("stranger");
        var (mine, request) = Box("box-1");
        var answer = _agency.Enrol(request, Lists.Now);
        var foreign = stranger.Enrol(request, Lists.Now);
        Assert.Contains("not signed by the agency's CA", Refused(mine, answer with { Ca = foreign.Ca }), StringComparison.Ordinal);
        answer.Root[40] ^= 1;
        Assert.Contains("root.json", Refused(mine, answer), StringComparison.Ordinal);
        Refused(mine, answer with { Certificate = [1, 2, 3] });
        Assert.Throws<EnrolmentException>(() => mine.Name());
    }

    [Fact]
    public void An_answer_is_good_once_and_for_a_day()
    {
        var (mine, request) = Box("box-1");
        var answer = _agency.Enrol(request, Lists.Now);
        Assert.Contains("set the clock", Assert.Throws<EnrolmentException>(() => mine.Accept(answer, Lists.Now.AddDays(1))).Message, StringComparison.Ordinal);
        Assert.False(mine.IsEnrolled);
        mine.Accept(answer, Lists.Now.AddDays(1).AddSeconds(-1));
        Assert.True(mine.IsEnrolled);
        Assert.Null(mine.Waiting);
        Assert.Contains("good once", Refused(mine, answer), StringComparison.Ordinal);
    }

    [Fact]
    public void A_new_request_ends_the_one_before()
    {
        var (mine, first) = Box("box-1");
        var (_, second) = Box("box-1");
        Assert.NotEqual(first.Fingerprint, second.Fingerprint);
        Assert.Equal(second.Fingerprint, mine.Waiting!.Fingerprint);
        Assert.Contains("another request", Refused(mine, _agency.Enrol(first, Lists.Now)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_renewed_certificate_is_taken_once_and_nothing_else_with_it()
    {
        using var stranger = NewAgency("stranger");
        var (mine, request) = Box("box-1");
        mine.Accept(_agency.Enrol(request, Lists.Now), Lists.Now);
        var (root, later) = (mine.Root(), Lists.Now.AddDays(700));
        var renewed = _agency.Renew("box-1", later);
        Assert.Null(renewed.Request);
        stranger.Enrol(request, later);
        Refused(mine, stranger.Renew("box-1", later), later); // under another CA, though it brings that
        mine.Accept(renewed with { Root = [1, 2, 3] }, later);
        Assert.Equal(root, mine.Root());
        using var link = mine.Certificates.LoadOwn(later.AddDays(800)); // valid then
        Assert.Contains("no newer", Refused(mine, renewed, later), StringComparison.Ordinal);
        Assert.Contains("which this box is not", Refused(mine, renewed with { Box = new BoxName("riverton", "box-2") }, later), StringComparison.Ordinal);
    }

    [Fact]
    public void An_answer_does_not_make_the_box_fetch_anything_from_where_its_certificate_says()
    {
        using var bait = new CertificateBait();
        var (mine, request) = Box("box-1");
        mine.Accept(_agency.Enrol(request, Lists.Now), Lists.Now);
        using var ours = mine.Certificates.LoadOwn(Lists.Now);
        using var theirs = bait.Issue(ours.PublicKey, "box-1", "1.3.6.1.5.5.7.3.2");
        var renewed = _agency.Renew("box-1", Lists.Now.AddDays(700));
        Assert.Contains("not signed", Refused(mine, renewed with { Certificate = theirs.RawData }, Lists.Now.AddDays(700)), StringComparison.Ordinal);
        Assert.Equal(0, bait.Asked);
    }

    [Theory]
    [InlineData("\"box\":\"box-1\"", "\"box\":\"box-7\"", "signature: is not the box's own: make a new request there")]
    [InlineData("{\"agency\"", "{ \"agency\"", "is not as a box writes it: bring the file itself, unchanged")]
    [InlineData("\"agency\"", "\"plate\":1,\"agency\"", "plate: unknown key; remove it")]
    public void A_request_that_was_changed_on_its_way_is_refused(string from, string to, string reason)
    {
        var (_, request) = Box("box-1");
        var changed = Encoding.UTF8.GetString(request.Write()).Replace(from, to, StringComparison.Ordinal);
        Assert.False(EnrolmentRequest.TryParse(Encoding.UTF8.GetBytes(changed), out _, out var problems));
        Assert.Contains(reason, Assert.Single(problems).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_request_of_nonsense_lists_what_is_wrong_and_does_not_throw()
    {
        Assert.False(EnrolmentRequest.TryParse("""{"agency":"riverton","box":"box-1","messages":{},"log":"x","csr":"A"}"""u8.ToArray(), out _,
            out var problems));
        Assert.True(problems.Count > 3);
        Assert.False(EnrolmentRequest.TryParse(new byte[EnrolmentRequest.MaxBytes + 1], out _, out problems));
        Assert.Contains("at most", Assert.Single(problems).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void An_answer_that_was_changed_has_another_fingerprint_or_is_none()
    {
        var (_, request) = Box("box-1");
        var answer = _agency.Enrol(request, Lists.Now);
        Assert.True(EnrolmentAnswer.TryParse(answer.Write(), out var read, out _));
        Assert.Equal(answer.Fingerprint, read.Fingerprint);
        Assert.NotEqual(answer.Fingerprint, (answer with { Broker = new BrokerAddress("elsewhere", 8883) }).Fingerprint);
        Assert.False(EnrolmentAnswer.TryParse(Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(answer.Write()) + "\n"), out _, out _));
    }

    private static string Refused(EnrolmentFolder box, EnrolmentAnswer answer, DateTimeOffset? now = null) =>
        Assert.Throws<EnrolmentException>(() => box.Accept(answer, now ?? Lists.Now)).Message;
}
