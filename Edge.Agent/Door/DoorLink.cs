using System.Buffers.Binary;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Edge.Agent.Door;

/// <summary>Whole messages over one socket. One reader at a time and one writer at a time; what went through its buffers is wiped.</summary>
internal sealed class DoorLink(Socket socket, int largest) : IDisposable
{
    private readonly byte[] _length = new byte[sizeof(int)];
    private byte[] _buffer = GC.AllocateUninitializedArray<byte>(1024, pinned: true);

    /// <summary>The next message, parsed; null when the other side has ended.</summary>
    /// <exception cref="DoorRefusedException">It is longer than it may be, or none.</exception>
    /// <exception cref="EndOfStreamException">It was cut off.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancel"/> fired, or nothing came in time.</exception>
    public async ValueTask<T?> ReadAsync<T>(Parse<T> parse, CancellationToken cancel) where T : class
    {
        if (!await FillAsync(_length, mayEnd: true, cancel)) return null;
        var length = BinaryPrimitives.ReadInt32BigEndian(_length);
        if (length < 1 || length > largest) throw new DoorRefusedException(DoorRefusal.Malformed);
        if (_buffer.Length < length) _buffer = GC.AllocateUninitializedArray<byte>(length, pinned: true);
        var message = _buffer.AsMemory(0, length);
        try
        {
            await FillAsync(message, mayEnd: false, cancel);
            return parse(message.Span) ?? throw new DoorRefusedException(DoorRefusal.Malformed);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(message.Span);
        }
    }

    /// <summary>Sends one message and wipes it.</summary>
    /// <exception cref="SocketException">The other side is gone.</exception>
    public async ValueTask WriteAsync(DoorWriter message, CancellationToken cancel)
    {
        using (message)
            for (var left = message.Message; left.Length > 0;)
                left = left[await socket.SendAsync(left, SocketFlags.None, cancel)..];
    }

    /// <summary>Nothing more will be written; the other side reads to the end.</summary>
    public void EndWriting()
    {
        try
        {
            socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // It is gone already.
        }
    }

    public void Dispose()
    {
        socket.Dispose();
        CryptographicOperations.ZeroMemory(_buffer);
    }

    private async ValueTask<bool> FillAsync(Memory<byte> room, bool mayEnd, CancellationToken cancel)
    {
        for (var filled = 0; filled < room.Length;)
        {
            var read = await TakeAsync(room[filled..], cancel);
            if (read == 0) return mayEnd && filled == 0 ? false : throw new EndOfStreamException();
            filled += read;
        }
        return true;
    }

    private async ValueTask<int> TakeAsync(Memory<byte> room, CancellationToken cancel)
    {
        try
        {
            return await socket.ReceiveAsync(room, SocketFlags.None, cancel);
        }
        catch (SocketException)
        {
            return 0; // it was killed
        }
    }

    /// <summary>Reads one message from its bytes; null for anything that is none.</summary>
    internal delegate T? Parse<out T>(ReadOnlySpan<byte> message);
}
