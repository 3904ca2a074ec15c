namespace Edge.Agent.Doctor;

/// <summary>Lines to the world: tamper switch, lamps. None can be configured yet.</summary>
internal static class InputRows
{
    public static IEnumerable<Finding> Look(Patient patient) => [Finding.Skipped("GPIO", "nothing is configured")];
}
