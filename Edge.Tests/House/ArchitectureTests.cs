using System.Reflection;
using System.Text.RegularExpressions;
using Edge.Tests.Support;

namespace Edge.Tests.House;

/// <summary>The laws of the house, held by a test: see docs/architecture.md.</summary>
public sealed partial class ArchitectureTests
{
    private static readonly Assembly Vision = typeof(Edge.Vision.PlatePipeline).Assembly;
    private static readonly Assembly Storage = typeof(Edge.Storage.Keys.SigningKey).Assembly;
    private static readonly Assembly Agent = typeof(Edge.Agent.Cli.ExitCode).Assembly;

    [Fact]
    public void Vision_and_storage_never_know_each_other()
    {
        Assert.DoesNotContain("Edge.Storage", References(Vision));
        Assert.DoesNotContain("Edge.Vision", References(Storage));
        Assert.DoesNotContain("edge-agent", References(Vision).Concat(References(Storage)));
    }

    [Theory]
    [InlineData("OpenCvSharp", "Edge.Vision/")]
    [InlineData("Microsoft.ML.OnnxRuntime", "Edge.Vision/")]
    [InlineData("LiteDB", "Edge.Storage/")]
    [InlineData("NSec.", "Edge.Storage/")]
    [InlineData("MQTTnet", "Edge.Agent/Publishing/", "Edge.Agent/Hub/")]
    [InlineData("System.Device.Gpio", "Edge.Agent/Device/")]
    [InlineData("Microsoft.AspNetCore", "Edge.Agent/LanConsole/", "Edge.Agent/Hub/")]
    [InlineData("OtpNet", "Edge.Agent/LanConsole/", "Edge.Agent/Hub/")]
    [InlineData("QRCoder", "Edge.Agent/Cli/")]
    public void Each_library_lives_behind_one_wall(string library, params string[] rooms)
    {
        var outside = Sources().Where(file => Regex.IsMatch(File.ReadAllText(file), $@"\b{Regex.Escape(library)}"))
            .Select(Relative).Where(file => !rooms.Any(room => file.StartsWith(room, StringComparison.Ordinal)));
        Assert.Empty(outside);
    }

    [Fact]
    public void The_room_that_sees_plates_cannot_write_a_file() =>
        Assert.Empty(Sources("Edge.Vision").Where(file =>
            Regex.IsMatch(File.ReadAllText(file),
                @"File\.(Write|Append|Create|Move|Copy)|FileMode\.(Create|Append|OpenOrCreate)|ImWrite|VideoWriter|StreamWriter|File\.Open\(|OpenWrite|RandomAccess\.Write|FileAccess\.(Write|ReadWrite)"))
            .Select(Relative));

    [Fact]
    public void Types_are_named_after_what_they_are()
    {
        var vague = new[] { Vision, Storage, Agent }.SelectMany(assembly => assembly.GetTypes())
            .Where(type => !type.Name.StartsWith('<') && VagueName().IsMatch(type.Name)).Select(type => type.FullName);
        Assert.Empty(vague);
    }

    [Fact]
    public void Everything_that_holds_a_plate_prints_redacted()
    {
        Type[] holders =
        [
            typeof(Edge.Vision.Recognition.PlateText), typeof(Edge.Vision.Recognition.Reading), typeof(Edge.Vision.Tracking.Passage),
        ];
        Assert.All(holders, type => Assert.Equal(type, type.GetMethod("ToString", Type.EmptyTypes)!.DeclaringType));
        Assert.DoesNotContain(typeof(Edge.Vision.Recognition.PlateText).GetProperties(), property => property.PropertyType == typeof(string));
    }

    [Fact]
    public void A_plate_becomes_text_only_in_the_commissioning_tools()
    {
        string[] allowed = ["Edge.Agent/Commissioning/StillRead.cs"];
        var outside = Sources("Edge.Agent", "Edge.Vision").Where(file => Regex.IsMatch(File.ReadAllText(file), @"GetString\([^;]*(Ascii|form)\b"))
            .Select(Relative).Except(allowed);
        Assert.Empty(outside);
    }

    [Fact]
    public void Only_the_demo_may_witness_reads()
    {
        string[] allowed = ["Edge.Agent/IReadWitness.cs", "Edge.Agent/AgentHost.cs", "Edge.Agent/Demo/LeakHunt.cs", "Edge.Agent/Seeing/CameraLoop.cs",
            "Edge.Agent/Seeing/SeeingRoom.cs"];
        Assert.Equal(allowed.Order(), Sources().Where(file => File.ReadAllText(file).Contains("IReadWitness", StringComparison.Ordinal))
            .Select(Relative).Order());
        Assert.DoesNotContain("witness", File.ReadAllText(Path.Combine(Repository.Root, "Edge.Agent/Cli/RunCommand.cs")), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void Exit_codes_in_the_documentation_are_those_of_the_code()
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "cli.md"));
        var documented = ExitCodeRow().Matches(page).Select(row => (int.Parse(row.Groups[1].Value), row.Groups[2].Value));
        var defined = Enum.GetValues<Edge.Agent.Cli.ExitCode>().Select(code => ((int)code, code.ToString()));
        Assert.Equal(defined, documented);
    }

    private static IEnumerable<string> References(Assembly assembly) =>
        assembly.GetReferencedAssemblies().Select(reference => reference.Name!);

    private static IEnumerable<string> Sources(params string[] projects) =>
        (projects.Length > 0 ? projects : ["Edge.Agent", "Edge.Storage", "Edge.Vision"])
        .SelectMany(project => Directory.EnumerateFiles(Path.Combine(Repository.Root, project), "*.cs", SearchOption.AllDirectories))
        .Where(file => !Relative(file).Split('/').Any(part => part is "bin" or "obj"));

    private static string Relative(string file) => Path.GetRelativePath(Repository.Root, file);

    [GeneratedRegex("(Manager|Helper|Utils?|Utility|Processor|Data|Info)$")]
    private static partial Regex VagueName();

    [GeneratedRegex(@"^\| (\d+) \| `(\w+)` \|", RegexOptions.Multiline)]
    private static partial Regex ExitCodeRow();
}
