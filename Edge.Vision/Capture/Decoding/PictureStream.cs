using OpenCvSharp;

namespace Edge.Vision.Capture.Decoding;

/// <summary>Pictures from a decoder's pipe, each read in place into a buffer of the source's.</summary>
/// <param name="from">What ffmpeg writes with <see cref="Filter"/> and <see cref="Form"/>.</param>
internal sealed class PictureStream(Stream from)
{
    /// <summary>Colour is stored for two pixels by two: what has an odd side loses its last row or column. Studio range, whatever the camera's.</summary>
    public const string Filter = "scale=out_range=tv,crop=trunc(iw/2)*2:trunc(ih/2)*2";

    /// <summary>Half the bytes of BGR, and luma needs no conversion. Neither are frames repeated or left out to keep a rate.</summary>
    public static readonly string[] Form =
        ["-c:v", "pgmyuv", "-pix_fmt", "yuv420p", "-fps_mode", "passthrough", "-f", "image2pipe", "-flush_packets", "1", "pipe:1"];

    private readonly byte[] _head = new byte[PgmHeader.Longest];

    /// <summary>The next picture, in the form of <see cref="Planar"/>; null where the stream ends before one.</summary>
    /// <exception cref="InvalidDataException">What comes is no picture, or too large.</exception>
    /// <exception cref="EndOfStreamException">It ends within one.</exception>
    public unsafe Mat? Read(FramePool pool)
    {
        var length = 0;
        for (var lines = 0; lines < 3; length++)
        {
            if (length == _head.Length) throw new InvalidDataException();
            if (from.Read(_head, length, 1) == 0) return length == 0 ? null : throw new EndOfStreamException();
            if (_head[length] == '\n') lines++;
        }
        if (!PgmHeader.TryParse(_head.AsSpan(0, length), out var header)) throw new InvalidDataException();
        var pixels = pool.RentPlanar(header.Width, header.Height);
        try
        {
            // Rows in the pool are as wide as the picture; so are rows in the pipe.
            from.ReadExactly(new Span<byte>((void*)pixels.Data, checked(pixels.Width * pixels.Height)));
            return pixels;
        }
        catch
        {
            pool.Return(pixels);
            throw;
        }
    }
}
