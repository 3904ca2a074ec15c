using Edge.Agent.Cli;

namespace Edge.Agent.Commissioning;

/// <summary>Whether this machine is an enrolled box. There, tools that show plates are refused: the only way to a plate is
/// a hit, sealed to the agency.</summary>
internal static class Enrolled
{
    /// <summary>Where a box keeps its keys unless its configuration says otherwise.</summary>
    public const string DefaultStateFolder = "/var/lib/edge-agent";

    // A box set up before the configuration moved is none the less one.
    private const string EarlierConfigurationFolder = "/etc/edge-agent";

    /// <summary>True if a box is configured here or keeps its state here. It asks for the folders, which every user may see, not
    /// for what is in them, which only the box may.</summary>
    public static bool Here() => Here(Path.GetDirectoryName(RunCommand.DefaultConfiguration)!, EarlierConfigurationFolder, DefaultStateFolder);

    internal static bool Here(params IEnumerable<string> folders) => folders.Any(Directory.Exists);
}
