using System.Globalization;
using Edge.Storage.Json;

namespace Edge.Agent.Device.Gpio;

/// <summary>What hangs on the machine's pins; all of it optional. The page for people is <c>docs/gpio.md</c>.</summary>
/// <param name="Tamper">The switch of the box's lid.</param>
/// <param name="Trigger">A loop in the road or a light barrier.</param>
/// <param name="Light">The light that says how the box is.</param>
/// <param name="Illuminator">The infrared lamp.</param>
public sealed record GpioConfiguration(TamperConfiguration? Tamper, TriggerConfiguration? Trigger, GpioLine? Light, IlluminatorConfiguration? Illuminator)
{
    /// <summary>Every line that is named, by where it is named.</summary>
    public IEnumerable<(string Where, GpioLine Line)> Lines
    {
        get
        {
            if (Tamper is not null) yield return ("tamper", Tamper.Line);
            if (Trigger is not null) yield return ("trigger", Trigger.Line);
            if (Light is not null) yield return ("light", Light);
            if (Illuminator is not null) yield return ("illuminator", Illuminator.Line);
        }
    }

    internal static GpioConfiguration Read(JsonFields fields)
    {
        var gpio = new GpioConfiguration(
            fields.Has("tamper") ? fields.Child("tamper", TamperConfiguration.Read) : null,
            fields.Has("trigger") ? fields.Child("trigger", TriggerConfiguration.Read) : null,
            fields.Has("light") ? fields.Child("light", GpioLine.Read) : null,
            fields.Has("illuminator") ? fields.Child("illuminator", IlluminatorConfiguration.Read) : null);
        foreach (var twice in gpio.Lines.GroupBy(one => (one.Line.Chip, one.Line.Name, one.Line.Offset)).Where(same => same.Count() > 1))
            fields.Fail(twice.Last().Where, $"stands beside {twice.First().Where} on the same line");
        return gpio;
    }
}

/// <summary>One line of a chip. Numbers of chips move between kernels, so the chip is named by its label.</summary>
/// <param name="Chip">Its label, as <c>gpiodetect</c> shows it.</param>
/// <param name="Name">The line's name, as <c>gpioinfo</c> shows it; null where it has none.</param>
/// <param name="Offset">Its number on the chip, where it has no name.</param>
/// <param name="ActiveLow">True if it is on, open or occupied while the voltage is low.</param>
public sealed record GpioLine(string Chip, string? Name, int Offset, bool ActiveLow)
{
    /// <summary>The longest label or name: the kernel's 32 bytes with their zero.</summary>
    public const int Longest = 31;

    internal static GpioLine Read(JsonFields fields)
    {
        var named = fields.Has("line");
        if (named && fields.Has("offset")) fields.Fail("offset", "stands beside line; set one");
        return new GpioLine(fields.Text("chip", Longest), named ? fields.Text("line", Longest) : null,
            !named || fields.Has("offset") ? fields.Whole("offset", 0, 1023) : 0, fields.Flag("activeLow", otherwise: false));
    }

    public override string ToString() => Name ?? Offset.ToString(CultureInfo.InvariantCulture);
}

/// <summary>An input's electrical and temporal side.</summary>
public enum GpioPull
{
    /// <summary><c>none</c>: the circuit has its own resistor.</summary>
    None,
    /// <summary><c>up</c>: a switch to ground.</summary>
    Up,
    /// <summary><c>down</c>: a switch to the supply.</summary>
    Down,
}

/// <summary>The lid's switch.</summary>
/// <param name="Line">Active while the lid is open.</param>
/// <param name="Steady">How long it must stay open to count.</param>
/// <param name="DestroyKeys">True: the box destroys its keys when it is opened, and does not start again.</param>
public sealed record TamperConfiguration(GpioLine Line, GpioPull Pull, TimeSpan Steady, bool DestroyKeys)
{
    internal static IReadOnlyDictionary<string, GpioPull> Pulls { get; } =
        new OrderedDictionary<string, GpioPull> { ["none"] = GpioPull.None, ["up"] = GpioPull.Up, ["down"] = GpioPull.Down };

    internal static TamperConfiguration Read(JsonFields fields) => new(GpioLine.Read(fields), fields.Choice("pull", Pulls, GpioPull.None),
        TimeSpan.FromMilliseconds(fields.Whole("debounceMilliseconds", 0, 5000, 200)), fields.Flag("destroyKeys", otherwise: false));
}

/// <summary>An input that is active while a vehicle is there.</summary>
/// <param name="Steady">How long it must stay so to count.</param>
public sealed record TriggerConfiguration(GpioLine Line, GpioPull Pull, TimeSpan Steady)
{
    internal static TriggerConfiguration Read(JsonFields fields) => new(GpioLine.Read(fields), fields.Choice("pull", TamperConfiguration.Pulls, GpioPull.None),
        TimeSpan.FromMilliseconds(fields.Whole("debounceMilliseconds", 0, 5000, 50)));
}

/// <summary>When the infrared lamp is on: by the clock or by the picture.</summary>
/// <param name="Schedule">From and until when, in the machine's local time, past midnight if it says so; null: by brightness.</param>
/// <param name="Brightness">On below the first, off above the second: the mean of a picture, 0 to 255; null: by the clock.</param>
public sealed record IlluminatorConfiguration(GpioLine Line, (TimeOnly From, TimeOnly To)? Schedule, (int Below, int Above)? Brightness)
{
    internal static IlluminatorConfiguration Read(JsonFields fields)
    {
        var line = GpioLine.Read(fields);
        if (fields.Has("schedule") && fields.Has("brightness")) fields.Fail("brightness", "stands beside schedule; set one");
        if (!fields.Has("schedule") && !fields.Has("brightness")) fields.Fail("schedule", "missing; set it or brightness");
        return new IlluminatorConfiguration(line,
            fields.Has("schedule") ? fields.Child("schedule", hours => (Hour(hours, "from"), Hour(hours, "to"))) : null,
            fields.Has("brightness") ? fields.Child("brightness", Bounds) : null);
    }

    private static (int Below, int Above) Bounds(JsonFields fields)
    {
        var bounds = (Below: fields.Whole("below", 1, 254), Above: fields.Whole("above", 1, 254));
        // The lamp lights its own picture: without a gap it would put itself out.
        if (bounds.Above < bounds.Below + 10) fields.Fail("above", "must be at least 10 more than below, since the lamp brightens the picture");
        return bounds;
    }

    private static TimeOnly Hour(JsonFields fields, string key)
    {
        var hour = TimeOnly.MinValue;
        fields.Text(key, text => TimeOnly.TryParseExact(text, "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out hour),
            "must be a time such as 18:30");
        return hour;
    }
}
