using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;

namespace Edge.Agent.LanConsole;

/// <summary>The console on the wire: TLS 1.3 alone, a certificate of the agency before anything is said (but the policy, where the configuration lets anybody
/// read that), few connections, small requests, short patience.</summary>
internal sealed class ConsoleServer : IAsyncDisposable
{
    /// <summary>Bytes of a form; nothing else is ever sent here.</summary>
    public const int LargestRequest = 4096;

    /// <summary>In a minute from one address: a browser keeps a few open.</summary>
    public const int MostConnections = 240;

    /// <summary>At a time from one address, of <see cref="MostAtOnce"/>: nobody keeps everybody else out by holding connections.</summary>
    public const int MostAtOnceOfOne = 16;

    /// <summary>At a time from all.</summary>
    public const int MostAtOnce = 64;

    // A copy of the log is on the disk until it is handed out.
    private const int LeastBytesPerSecond = 256 * 1024;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan CountedEvery = TimeSpan.FromMinutes(1);

    private readonly ConsoleBox _box;
    private readonly ConsoleConfiguration _configuration;
    private readonly CancellationTokenSource _stop = new();
    private readonly ClientCertificates _clients;
    private readonly X509Certificate2 _certificate;
    private readonly ConsoleDiary _diary;
    private readonly ConsolePages _pages;
    private readonly RequestBudget _fromOne;
    private readonly RequestBudget _fromAll;
    private readonly HeldConnections _held = new(MostAtOnceOfOne);

    /// <summary>Prepares everything; nothing listens yet.</summary>
    /// <exception cref="ConsoleException">A file of the console's is damaged.</exception>
    public ConsoleServer(ConsoleBox box, ConsoleConfiguration configuration)
    {
        (_box, _configuration) = (box, configuration);
        (_fromOne, _fromAll) = (new RequestBudget(MostConnections, box.Time), new RequestBudget(4 * MostConnections, box.Time));
        var codes = OneTimeCodes.Open(box.Folder, box.Time);
        _clients = new ClientCertificates(box);
        try
        {
            _certificate = ConsoleCertificate.Open(box.Folder, box.Configuration.EnrolmentFolder, [configuration.Address.ToString(), .. configuration.Names],
                box.Time.GetUtcNow());
        }
        catch
        {
            _clients.Dispose();
            throw;
        }
        _diary = new ConsoleDiary(box.Audit, box.Incidents, box.Time);
        _pages = new ConsolePages(box, configuration, codes, _diary, _stop.Token);
    }

    /// <summary>Everything that it answers to.</summary>
    public IReadOnlyList<ConsoleRoute> Routes => _pages.Routes;

    /// <summary>Where it listens; null until it does.</summary>
    public IPEndPoint? Listening { get; private set; }

    /// <summary>Serves until told to stop. What hinders it is said and tried again: the box reads plates without a console too.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        await using var stopping = stop.Register(_stop.Cancel);
        await BareServer.RunAsync(Build, ServeAsync, taken =>
            _box.Log.LogError("the console cannot listen on {Address}:{Port}: {Reason}; it tries again", _configuration.Address, _configuration.Port, taken),
                _box.Time, stop);
    }

    private async Task ServeAsync(IPEndPoint listening, CancellationToken stop)
    {
        Listening = listening;
        _box.Log.LogInformation("console at https://{Address}:{Port}, certificate {Fingerprint}", _configuration.Address, listening.Port,
            _certificate.GetCertHashString(System.Security.Cryptography.HashAlgorithmName.SHA256));
        using var timer = new PeriodicTimer(CountedEvery, _box.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(stop)) _diary.CountFurther(atOnce: false);
        }
        finally
        {
            Listening = null;
            _diary.CountFurther(atOnce: true);
        }
    }

    private WebApplication Build() => BareServer.Build(_pages.AnswerAsync, kestrel =>
    {
        kestrel.Limits.MaxConcurrentConnections = MostAtOnce;
        kestrel.Limits.MinResponseDataRate = new MinDataRate(LeastBytesPerSecond, Patience);
        kestrel.Limits.MaxRequestBodySize = LargestRequest;
        kestrel.Limits.MaxRequestLineSize = 2048;
        kestrel.Limits.MaxRequestHeadersTotalSize = 16 * 1024;
        kestrel.Limits.MaxRequestHeaderCount = 50;
        kestrel.Limits.RequestHeadersTimeout = Patience;
        kestrel.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(60);
        kestrel.Listen(_configuration.Address, _configuration.Port, listen =>
        {
            listen.Protocols = HttpProtocols.Http1;
            listen.Use(next => connection => ConnectedAsync(connection, next));
            listen.UseHttps(Tls());
        });
    });

    // Before TLS: a handshake costs more than all that a stranger is told.
    private async Task ConnectedAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        var from = (connection.RemoteEndPoint as IPEndPoint)?.Address.ToString() ?? "";
        if (!_held.TryEnter(from))
        {
            connection.Abort();
            return;
        }
        try
        {
            if (_fromOne.TrySpend(from) && _fromAll.TrySpend("")) await next(connection);
            else connection.Abort();
        }
        finally
        {
            _held.Leave(from);
        }
    }

    private HttpsConnectionAdapterOptions Tls()
    {
        // The browser is told whose certificates count, and offers no other.
        var context = SslStreamCertificateContext.Create(_certificate, null, offline: true,
            SslCertificateTrust.CreateForX509Collection([_clients.Authority], sendTrustInHandshake: true));
        return new HttpsConnectionAdapterOptions
        {
            SslProtocols = SslProtocols.Tls13,
            ServerCertificate = _certificate,
            HandshakeTimeout = Patience,
            CheckCertificateRevocation = false, // the signed list revokes
            ClientCertificateMode = _configuration.PublicPolicy ? ClientCertificateMode.AllowCertificate : ClientCertificateMode.RequireCertificate,
            ClientCertificateValidation = (certificate, _, _) =>
            {
                if (_clients.Judge(certificate, out var reason) is not null) return true;
                _diary.Stranger(reason);
                return false;
            },
            OnAuthenticate = (_, tls) =>
            {
                tls.ServerCertificateContext = context;
                tls.AllowTlsResume = false; // each connection shows its certificate, and is judged by the list of now
                tls.AllowRenegotiation = false;
                // Judged by ClientCertificates; but the stack looks at it first, and would fetch its issuer from wherever a stranger's certificate says.
                tls.CertificateChainPolicy = NothingFetched();
            },
        };
    }

    private X509ChainPolicy NothingFetched()
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.Add(_clients.Authority);
        return policy;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _pages.DisposeAsync();
        _clients.Dispose();
        _certificate.Dispose();
        _stop.Dispose();
    }
}
