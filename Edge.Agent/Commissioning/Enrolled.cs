using Edge.Agent.Cli;

namespace Edge.Agent.Commissioning;

/// <summary>Whether this machine is an enrolled box. There, tools that show plates are refused: the only way to a plate is
/// a hit, sealed to the agency.</summary>
internal static class Enrolled
{
    /// <summary>Where a box keeps its keys unless its configuration says otherwise.</summary>
    public const string DefaultStateFolder = "/var/lib/edge-agent";

    /// <summary>True if a box is configured here or keeps its state here. It asks for the folders, which every user may see, not
    /// for what is in them, which only the box may.</summary>
    public static bool Here() => Here(Path.GetDirectoryName(RunCommand.DefaultConfiguration)!, DefaultStateFolder);

    internal static bool Here(string configurationFolder, string stateFolder) =>
        Directory.Exists(configurationFolder) || Directory.Exists(stateFolder);
}
