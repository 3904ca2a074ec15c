using System.Runtime.InteropServices;
using Edge.Vision.Onnx;

namespace Edge.Tests.Onnx;

public sealed class ByteProductsTests
{
    [Fact]
    public void Bytes_overflow_on_an_x64_processor_of_which_the_kernel_knows_no_VNNI()
    {
        var flags = File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("flags", StringComparison.Ordinal))?.Split(' ') ?? [];
        var hasVnni = flags.Contains("avx512_vnni") || flags.Contains("avx_vnni");
        Assert.Equal(RuntimeInformation.ProcessArchitecture == Architecture.X64 && !hasVnni, ByteProducts.MayOverflow);
    }
}
