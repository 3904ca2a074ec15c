using System.Security.Cryptography.X509Certificates;
using Edge.Agent.Enrolment;
using Edge.Agent.Governance;
using Edge.Agent.Hub;
using Edge.Agent.Publishing;
using Edge.Storage.Audit;
using Edge.Storage.Keys;
using Edge.Storage.Trust;
using Edge.Tests.Matching;
using Edge.Tests.Support;

namespace Edge.Tests.Hub;

/// <summary>Whom an agency lets in at its boxes' consoles, and what a box gets of it.</summary>
public sealed class ConsoleAdmissionsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Agency _agency;

    public ConsoleAdmissionsTests() =>
        _agency = Agency.Create(_folder.File("agency"), new AgencyPlan { Agency = "riverton", Cost = Lists.Cheap }, Lists.Now, null, out _)!;

    public void Dispose()
    {
        _agency.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void A_secret_opens_on_the_boxes_that_it_is_for_and_for_the_person_role_and_certificate_that_were_signed()
    {
        using var first = Enrol("box-1");
        using var second = Enrol("box-2");
        Admit("tech-7", "box-1");
        var user = Assert.Single(_agency.Console.Published.All);
        Assert.True(user.TryOpenSecret("riverton", "box-1", first.Orders, out var secret));
        Assert.Equal(ConsoleUser.SecretSize, secret.Length);
        Assert.False(user.TryOpenSecret("riverton", "box-2", second.Orders, out _));
        Assert.False(user.TryOpenSecret("riverton", "box-1", second.Orders, out _));
        foreach (var forged in new[] { user with { Account = "tech-8" }, user with { Role = AuditRole.Auditor },
            user with { Certificate = new string('A', 43) } })
            Assert.False(forged.TryOpenSecret("riverton", "box-1", first.Orders, out _));
    }

    [Fact]
    public void A_box_that_is_enrolled_later_gets_the_same_secret_and_the_person_notices_nothing()
    {
        using var first = Enrol("box-1");
        Admit("tech-7");
        using var second = Enrol("box-2");
        Assert.True(_agency.Console.Extend("tech-7", [], Lists.Now));
        var user = Assert.Single(_agency.Console.Published.All);
        Assert.True(user.TryOpenSecret("riverton", "box-1", first.Orders, out var one));
        Assert.True(user.TryOpenSecret("riverton", "box-2", second.Orders, out var two));
        Assert.Equal(one, two);
    }

    [Fact]
    public void The_certificate_names_person_and_role_and_opens_with_the_passphrase_alone()
    {
        using var keys = Enrol("box-1");
        var pass = Admit("tech-7");
        using var certificate = X509CertificateLoader.LoadPkcs12(pass.Certificate, "correct horse battery");
        Assert.Equal("O=riverton, OU=technician, CN=person:tech-7", certificate.Subject);
        Assert.Equal(_agency.Console.Published.All[0].Certificate, ConsoleAdmissions.Fingerprint(certificate.RawData));
        Assert.ThrowsAny<System.Security.Cryptography.CryptographicException>(() => X509CertificateLoader.LoadPkcs12(pass.Certificate, "wrong"));
        Assert.StartsWith("otpauth://totp/riverton:tech-7?secret=", pass.Uri, StringComparison.Ordinal);
        Assert.Equal("ConsolePass(redacted)", $"{pass}");
    }

    [Fact]
    public void Whoever_is_revoked_is_not_on_the_list_and_the_secret_is_destroyed()
    {
        using var keys = Enrol("box-1");
        Admit("tech-7");
        Admit("audit-1");
        Assert.True(_agency.Console.Revoke("tech-7", Lists.Now));
        Assert.Equal("audit-1", Assert.Single(_agency.Console.Published.All).Account);
        Assert.False(File.Exists(Path.Combine(_agency.Folder, "console", "tech-7.secret")));
        Assert.Throws<AgencyException>(() => _agency.Console.Revoke("tech-7", Lists.Now));
    }

    [Fact]
    public void An_older_list_never_comes_back_to_a_box()
    {
        using var keys = Enrol("box-1");
        Admit("tech-7");
        var before = _folder.Take(_agency.TrustFolder, "before");
        var client = TrustClient.Open(_folder.File("client"), File.ReadAllBytes(Path.Combine(_agency.TrustFolder, "root.json")), "riverton", "box-1");
        client.Update(TrustSource.Folder(_agency.TrustFolder), Lists.Now);
        _agency.Console.Revoke("tech-7", Lists.Now);
        Assert.Empty(ActiveTrust.From(client.Update(TrustSource.Folder(_agency.TrustFolder), Lists.Now), Lists.Now).Console.All);
        Assert.Equal(TrustFault.Rollback, Assert.Throws<TrustException>(() => client.Update(TrustSource.Folder(before), Lists.Now)).Fault);
    }

    [Fact]
    public void A_box_gets_a_certificate_for_its_console_and_never_one_for_the_brokers_name()
    {
        using var keys = Enrol("box-1");
        using var key = System.Security.Cryptography.ECDsa.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=console", key, System.Security.Cryptography.HashAlgorithmName.SHA256).CreateSigningRequestPem();
        using var certificate = X509Certificate2.CreateFromPem(_agency.Console.Certify(request, "box-1", ["192.168.7.20", "box-1.local"], Lists.Now));
        Assert.True(certificate.MatchesHostname("box-1.local") && certificate.MatchesHostname("192.168.7.20") && !certificate.MatchesHostname("box-2.local"));
        Assert.Throws<AgencyException>(() => _agency.Console.Certify(request, "box-1", [_agency.Broker.Host], Lists.Now));
    }

    private KeyFolder Enrol(string box)
    {
        var keys = KeyFolder.Open(_folder.File($"{box}/state"), credentialsDirectory: null);
        _agency.Enrol(new EnrolmentFolder(_folder.File($"{box}/enrolment")).Prepare(new BoxName("riverton", box), keys), Lists.Now);
        return keys;
    }

    private ConsolePass Admit(string account, params IReadOnlyList<string> boxes)
    {
        var pass = _agency.Console.Admit(account, account.StartsWith("tech", StringComparison.Ordinal) ? AuditRole.Technician : AuditRole.Auditor, boxes,
            TimeSpan.FromDays(365),
            "correct horse battery"u8, Lists.Now, out var published);
        Assert.True(published);
        return pass;
    }
}
