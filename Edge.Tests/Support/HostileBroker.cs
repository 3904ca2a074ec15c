using System.Buffers.Binary;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Edge.Agent.Publishing;

namespace Edge.Tests.Support;

/// <summary>Somebody who holds a good broker's certificate and means no good: speaks as much MQTT 5 as it takes to be let on, says yes to
/// everything, and then does what the test says.</summary>
internal sealed class HostileBroker : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly X509Certificate2 _own;
    private readonly Func<Stream, CancellationToken, Task> _attack;
    private readonly Task _serving;
    private int _attacks, _finished;

    /// <param name="attack">Done to each client that has subscribed.</param>
    public HostileBroker(LinkCertificates own, Func<Stream, CancellationToken, Task> attack)
    {
        using var pem = X509Certificate2.CreateFromPemFile(own.CertificateFile, own.KeyFile);
        _own = X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null);
        _attack = attack;
        _listener.Start();
        _serving = ServeAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Attacks begun, and those that went to their end.</summary>
    public (int Begun, int Finished) Attacks => (Volatile.Read(ref _attacks), Volatile.Read(ref _finished));

    /// <summary>A PUBLISH packet (MQTT 5 §3.3).</summary>
    /// <param name="number">Packet identifier; 0 for QoS 0.</param>
    public static byte[] Publish(string topic, ReadOnlySpan<byte> payload, ushort number = 0)
    {
        var name = Encoding.UTF8.GetBytes(topic);
        var body = new List<byte>([(byte)(name.Length >> 8), (byte)(name.Length & 255), .. name]);
        if (number != 0) body.AddRange([(byte)(number >> 8), (byte)(number & 255)]);
        body.Add(0);
        return [(byte)(number == 0 ? 0x30 : 0x32), .. Length(body.Count + payload.Length), .. body, .. payload];
    }

    /// <summary>A variable byte integer (§1.5.5).</summary>
    public static byte[] Length(int length)
    {
        var bytes = new List<byte>();
        do
        {
            bytes.Add((byte)(length % 128 | (length >= 128 ? 128 : 0)));
            length /= 128;
        } while (length > 0);
        return [.. bytes];
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _serving;
        _own.Dispose();
        _stop.Dispose();
    }

    private async Task ServeAsync()
    {
        var clients = new List<Task>();
        try
        {
            while (true) clients.Add(ConverseAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException or InvalidOperationException)
        {
        }
        await Task.WhenAll(clients);
    }

    private async Task ConverseAsync(TcpClient client)
    {
        using var connection = client;
        try
        {
            await using var stream = new SslStream(client.GetStream(), false, (_, shown, _, _) => shown is not null); // whose it is does not matter to it
            await stream.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
            {
                // Offline: what this side would fetch is none of the box's doing.
                ServerCertificateContext = SslStreamCertificateContext.Create(_own, null, offline: true), ClientCertificateRequired = true,
                EnabledSslProtocols = SslProtocols.Tls13,
            }, _stop.Token);
            var attack = Task.CompletedTask;
            while (true)
            {
                var (kind, body) = await ReadAsync(stream);
                var answer = Answer(kind, body);
                if (answer.Length > 0 && attack.IsCompleted) await stream.WriteAsync(answer, _stop.Token);
                if (kind >> 4 == 8) attack = AttackAsync(stream);
            }
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException or AuthenticationException or InvalidOperationException
            or ObjectDisposedException)
        {
        }
    }

    private async Task AttackAsync(SslStream stream)
    {
        await Task.Yield();
        Interlocked.Increment(ref _attacks);
        try
        {
            await _attack(stream, _stop.Token);
            Interlocked.Increment(ref _finished);
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException or ObjectDisposedException)
        {
            Interlocked.Increment(ref _finished); // the client has ended it
        }
        catch (Exception bug)
        {
            Fault = bug;
        }
    }

    /// <summary>Why an attack went wrong, if it did by its own fault.</summary>
    public Exception? Fault { get; private set; }

    private static byte[] Answer(byte kind, byte[] body) => (kind >> 4) switch
    {
        1 => [0x20, 3, 0, 0, 0],
        3 when (kind & 6) != 0 && BinaryPrimitives.ReadUInt16BigEndian(body) is var topic => [0x40, 2, body[2 + topic], body[3 + topic]],
        8 when Filters(body) is var filters => [0x90, .. Length(3 + filters), body[0], body[1], 0, .. Enumerable.Repeat((byte)1, filters)],
        12 => [0xD0, 0],
        _ => [],
    };

    // §3.8: packet identifier, properties (fewer than 128 bytes of them here), then filters with an octet of options each.
    private static int Filters(byte[] subscribe)
    {
        var count = 0;
        for (var at = 3 + subscribe[2]; at < subscribe.Length; count++) at += 2 + BinaryPrimitives.ReadUInt16BigEndian(subscribe.AsSpan(at)) + 1;
        return count;
    }

    private async Task<(byte Kind, byte[] Body)> ReadAsync(SslStream stream)
    {
        var one = new byte[1];
        await stream.ReadExactlyAsync(one, _stop.Token);
        var kind = one[0];
        var (length, shift) = (0, 0);
        do
        {
            await stream.ReadExactlyAsync(one, _stop.Token);
            length |= (one[0] & 127) << shift;
            shift += 7;
        } while ((one[0] & 128) != 0);
        var body = new byte[length];
        await stream.ReadExactlyAsync(body, _stop.Token);
        return (kind, body);
    }
}
