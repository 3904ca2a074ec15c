using System.Numerics;
using System.Runtime.InteropServices;
using OpenCvSharp;

namespace Edge.Vision.Capture;

/// <summary>A checksum that tells two pictures apart: CRC-32C over every byte, in hardware on x64 and arm64. Four
/// strides run side by side because one would wait for itself.</summary>
internal static class Fingerprint
{
    public static unsafe uint Of(Mat pixels)
    {
        var row = checked((int)(pixels.Width * pixels.ElemSize()));
        var height = pixels.Height;
        var fingerprint = 0u;
        for (var y = 0; y < height; y++)
            fingerprint = Of(new ReadOnlySpan<byte>((byte*)pixels.Ptr(y), row), fingerprint);
        return fingerprint;
    }

    public static uint Of(ReadOnlySpan<byte> bytes, uint seed = 0)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        uint a = seed, b = 1, c = 2, d = 3;
        var i = 0;
        for (; i + 4 <= words.Length; i += 4)
        {
            a = BitOperations.Crc32C(a, words[i]);
            b = BitOperations.Crc32C(b, words[i + 1]);
            c = BitOperations.Crc32C(c, words[i + 2]);
            d = BitOperations.Crc32C(d, words[i + 3]);
        }
        for (var rest = i * sizeof(ulong); rest < bytes.Length; rest++) a = BitOperations.Crc32C(a, bytes[rest]);
        return BitOperations.Crc32C(BitOperations.Crc32C(a, b), (ulong)c << 32 | d);
    }
}
