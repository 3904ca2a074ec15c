using System.Net;
using System.Net.Sockets;
using Edge.Agent.Publishing;

namespace Edge.Tests.Support;

/// <summary>A wire between a client and a broker that can be made to lose what the broker answers, or be cut.</summary>
internal sealed class BrokerProxy : IAsyncDisposable
{
    private readonly BrokerAddress _broker;
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly List<TcpClient> _ends = [];
    private readonly Task _accepting;
    private volatile bool _answersLost;

    public BrokerProxy(BrokerAddress broker)
    {
        _broker = broker;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public BrokerAddress Address => new(_broker.Host, ((IPEndPoint)_listener.LocalEndpoint).Port);

    /// <summary>What the broker says from now on goes nowhere, and nobody is told: a half-open link.</summary>
    public void LoseAnswers() => _answersLost = true;

    /// <summary>Ends every connection without a goodbye; new ones work again.</summary>
    public void Cut()
    {
        _answersLost = false;
        lock (_ends)
        {
            foreach (var end in _ends) end.Dispose();
            _ends.Clear();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        Cut();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                var broker = new TcpClient();
                lock (_ends) _ends.AddRange([client, broker]);
                await broker.ConnectAsync(IPAddress.Loopback, _broker.Port, _stop.Token);
                _ = CopyAsync(client, broker, lossy: false);
                _ = CopyAsync(broker, client, lossy: true);
            }
            catch (Exception gone) when (gone is SocketException or OperationCanceledException or InvalidOperationException)
            {
                // The broker is down, or the test is over.
                if (gone is SocketException) Cut();
            }
        }
    }

    private async Task CopyAsync(TcpClient from, TcpClient to, bool lossy)
    {
        var buffer = new byte[4096];
        try
        {
            int read;
            while ((read = await from.GetStream().ReadAsync(buffer, _stop.Token)) > 0)
                if (!lossy || !_answersLost) await to.GetStream().WriteAsync(buffer.AsMemory(0, read), _stop.Token);
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
        }
        // A half-open link says nothing, not even that it ended.
        if (!_answersLost) to.Dispose();
    }
}
