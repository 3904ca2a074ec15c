using System.Device.Gpio;

namespace Edge.Agent.Device.Gpio;

/// <summary>A chip of the machine.</summary>
/// <param name="Number">The kernel's number of the moment.</param>
/// <param name="Label">What it is found by.</param>
/// <param name="Lines">The name of each of its lines, in order; empty where one has none.</param>
internal sealed record GpioChip(int Number, string Label, IReadOnlyList<string> Lines);

/// <summary>The machine's pins: the kernel's, or a test's.</summary>
internal interface IGpioBoard
{
    /// <summary>What is there; empty where nothing is, or nothing may be seen.</summary>
    IReadOnlyList<GpioChip> Chips();

    /// <summary>Opens a chip; the caller disposes it.</summary>
    /// <exception cref="GpioException">It cannot be opened; the message says what to do.</exception>
    GpioDriver Open(GpioChip chip);
}

/// <summary>A chip or a line is not there, or cannot be opened; the message names the key, and what is there instead.</summary>
internal sealed class GpioException(string problem, Exception? inner = null) : Exception(problem, inner);
