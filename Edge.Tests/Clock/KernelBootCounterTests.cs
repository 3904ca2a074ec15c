using System.Globalization;
using Edge.Agent.Clock;
using Edge.Tests.Support;

namespace Edge.Tests.Clock;

public sealed class KernelBootCounterTests
{
    [Fact]
    public async Task It_counts_as_the_kernel_does_and_names_its_boot()
    {
        var kernel = new KernelBootCounter();
        Assert.InRange(kernel.Boot.Length, 1, 64);
        Assert.Equal(kernel.Boot, new KernelBootCounter().Boot);
        var before = kernel.Elapsed;
        await Eventually.True(() => kernel.Elapsed > before, "it counts");
        var uptime = double.Parse(File.ReadAllText("/proc/uptime").Split(' ')[0], CultureInfo.InvariantCulture);
        Assert.InRange(kernel.Elapsed, TimeSpan.FromSeconds(uptime), TimeSpan.FromSeconds(uptime + 60));
    }
}
