using Edge.Agent.Cli;

namespace Edge.Agent.Commissioning;

/// <summary>Whether this machine is an enrolled box. There, tools that show plates are refused: the only way to a plate is
/// a hit, sealed to the agency.</summary>
internal static class Enrolled
{
    /// <summary>Where a box keeps its keys unless its configuration says otherwise.</summary>
    public const string DefaultStateFolder = "/var/lib/edge-agent";

    /// <summary>True if a box is configured here, or a state folder in use here holds a box's keys.</summary>
    public static bool Here() => Here(RunCommand.DefaultConfiguration, DefaultStateFolder);

    internal static bool Here(string configuration, string stateFolder) =>
        File.Exists(configuration) || Directory.Exists(Path.Combine(stateFolder, "keys"));
}
