using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Edge.Agent.LanConsole;
using Edge.Storage.Audit;
using Edge.Tests.Support;

namespace Edge.Tests.LanConsole;

/// <summary>What whoever reaches the console's port can do to the box without getting in.</summary>
public sealed class ConsoleStrangerTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_stranger_s_certificate_does_not_make_the_box_fetch_its_issuer()
    {
        await using var lab = await ConsoleLab.StartAsync();
        using var bait = new CertificateBait();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var bare = bait.Issue(new PublicKey(key), "tech-7", "1.3.6.1.5.5.7.3.2");
        using var both = bare.CopyWithPrivateKey(key);
        using var certificate = X509CertificateLoader.LoadPkcs12(both.Export(X509ContentType.Pkcs12), null);
        using var client = await ConnectAsync(lab);
        await using var tls = new SslStream(client.GetStream());
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            // Offline: what this side would fetch is none of the box's doing.
            TargetHost = "127.0.0.1", ClientCertificateContext = SslStreamCertificateContext.Create(certificate, null, offline: true),
            RemoteCertificateValidationCallback = (_, shown, _, _) => shown is not null,
        }, Cancel);
        await Assert.ThrowsAnyAsync<IOException>(() => tls.ReadExactlyAsync(new byte[1], Cancel).AsTask());
        Assert.Contains(lab.Logged(AuditAction.ConsoleLogin), entry => entry.Outcome == AuditOutcome.Refused("unknown-certificate"));
        Assert.Equal(0, bait.Asked);
    }

    [Fact]
    public async Task Whoever_holds_connections_leaves_room_for_others()
    {
        await using var lab = await ConsoleLab.StartAsync(publicPolicy: true);
        var held = new List<HttpClient>();
        try
        {
            for (var i = 0; i < ConsoleServer.MostAtOnceOfOne; i++)
            {
                held.Add(lab.Browser(certificate: null));
                await LookAsync(held[i]); // counted, and kept
            }
            Assert.True(await IsTurnedAwayAsync(lab));
            foreach (var one in held) await LookAsync(one);
            held[0].Dispose();
            await Eventually.True(async () => !await IsTurnedAwayAsync(lab), "there is room for another");
            Assert.True(ConsoleServer.MostAtOnceOfOne * 4 <= ConsoleServer.MostAtOnce);
        }
        finally
        {
            held.ForEach(one => one.Dispose());
        }
    }

    [Fact]
    public async Task A_form_with_more_fields_than_any_has_is_refused_and_is_no_bug()
    {
        await using var lab = await ConsoleLab.StartAsync();
        using var browser = lab.Browser("tech-7");
        using var many = new StringContent(string.Concat(Enumerable.Repeat("a&", 1500)), null, "application/x-www-form-urlencoded");
        many.Headers.ContentType!.CharSet = null;
        using var answer = await browser.PostAsync("/login", many, Cancel);
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
    }

    private static async Task LookAsync(HttpClient browser)
    {
        using var page = await browser.GetAsync("/policy", Cancel);
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
    }

    private static async Task<TcpClient> ConnectAsync(ConsoleLab lab)
    {
        var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, lab.Port, Cancel);
        return client;
    }

    private static async Task<bool> IsTurnedAwayAsync(ConsoleLab lab)
    {
        try
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
            patience.CancelAfter(TimeSpan.FromSeconds(5)); // shorter than the server's patience with a handshake
            using var client = await ConnectAsync(lab);
            return await client.GetStream().ReadAsync(new byte[1], patience.Token) == 0;
        }
        catch (Exception failure) when (failure is IOException or SocketException { SocketErrorCode: SocketError.ConnectionReset })
        {
            return true; // the reset may come before the connecting has been told of, or after
        }
        catch (OperationCanceledException) when (!Cancel.IsCancellationRequested)
        {
            return false;
        }
    }
}
