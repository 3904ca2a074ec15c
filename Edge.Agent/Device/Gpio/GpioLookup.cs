namespace Edge.Agent.Device.Gpio;

/// <summary>A line that was found, or why it was not.</summary>
/// <param name="Name">The key that names it, such as <c>gpio.tamper</c>.</param>
/// <param name="Chip">The chip; null where there is none of that label.</param>
/// <param name="Offset">The line's number on it; -1 where it has none of that name.</param>
/// <param name="Says">Where the line is; or what is wrong, and what there is instead.</param>
internal sealed record GpioRow(string Name, GpioChip? Chip, int Offset, string Says)
{
    public bool IsFound => Offset >= 0;
}

/// <summary>Finds the lines of a configuration among the chips of the machine: one row each, for <c>doctor</c> and for the panel.</summary>
internal static class GpioLookup
{
    private const int MostShown = 8;

    public static IReadOnlyList<GpioRow> Rows(GpioConfiguration configuration, IReadOnlyList<GpioChip> chips) =>
        [.. configuration.Lines.Select(named => Find($"gpio.{named.Where}", named.Line, chips))];

    private static GpioRow Find(string name, GpioLine line, IReadOnlyList<GpioChip> chips)
    {
        if (chips.Count == 0)
            return new GpioRow(name, null, -1, "this machine shows the agent no GPIO chip: it has none, or gpio.conf is not in place (docs/gpio.md)");
        var labelled = chips.Where(chip => chip.Label == line.Chip).ToList();
        if (labelled.Count == 0) return new GpioRow(name, null, -1, $"no chip is labelled {line.Chip}; here are: {Listed(chips.Select(chip => chip.Label))}");
        if (labelled.Count > 1) return new GpioRow(name, null, -1, $"{labelled.Count} chips are labelled {line.Chip}: they cannot be told apart, use another");
        var chip = labelled[0];
        if (line.Name is null)
            return line.Offset < chip.Lines.Count ? new GpioRow(name, chip, line.Offset, $"line {line.Offset} of {chip.Label}")
                : new GpioRow(name, chip, -1, $"{chip.Label} has lines 0 to {chip.Lines.Count - 1}, and none is {line.Offset}");
        var offsets = chip.Lines.Index().Where(one => one.Item == line.Name).Select(one => one.Index).ToList();
        return offsets.Count switch
        {
            1 => new GpioRow(name, chip, offsets[0], $"line {line.Name} of {chip.Label}"),
            0 => new GpioRow(name, chip, -1, $"no line of {chip.Label} is named {line.Name}; here are: {Listed(chip.Lines.Where(one => one.Length > 0))}"),
            _ => new GpioRow(name, chip, -1, $"{offsets.Count} lines of {chip.Label} are named {line.Name}: give its offset instead"),
        };
    }

    private static string Listed(IEnumerable<string> names)
    {
        var all = names.Distinct().ToList();
        return all.Count == 0 ? "none with a name"
            : string.Join(", ", all.Take(MostShown)) + (all.Count > MostShown ? $" and {all.Count - MostShown} more" : "");
    }
}
