using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Edge.Agent.Forgetting;

/// <summary>An MJPEG camera on the loopback that shows what it is given to whoever watches.</summary>
internal sealed class FootageCamera : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _serving;
    private NetworkStream? _watcher;

    public FootageCamera()
    {
        _listener.Start();
        _serving = Task.Run(ServeAsync);
    }

    public string Address => $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/video";

    /// <summary>True once somebody watches.</summary>
    public bool IsWatched => Volatile.Read(ref _watcher) is not null;

    /// <summary>Shows one picture.</summary>
    public async Task ShowAsync(byte[] jpeg, CancellationToken cancel)
    {
        if (Volatile.Read(ref _watcher) is not { } watcher) return;
        try
        {
            var head = string.Create(CultureInfo.InvariantCulture, $"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {jpeg.Length}\r\n\r\n");
            await watcher.WriteAsync(Encoding.ASCII.GetBytes(head), cancel);
            await watcher.WriteAsync(jpeg, cancel);
            await watcher.WriteAsync("\r\n"u8.ToArray(), cancel);
        }
        catch (Exception gone) when (gone is IOException or ObjectDisposedException)
        {
            Interlocked.CompareExchange(ref _watcher, null, watcher); // it comes again by itself
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_watcher is not null) await _watcher.DisposeAsync();
        _stop.Dispose();
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            var watcher = new NetworkStream(await _listener.AcceptSocketAsync(_stop.Token), ownsSocket: true);
            await HeadAsync(watcher);
            await watcher.WriteAsync("HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n"u8.ToArray(), _stop.Token);
            if (Interlocked.Exchange(ref _watcher, watcher) is { } before) await before.DisposeAsync();
        }
    }

    private async Task HeadAsync(NetworkStream watcher)
    {
        var (last, one) = (0u, new byte[1]);
        while (last != 0x0D0A0D0A && await watcher.ReadAsync(one, _stop.Token) > 0) last = (last << 8) | one[0];
    }
}
