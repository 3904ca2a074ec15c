using System.Device.Gpio;
using System.Device.Gpio.Drivers;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Edge.Agent.Device.Gpio;

/// <summary>The chips that the kernel offers. Their labels and the names of their lines are asked of it directly (linux/gpio.h, the second
/// interface, in every kernel since 5.10): the library that drives the lines does not tell names. It needs libgpiod.so.2.</summary>
internal sealed class KernelGpio : IGpioBoard
{
    private const string Devices = "/dev";

    // _IOR(0xB4, 0x01, struct gpiochip_info) and _IOWR(0xB4, 0x05, struct gpio_v2_line_info)
    private const uint ChipInfo = 0x8044B401, LineInfo = 0xC100B405;
    private const int ChipSize = 68, LineSize = 256, NameSize = 32, LabelAt = 32, LinesAt = 64, OffsetAt = 64;

    public IReadOnlyList<GpioChip> Chips() =>
    [
        .. Directory.EnumerateFileSystemEntries(Devices, "gpiochip*").Select(path => (Path: path, Number: Number(path))).Where(chip => chip.Number >= 0)
            .OrderBy(chip => chip.Number).Select(chip => Look(chip.Path, chip.Number)).OfType<GpioChip>(),
    ];

    public GpioDriver Open(GpioChip chip)
    {
        try
        {
#pragma warning disable CS0618 // the constructor with the chip's number is the one that the library of Debian 12 serves
            return new LibGpiodDriver(chip.Number);
#pragma warning restore CS0618
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException or PlatformNotSupportedException
            or DllNotFoundException or InvalidOperationException)
        {
            throw new GpioException(
                $"chip {chip.Label} cannot be opened: see that libgpiod2 is installed and that gpio.conf lets the service see /dev/gpiochip{chip.Number}",
                refused);
        }
    }

    private static int Number(string path) =>
        int.TryParse(Path.GetFileName(path)["gpiochip".Length..], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1;

    private static GpioChip? Look(string path, int number)
    {
        try
        {
            using var chip = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            var said = new byte[ChipSize];
            if (Control(chip, ChipInfo, said) != 0) return null;
            var names = new List<string>();
            for (var line = 0; line < Math.Min(BitConverter.ToInt32(said, LinesAt), 1024); line++)
            {
                var about = new byte[LineSize];
                BitConverter.TryWriteBytes(about.AsSpan(OffsetAt), line);
                names.Add(Control(chip, LineInfo, about) == 0 ? Text(about.AsSpan(0, NameSize)) : "");
            }
            return new GpioChip(number, Text(said.AsSpan(LabelAt, NameSize)), names);
        }
        catch (Exception closed) when (closed is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string Text(ReadOnlySpan<byte> zeroEnded) =>
        Encoding.Latin1.GetString(zeroEnded[..(zeroEnded.IndexOf((byte)0) is var end and >= 0 ? end : zeroEnded.Length)]);

    [DllImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static extern int Control(SafeFileHandle file, nuint request, byte[] argument);
}
