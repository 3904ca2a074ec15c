using System.Buffers;
using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using MQTTnet;
using MQTTnet.Adapter;
using MQTTnet.Channel;
using MQTTnet.Diagnostics.Logger;
using MQTTnet.Formatter;

namespace Edge.Agent.Publishing;

/// <summary>The broker has sent a packet larger than CONNECT allows (MQTT 5 §3.1.2.11.4).</summary>
internal sealed class OversizePacketException(int length) : IOException($"a packet of {length} bytes is larger than this client allows");

/// <summary>Looks at the length of every packet before the library makes room for it, and stops reading while what came waits to be dealt
/// with. The library does neither: whoever runs the broker could fill the memory with one header of five bytes, or with
/// messages that come faster than they are refused.</summary>
internal sealed class GuardedChannel(IMqttChannel inner, int largestPacket) : IMqttChannel
{
    /// <summary>Most bytes of messages that wait, and one message more.</summary>
    public const int MostWaiting = 4 * 1024 * 1024;

    private readonly ConcurrentQueue<int> _lengths = new();
    private readonly SemaphoreSlim _released = new(0);
    private long _waiting;
    // Where in the stream of packets (§2.1) the next byte stands: -1 at a first byte, 0 and more within a length of so many bytes.
    private int _at = -1;
    private int _length, _left;
    private bool _isPublish;

    public EndPoint LocalEndPoint => inner.LocalEndPoint;

    public EndPoint RemoteEndPoint => inner.RemoteEndPoint;

    public X509Certificate2 ClientCertificate => inner.ClientCertificate;

    public bool IsSecureConnection => inner.IsSecureConnection;

    /// <summary>The oldest message that waits was dealt with.</summary>
    public void Release()
    {
        if (!_lengths.TryDequeue(out var length)) return;
        Interlocked.Add(ref _waiting, -length);
        if (_released.CurrentCount == 0) _released.Release();
    }

    public Task ConnectAsync(CancellationToken cancellationToken) => inner.ConnectAsync(cancellationToken);

    public Task DisconnectAsync(CancellationToken cancellationToken) => inner.DisconnectAsync(cancellationToken);

    public async Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        // Only between two packets: one that has begun must come to its end, or nobody ever deals with it.
        while (_left == 0 && _at < 0 && Interlocked.Read(ref _waiting) > MostWaiting) await _released.WaitAsync(cancellationToken);
        var read = await inner.ReadAsync(buffer, offset, count, cancellationToken);
        Look(buffer.AsSpan(offset, read));
        return read;
    }

    public Task WriteAsync(ReadOnlySequence<byte> buffer, bool isEndOfPacket, CancellationToken cancellationToken) =>
        inner.WriteAsync(buffer, isEndOfPacket, cancellationToken);

    public void Dispose()
    {
        inner.Dispose();
        _released.Dispose();
    }

    private void Look(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_left > 0)
            {
                var skipped = Math.Min(_left, bytes.Length);
                _left -= skipped;
                bytes = bytes[skipped..];
                continue;
            }
            var next = bytes[0];
            bytes = bytes[1..];
            if (_at < 0)
            {
                (_isPublish, _length, _at) = (next >> 4 == 3, 0, 0);
                continue;
            }
            if (_at == 4) throw new OversizePacketException(int.MaxValue);
            _length |= (next & 127) << (7 * _at++); // a variable byte integer, §1.5.5
            if ((next & 128) != 0) continue;
            if (_length > largestPacket) throw new OversizePacketException(_length);
            if (_isPublish)
            {
                _lengths.Enqueue(_length);
                Interlocked.Add(ref _waiting, _length);
            }
            (_left, _at) = (_length, -1);
        }
    }

    /// <summary>Makes the one channel of a client that connects once.</summary>
    public sealed class Factory(int largestPacket) : IMqttClientAdapterFactory
    {
        /// <summary>Null before the client connects.</summary>
        public GuardedChannel? Channel { get; private set; }

        /// <summary>Makes the way to the broker; set before the client connects.</summary>
        public Func<IMqttChannel>? Way { get; set; }

        public IMqttChannelAdapter CreateClientAdapter(MqttClientOptions options, MqttPacketInspector packetInspector, IMqttNetLogger logger)
        {
            Channel = new GuardedChannel(Way?.Invoke() ?? throw new InvalidOperationException("no way to a broker"), largestPacket);
            // A packet goes out in one piece: with the size of its writer's buffers the library's own factory does the same.
            return new MqttChannelAdapter(Channel, new MqttPacketFormatterAdapter(options.ProtocolVersion, new MqttBufferWriter(4096, 65535)), logger)
            {
                AllowPacketFragmentation = options.AllowPacketFragmentation, PacketInspector = packetInspector,
            };
        }
    }
}
