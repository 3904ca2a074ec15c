using System.Runtime.Intrinsics.X86;

namespace Edge.Vision.Onnx;

/// <summary>How this processor multiplies 8-bit numbers. Before VNNI, x64 adds two products in 16 bits, which large ones overflow: boxes move by a pixel or
/// two.
/// ONNX Runtime then has a way that does not, half as fast; with it a model answers the same on every machine.</summary>
internal static class ByteProducts
{
    // Intel SDM, CPUID leaf 7: AVX512_VNNI is bit 11 of ECX in subleaf 0, AVX-VNNI bit 4 of EAX in subleaf 1.
    private const int Leaf = 7;

    /// <summary>True on an x64 processor without VNNI.</summary>
    public static bool MayOverflow { get; } = X86Base.IsSupported && !HasVnni();

    private static bool HasVnni()
    {
        if (X86Base.CpuId(0, 0).Eax < Leaf) return false;
        var (subleaves, _, wide, _) = X86Base.CpuId(Leaf, 0);
        return (Avx512F.IsSupported && (wide & (1 << 11)) != 0) || (Avx2.IsSupported && subleaves >= 1 && (X86Base.CpuId(Leaf, 1).Eax & (1 << 4)) != 0);
    }
}
