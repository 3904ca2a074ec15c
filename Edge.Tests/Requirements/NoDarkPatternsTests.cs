using System.Text.RegularExpressions;
using Edge.Tests.Support;

namespace Edge.Tests.Requirements;

/// <summary>Requirement 21. Defaults and unknown keys have their tests beside the parsers.</summary>
public sealed class NoDarkPatternsTests
{
    [Fact]
    public void No_hidden_flag_widens_collection()
    {
        var code = string.Join('\n', new[] { "Edge.Agent", "Edge.Storage", "Edge.Vision" }
            .SelectMany(project => Directory.EnumerateFiles(Path.Combine(Repository.Root, project), "*.cs", SearchOption.AllDirectories))
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal)).Select(File.ReadAllText));
        // What can be set from outside is the configuration, the signed files and the command line. The one variable is systemd's.
        Assert.All(Regex.Matches(code, @"EnvironmentVariable\w*\(([^)]*)\)"), call => Assert.Equal("\"CREDENTIALS_DIRECTORY\"", call.Groups[1].Value));
        Assert.DoesNotContain("Hidden = true", code, StringComparison.Ordinal);
        Assert.DoesNotContain("AppContext.TryGetSwitch", code, StringComparison.Ordinal);
        Assert.DoesNotContain("#if DEBUG", code, StringComparison.Ordinal);
    }
}
