using System.Buffers;
using System.Security.Cryptography;

namespace Edge.Agent.Publishing;

/// <summary>A buffer of fixed size for what must not outlive its use: pinned, so that the collector leaves no copies, and
/// zeroed when disposed.</summary>
public sealed class WipedBuffer : IBufferWriter<byte>, IDisposable
{
    private readonly byte[] _bytes;
    private int _written;

    internal WipedBuffer(int capacity) => _bytes = GC.AllocateArray<byte>(capacity, pinned: true);

    /// <summary>What was written. Valid until disposed; afterwards empty.</summary>
    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, _written);

    /// <exception cref="ArgumentOutOfRangeException">More than the capacity.</exception>
    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)count, (uint)(_bytes.Length - _written), nameof(count));
        _written += count;
    }

    /// <exception cref="InvalidOperationException">The buffer is full.</exception>
    public Memory<byte> GetMemory(int sizeHint = 0) => Math.Max(sizeHint, 1) <= _bytes.Length - _written
        ? _bytes.AsMemory(_written) : throw new InvalidOperationException("the buffer is full");

    /// <exception cref="InvalidOperationException">The buffer is full.</exception>
    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_bytes);
        _written = 0;
    }
}
