namespace Edge.Agent.Commissioning;

/// <summary>Whether this machine is an enrolled box. There, tools that show plates are refused: the only way to a plate is
/// a hit, sealed to the agency.</summary>
internal static class Enrolled
{
    /// <summary>Where a box keeps its keys; it exists from enrolment to decommissioning.</summary>
    public const string DefaultStateFolder = "/var/lib/edge-agent";

    public static bool Is(string stateFolder) => Directory.Exists(Path.Combine(stateFolder, "keys"));
}
