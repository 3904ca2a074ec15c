using System.Buffers.Text;
using Microsoft.Win32.SafeHandles;

namespace Edge.Agent.Clock;

/// <summary>The kernel's own: <c>boot_id</c>, and CLOCK_BOOTTIME as <c>/proc/uptime</c> shows it, in hundredths of a second
/// (proc_uptime(5)). Setting the clock changes neither.</summary>
internal sealed class KernelBootCounter : IBootCounter
{
    // Open for as long as the process: every frame asks for the time.
    private static readonly SafeFileHandle Uptime = File.OpenHandle("/proc/uptime");

    public string Boot { get; } = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();

    public TimeSpan Elapsed
    {
        get
        {
            Span<byte> text = stackalloc byte[64];
            var length = RandomAccess.Read(Uptime, text, fileOffset: 0);
            return Utf8Parser.TryParse(text[..length], out double seconds, out _) ? TimeSpan.FromSeconds(seconds)
                : throw new InvalidOperationException("/proc/uptime does not begin with a number");
        }
    }
}
