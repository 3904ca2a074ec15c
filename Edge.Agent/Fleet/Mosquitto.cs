using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Edge.Agent.Hub;
using Edge.Agent.Publishing;

namespace Edge.Agent.Fleet;

/// <summary>Debian's broker on a free port of this machine, with the listener that <c>hub init</c> writes for an agency: TLS 1.3, and
/// only clients whose certificate the agency's CA has signed. Ended when disposed.</summary>
internal sealed class Mosquitto : IAsyncDisposable
{
    private static readonly string[] Places = ["/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto", "/usr/bin/mosquitto"];
    private static readonly TimeSpan ListensWithin = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);

    private readonly Process _process;

    private Mosquitto(Process process) => _process = process;

    /// <summary>Its process.</summary>
    public int ProcessId => _process.Id;

    /// <summary>Where the program is.</summary>
    /// <param name="places">Where to look; where Debian and its builders put it, unless given.</param>
    /// <exception cref="BrokerException">Nowhere; the message says how to get it.</exception>
    public static string Find(IEnumerable<string>? places = null) => (places ?? Places).FirstOrDefault(File.Exists)
        ?? throw new BrokerException(BrokerFailure.Unreachable,
        "mosquitto is not installed: apt-get install mosquitto, or name a broker that you have with --broker HOST:PORT --agency DIR");

    /// <summary>A port that is free at this moment.</summary>
    public static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    /// <summary>Starts it for <paramref name="agency"/>, whose broker must be a port of this machine.</summary>
    /// <param name="folder">For its certificate and configuration.</param>
    /// <exception cref="BrokerException">It is not installed, or does not start; the message has its own last words.</exception>
    public static async Task<Mosquitto> StartAsync(Agency agency, string folder, TimeProvider time, CancellationToken cancel)
    {
        var program = Find();
        var configuration = FirstInstall.WriteLocalBroker(agency, folder);
        var process = Process.Start(new ProcessStartInfo(program, ["-c", configuration]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        var said = new ConcurrentQueue<string>();
        process.ErrorDataReceived += (_, line) => Keep(said, line.Data);
        process.OutputDataReceived += (_, line) => Keep(said, line.Data);
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        var broker = new Mosquitto(process);
        try
        {
            await broker.ListeningAsync(agency.Broker.Port, said, time, cancel);
            return broker;
        }
        catch
        {
            await broker.DisposeAsync();
            throw;
        }
    }

    private async Task ListeningAsync(int port, IEnumerable<string> said, TimeProvider time, CancellationToken cancel)
    {
        var since = time.GetTimestamp();
        while (true)
        {
            if (_process.HasExited || time.GetElapsedTime(since) > ListensWithin)
                throw new BrokerException(BrokerFailure.Unreachable, $"mosquitto did not start: {string.Join("; ", said)}");
            try
            {
                using var probe = new TcpClient();
                await probe.ConnectAsync(IPAddress.Loopback, port, cancel);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(Look, time, cancel);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static void Keep(ConcurrentQueue<string> said, string? line)
    {
        if (line is not null) said.Enqueue(line);
        while (said.Count > 4) said.TryDequeue(out _);
    }
}
