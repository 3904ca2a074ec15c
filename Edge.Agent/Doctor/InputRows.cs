using Edge.Agent.Device.Gpio;

namespace Edge.Agent.Doctor;

/// <summary>Lines to the world: lid switch, lamps, loop. Each that is configured must be there; the agent, not the doctor, opens them.</summary>
internal static class InputRows
{
    public static IEnumerable<Finding> Look(Patient patient) => Look(patient, new KernelGpio());

    internal static IEnumerable<Finding> Look(Patient patient, IGpioBoard board) => patient.Configuration?.Gpio is not { } configured
        ? [Finding.Skipped("GPIO", "nothing is configured")]
        : GpioLookup.Rows(configured, board.Chips()).Select(row => row.IsFound ? Finding.Good(row.Name, row.Says)
            : Finding.Bad(row.Name, row.Says, $"correct {row.Name} in {patient.ConfigurationFile}, or the wiring (docs/gpio.md)"));
}
