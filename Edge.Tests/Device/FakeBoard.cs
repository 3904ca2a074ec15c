using System.Device.Gpio;
using Edge.Agent.Device.Gpio;

namespace Edge.Tests.Device;

/// <summary>A machine with pins that a test pulls and reads, behind the real controller.</summary>
internal sealed class FakeBoard(params GpioChip[] chips) : IGpioBoard
{
    public Dictionary<int, FakePins> Pins { get; } = [];

    public IReadOnlyList<GpioChip> Chips() => chips;

    public GpioDriver Open(GpioChip chip) => Pins[chip.Number] = Pins.GetValueOrDefault(chip.Number) ?? new FakePins(chip.Lines.Count);

    /// <summary>The pins of a chip, before or after it is opened.</summary>
    public FakePins Of(int chip)
    {
        if (!Pins.TryGetValue(chip, out var pins)) Pins[chip] = pins = new FakePins(chips.Single(one => one.Number == chip).Lines.Count);
        return pins;
    }
}

internal sealed class FakePins(int count) : GpioDriver
{
    public PinMode[] Modes { get; } = new PinMode[count];

    public PinValue[] Levels { get; } = new PinValue[count];

    /// <summary>Every change of an output: its line, and to what.</summary>
    public List<(int Line, bool High)> Written { get; } = [];

    public HashSet<int> InUse { get; } = [];

    public bool HasPulls { get; set; } = true;

    public bool IsGone { get; set; }

    protected override int PinCount => count;

    protected override void OpenPin(int pinNumber)
    {
        if (InUse.Contains(pinNumber)) throw new IOException("Device or resource busy");
    }

    protected override void ClosePin(int pinNumber)
    {
    }

    protected override void SetPinMode(int pinNumber, PinMode mode) => Modes[pinNumber] = mode;

    protected override PinMode GetPinMode(int pinNumber) => Modes[pinNumber];

    protected override bool IsPinModeSupported(int pinNumber, PinMode mode) => HasPulls || mode is PinMode.Input or PinMode.Output;

    protected override PinValue Read(int pinNumber) => IsGone ? throw new IOException("No such device") : Levels[pinNumber];

    protected override void Write(int pinNumber, PinValue value)
    {
        if (IsGone) throw new IOException("No such device");
        if (Modes[pinNumber] != PinMode.Output) throw new InvalidOperationException("not an output");
        Levels[pinNumber] = value;
        Written.Add((pinNumber, value == PinValue.High));
    }

    protected override WaitForEventResult WaitForEvent(int pinNumber, PinEventTypes eventTypes, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    protected override void AddCallbackForPinValueChangedEvent(int pinNumber, PinEventTypes eventTypes, PinChangeEventHandler callback) =>
        throw new NotSupportedException();

    protected override void RemoveCallbackForPinValueChangedEvent(int pinNumber, PinChangeEventHandler callback) => throw new NotSupportedException();
}
