using System.Buffers.Binary;

namespace Edge.Agent.Sticks;

/// <summary>Pieces over a stream, each with its length before it (32 bits, big-endian): how the agent and the process at the stick talk.</summary>
internal sealed class StickLink(Stream stream)
{
    /// <summary>Largest piece of a bundle.</summary>
    public const int Piece = 64 * 1024;

    /// <summary>Largest sentence.</summary>
    public const int Sentence = 4096;

    /// <exception cref="IOException">The other side has gone, or says more than <paramref name="most"/> bytes at once.</exception>
    public async Task<byte[]> ReadAsync(int most, CancellationToken cancel)
    {
        var head = new byte[4];
        await stream.ReadExactlyAsync(head, cancel);
        var said = new byte[Checked(BinaryPrimitives.ReadUInt32BigEndian(head), most)];
        await stream.ReadExactlyAsync(said, cancel);
        return said;
    }

    /// <inheritdoc cref="ReadAsync"/>
    public byte[] Read(int most)
    {
        Span<byte> head = stackalloc byte[4];
        stream.ReadExactly(head);
        var said = new byte[Checked(BinaryPrimitives.ReadUInt32BigEndian(head), most)];
        stream.ReadExactly(said);
        return said;
    }

    public async Task WriteAsync(ReadOnlyMemory<byte> piece, CancellationToken cancel)
    {
        var said = new byte[4 + piece.Length];
        BinaryPrimitives.WriteUInt32BigEndian(said, (uint)piece.Length);
        piece.Span.CopyTo(said.AsSpan(4));
        await stream.WriteAsync(said, cancel);
    }

    private static int Checked(uint length, int most) => length <= most ? (int)length : throw new IOException("the other side says more than it may");

    /// <summary>A stream whose bytes go out in pieces; the caller ends them with an empty one.</summary>
    public Stream Pieces() => new BufferedStream(new Outgoing(stream), Piece);

    private sealed class Outgoing(Stream to) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override void Flush() => to.Flush();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            Span<byte> head = stackalloc byte[4];
            while (buffer.Length > 0)
            {
                var piece = buffer[..Math.Min(buffer.Length, Piece)];
                BinaryPrimitives.WriteUInt32BigEndian(head, (uint)piece.Length);
                to.Write(head);
                to.Write(piece);
                buffer = buffer[piece.Length..];
            }
        }
    }
}
