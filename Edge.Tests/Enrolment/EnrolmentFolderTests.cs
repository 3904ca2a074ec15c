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
        var (mine, _) = Box("box-1");
        var (_, other) = Box("box-2");
        Assert.Contains("another key", Assert.Throws<EnrolmentException>(() => mine.Accept(_agency.Enrol(other, Lists.Now))).Message, StringComparison.Ordinal);
        Assert.False(mine.IsEnrolled);
    }

    [Fact]
    public void An_answer_with_a_foreign_CA_or_a_changed_root_is_refused()
    {
        using var stranger = NewAgency("stranger");
        var (mine, request) = Box("box-1");
        var bundle = _agency.Enrol(request, Lists.Now);
        var foreign = stranger.Enrol(request, Lists.Now);
        Assert.Contains("not signed by the CA", Assert.Throws<EnrolmentException>(() => mine.Accept(bundle with { Ca = foreign.Ca })).Message, StringComparison.Ordinal);
        bundle.Root[40] ^= 1;
        Assert.Contains("root.json", Assert.Throws<EnrolmentException>(() => mine.Accept(bundle)).Message, StringComparison.Ordinal);
        Assert.Throws<EnrolmentException>(() => mine.Accept(bundle with { Certificate = [1, 2, 3] }));
        Assert.Throws<EnrolmentException>(() => mine.Name());
    }

    [Fact]
    public void A_log_key_under_another_box_s_name_is_refused()
    {
        var (_, request) = Box("box-1");
        var json = Encoding.UTF8.GetString(request.Write()).Replace("\"box\":\"box-1\"", "\"box\":\"box-7\"", StringComparison.Ordinal);
        Assert.False(EnrolmentRequest.TryParse(Encoding.UTF8.GetBytes(json), out _, out var problems));
        Assert.Equal("log: must be named edge/v1/riverton/box-7", Assert.Single(problems).ToString());
    }

    [Fact]
    public void A_request_of_nonsense_lists_what_is_wrong_and_does_not_throw()
    {
        Assert.False(EnrolmentRequest.TryParse("""{"agency":"riverton","box":"box-1","messages":{},"log":"x","csr":"A"}"""u8.ToArray(), out _, out var problems));
        Assert.NotEmpty(problems);
    }
}
