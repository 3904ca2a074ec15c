using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Edge.Agent.Publishing;

namespace Edge.Tests.Support;

/// <summary>Debian's mosquitto on a free loopback port, TLS and client certificates required; killed when disposed.</summary>
internal sealed class MosquittoBroker : IAsyncDisposable
{
    private static readonly string? Program =
        new[] { "/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto", "/usr/bin/mosquitto" }.FirstOrDefault(File.Exists);

    private readonly string _configuration;
    private Process _process = null!;

    private MosquittoBroker(string configuration, int port)
    {
        _configuration = configuration;
        Address = new BrokerAddress("localhost", port);
    }

    public BrokerAddress Address { get; }

    /// <summary>Skips the test where mosquitto is not installed.</summary>
    public static void Need() => Assert.SkipWhen(Program is null, "mosquitto is not installed: apt-get install mosquitto");

    /// <summary>Starts a broker that trusts <paramref name="authority"/>; skips the test where mosquitto is not installed.</summary>
    public static async Task<MosquittoBroker> StartAsync(TestAuthority authority, LinkCertificates? own = null,
        string tls = "tlsv1.3", string more = "")
    {
        own ??= authority.Broker();
        return await StartAsync(authority.Folder, port => $"""
            listener {port} 127.0.0.1
            cafile {own.CaFile}
            certfile {own.CertificateFile}
            keyfile {own.KeyFile}
            tls_version {tls}
            require_certificate true
            use_identity_as_username true
            allow_anonymous false
            {more}

            """);
    }

    /// <summary>Starts a broker with a configuration of one's own, given the port; its files lie in <paramref name="folder"/>.</summary>
    public static async Task<MosquittoBroker> StartAsync(string folder, Func<int, string> listener)
    {
        Need();
        for (var left = 2; ; left--)
        {
            var port = FreePort();
            var configuration = Path.Combine(folder, $"mosquitto-{port}.conf");
            await File.WriteAllTextAsync(configuration, $"user {Environment.UserName}\nlog_dest none\n{listener(port)}");
            var broker = new MosquittoBroker(configuration, port);
            if (await broker.TryStartAsync()) return broker;
            // Another test may have taken the port in between.
            Assert.True(left > 0, $"mosquitto ended with {broker._process.ExitCode}");
        }
    }

    /// <summary>Starts it on the same port, remembering nothing.</summary>
    public async Task StartAgainAsync() => Assert.True(await TryStartAsync(), $"mosquitto ended with {(_process.HasExited ? _process.ExitCode : 0)}");

    private async Task<bool> TryStartAsync()
    {
        _process = Process.Start(new ProcessStartInfo(Program!, ["-c", _configuration]) { RedirectStandardError = true })!;
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20), TimeProvider.System);
        while (true)
        {
            if (_process.HasExited) return false;
            try
            {
                using var probe = new TcpClient();
                await probe.ConnectAsync(IPAddress.Loopback, Address.Port, deadline.Token);
                return true;
            }
            catch (SocketException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, deadline.Token);
            }
        }
    }

    /// <summary>Ends it as a power cut would.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await KillAsync();
        }
        catch (InvalidOperationException)
        {
            // Killed by the test already.
        }
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
