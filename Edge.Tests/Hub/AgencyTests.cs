using Edge.Agent.Enrolment;
using Edge.Agent.Governance;
using Edge.Agent.Hub;
using Edge.Agent.Matching;
using Edge.Agent.Publishing;
using Edge.Storage.Keys;
using Edge.Storage.Signing;
using Edge.Storage.Trust;
using Edge.Tests.Matching;
using Edge.Tests.Support;

namespace Edge.Tests.Hub;

public sealed class AgencyTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();

    public void Dispose() => _temporary.Dispose();

    private string Folder => _temporary.File("agency");

    private Agency Create(params IReadOnlyList<WantedPlate> wanted) => Agency.Create(Folder,
        new AgencyPlan { Agency = "riverton", Wanted = wanted, Cost = Lists.Cheap }, Lists.Now, null, out _)!;

    private (EnrolmentFolder Folder, EnrolmentRequest Request) Box(string name = "box-1", string agency = "riverton")
    {
        using var keys = KeyFolder.Open(_temporary.File($"state-{name}"), null);
        var enrolment = new EnrolmentFolder(_temporary.File($"enrolment-{name}"));
        return (enrolment, enrolment.Prepare(new BoxName(agency, name), keys));
    }

    [Fact]
    public void A_hub_that_runs_signs_receipts_with_the_new_key_after_a_rotation()
    {
        using var agency = Create();
        using var running = Agency.Open(Folder);
        var receipt = new Receipt(new BoxName("riverton", "box-1"), agency.Epochs.Held[0].KeyId, Lists.Now, 1, 9, []);
        Assert.True(Jws.TryReadKeyId(running.Sign(receipt), out var before));
        Assert.True(agency.Ceremony.ProposeOnlineKeys(Lists.Now));
        Assert.True(Jws.TryReadKeyId(running.Sign(receipt), out var after));
        Assert.NotEqual(before, after);
        using var anew = Agency.Open(Folder);
        Assert.True(Jws.TryReadKeyId(anew.Sign(receipt), out var inForce));
        Assert.Equal(inForce, after);

        File.Delete(Path.Combine(Folder, "keys", "trust.key"));
        using var without = Agency.Open(Folder);
        Assert.Contains("restore the one that is in force", Assert.Throws<AgencyException>(() => without.Sign(receipt)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_witness_of_somebody_else_does_not_get_the_name_of_the_agency_s_own()
    {
        using var agency = Create();
        var refused = Assert.Throws<AgencyException>(() => agency.Witness.Admit("witness", Lists.Now, out _));
        Assert.Contains("the agency's own", refused.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(Folder, "to-witness")));
    }

    [Fact]
    public void A_box_enrolled_with_the_agency_gets_its_policy_its_recipient_and_its_hotlist()
    {
        using var agency = Create(Lists.Wanted("AB123"));
        var (folder, request) = Box();
        Assert.True(EnrolmentRequest.TryParse(request.Write(), out var carried, out _));
        Assert.True(EnrolmentAnswer.TryParse(agency.Enrol(carried, Lists.Now).Write(), out var answer, out _));
        folder.Accept(answer, Lists.Now);

        var name = folder.Name();
        var trust = TrustClient.Open(_temporary.File("trust"), folder.Root(), name.Agency, name.Box);
        var targets = trust.Update(TrustSource.Folder(agency.TrustFolder), Lists.Now);

        Assert.Equal(new BoxName("riverton", "box-1"), name);
        Assert.True(Policy.TryParse(targets.Policy, out var policy, out _));
        Assert.True(Recipients.TryParse(targets.Recipients, out var recipients, out _));
        Assert.Equal(agency.Epochs.LoadHeld()[0].Public, recipients.At(Lists.Now));
        Assert.True(Hotlist.TryParse(targets.Hotlist, policy, Lists.Now, out var hotlist, out var refused));
        Assert.Empty(refused);
        using var plate = Lists.Plate("AB123");
        Assert.Equal("C-1", Assert.Single(new HotlistMatcher(hotlist).Match(plate, Lists.Now)).Entry.Case);
        var known = Assert.Single(agency.Boxes);
        Assert.Equal((request.Messages, request.Log.ToString()), (known.Messages, known.Log.ToString()));
    }

    [Fact]
    public void A_box_enrolled_while_a_hub_runs_is_believed_from_then_on_and_no_longer_than_it_is_known()
    {
        using var agency = Create();
        var (verifier, topic) = (agency.Verifier(), Topics.Of(new BoxName("riverton", "box-1"), EventType.Summary));
        var first = Said("box-1");
        Assert.Equal("box: box riverton/box-1 is not enrolled here", Take(first).ToString());

        agency.Enrol(Box().Request, Lists.Now);
        Assert.IsType<ReceivedMessage.Summary>(Take(first));

        agency.Forget(new BoxName("riverton", "box-1"));
        Assert.Equal(MessagePart.Box, Assert.IsType<ReceivedMessage.Refused>(Take(first)).Part);
        var (_, another) = Box("box-2");
        agency.Enrol(another with { Box = new BoxName("riverton", "box-1") }, Lists.Now);
        Assert.Equal(MessagePart.Signature, Assert.IsType<ReceivedMessage.Refused>(Take(first)).Part);
        Assert.IsType<ReceivedMessage.Summary>(Take(Said("box-2")));

        ReceivedMessage Take(byte[] message) => verifier.Verify(topic, message, Lists.Now);

        byte[] Said(string keysOf)
        {
            using var keys = KeyFolder.Open(_temporary.File($"state-{keysOf}"), null);
            return new MessageSigner(new BoxName("riverton", "box-1"), keys.Messages, "0.1.0").Summary(1, SampleBox.Summary(), Lists.Now);
        }
    }

    [Fact]
    public void A_new_hotlist_reaches_the_box_and_a_list_without_a_case_changes_nothing()
    {
        using var agency = Create(Lists.Wanted("AB123"));
        var (folder, request) = Box();
        folder.Accept(agency.Enrol(request, Lists.Now), Lists.Now);
        var trust = TrustClient.Open(_temporary.File("trust"), folder.Root(), "riverton", "box-1");
        var first = trust.Update(TrustSource.Folder(agency.TrustFolder), Lists.Now);

        var refused = Lists.Replace(agency, [Lists.Wanted("CD456", caseId: "")]);
        Assert.Null(refused.Next);
        Assert.Equal("entry 0 (no id): case: must be text of 1 to 64 characters with a letter or digit in it", Assert.Single(refused.Refused).ToString());
        Assert.Same(first, trust.Update(TrustSource.Folder(agency.TrustFolder), Lists.Now));

        Assert.NotNull(Lists.Replace(agency, [Lists.Wanted("CD456", "C-9")]).Next);
        var second = trust.Update(TrustSource.Folder(agency.TrustFolder), Lists.Now);
        Assert.True(Hotlist.TryParse(second.Hotlist, agency.Policy, Lists.Now, out var hotlist, out _));
        Assert.Equal((2, "C-9"), (hotlist.Version, Assert.Single(hotlist.Entries).Case));
        agency.RefreshTrust(Lists.Now.AddDays(6));
        Assert.Equal(Lists.Now.AddDays(13), trust.Update(TrustSource.Folder(agency.TrustFolder), Lists.Now.AddDays(8)).Expires);
    }

    [Fact]
    public void An_agency_is_never_overwritten_and_a_refused_hotlist_makes_nothing()
    {
        Assert.Null(Agency.Create(Folder, new AgencyPlan { Agency = "riverton", Wanted = [Lists.Wanted("AB123", caseId: "")], Cost = Lists.Cheap },
            Lists.Now, null, out var refused));
        Assert.Single(refused);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_temporary.Path));

        Create().Dispose();
        var key = File.ReadAllBytes(Path.Combine(Folder, "keys", "trust.key"));
        Assert.Contains("never overwritten", Assert.Throws<AgencyException>(() => Create()).Message, StringComparison.Ordinal);
        Assert.Equal(key, File.ReadAllBytes(Path.Combine(Folder, "keys", "trust.key")));
        Assert.Equal([Folder], Directory.EnumerateFileSystemEntries(_temporary.Path));
    }

    [Fact]
    public void Everything_private_is_readable_by_its_owner_alone()
    {
        using var agency = Create();
        agency.PrepareBox("box-1", Lists.Now);
        var secret = Directory.EnumerateFiles(Folder, "*.key", SearchOption.AllDirectories).ToList();
        Assert.Superset(new HashSet<string> { "trust.key", "ca.key", "broker.key", "hub.key", "message.key", "log.key", "wrap.key", "box.key" },
            secret.Select(file => Path.GetFileName(file)).ToHashSet());
        Assert.Contains(secret, file => Path.GetFileName(file).StartsWith("recipient-", StringComparison.Ordinal));
        Assert.All(secret, file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file)));
        Assert.Equal(AgencyFolder.OwnerOnly, File.GetUnixFileMode(Folder));
    }

    [Fact]
    public void Nothing_in_the_folder_holds_a_plate()
    {
        using var agency = Create(Lists.Wanted("ZZ98765"));
        Assert.All(Directory.EnumerateFiles(Folder, "*", SearchOption.AllDirectories),
            file => Assert.True(File.ReadAllBytes(file).AsSpan().IndexOf("ZZ98765"u8) < 0, file));
    }

    [Fact]
    public void A_box_of_another_agency_a_known_one_and_a_reserved_name_are_refused()
    {
        using var agency = Create();
        Assert.Equal("the request is for agency elsewhere; this is riverton",
            Assert.Throws<AgencyException>(() => agency.Enrol(Box("box-2", "elsewhere").Request, Lists.Now)).Message);
        var (_, request) = Box();
        agency.Enrol(request, Lists.Now);
        Assert.Contains("enrolled already", Assert.Throws<AgencyException>(() => agency.Enrol(request, Lists.Now)).Message, StringComparison.Ordinal);
        Assert.Throws<AgencyException>(() => agency.PrepareBox("trust", Lists.Now));
        Assert.Throws<AgencyException>(() => agency.PrepareBox("desk", Lists.Now));
        Assert.Throws<AgencyException>(() => agency.PrepareBox("../box", Lists.Now));
    }

    [Fact]
    public void A_certificate_request_that_its_own_key_did_not_sign_is_refused()
    {
        using var agency = Create();
        var (_, request) = Box();
        var der = Pem.Decode("CERTIFICATE REQUEST", request.SigningRequest);
        der[^1] ^= 1;
        var forged = request with { SigningRequest = Pem.Encode("CERTIFICATE REQUEST", der) };
        Assert.Contains("not signed by its own key", Assert.Throws<AgencyException>(() => agency.Enrol(forged, Lists.Now)).Message, StringComparison.Ordinal);
        Assert.Empty(agency.Boxes);
    }

    [Fact]
    public async Task Box_and_hub_meet_at_a_broker_that_shows_the_agency_s_certificate()
    {
        var cancel = TestContext.Current.CancellationToken;
        using var stranger = Create();
        var now = TimeProvider.System.GetUtcNow(); // the TLS stack judges certificates by the real clock
        using var agency = Agency.Create(_temporary.File("live"), new AgencyPlan { Agency = "riverton", Cost = Lists.Cheap }, now, null, out _)!;
        var box = new EnrolmentFolder(Path.Combine(agency.PrepareBox("box-1", now), "enrolment"));
        await using var broker = await EmbeddedBroker.StartAsync(agency.BrokerCertificates, TimeProvider.System);

        await using var fromBox = await MqttLink.OpenAsync(new LinkSettings(broker.Address, box.Certificates, "box-1"), TimeProvider.System, cancel);
        await using var fromHub = await MqttLink.OpenAsync(new LinkSettings(broker.Address, agency.HubCertificates, "hub"), TimeProvider.System, cancel);
        await Assert.ThrowsAsync<BrokerException>(() => MqttLink.OpenAsync(
            new LinkSettings(broker.Address, agency.HubCertificates with { CaFile = stranger.HubCertificates.CaFile }, "x"), TimeProvider.System, cancel));
    }

    [Fact]
    public void A_folder_without_an_agency_says_how_to_make_one() => Assert.Contains("hub init",
        Assert.Throws<AgencyException>(() => Agency.Open(_temporary.File("nothing"))).Message, StringComparison.Ordinal);

    [Fact]
    public void A_folder_that_is_not_there_and_one_that_holds_no_agency_are_told_apart()
    {
        Assert.Contains("no such file or folder", Assert.Throws<AgencyException>(() => Agency.Open(_temporary.File("nowhere"))).Message,
            StringComparison.Ordinal);
        var empty = Directory.CreateDirectory(_temporary.File("empty")).FullName;
        Assert.Contains("is there but holds no agency", Assert.Throws<AgencyException>(() => Agency.Open(empty)).Message, StringComparison.Ordinal);
    }
}
