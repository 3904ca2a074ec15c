using System.CommandLine;

namespace Edge.Agent.Cli;

/// <summary>Every verb of <c>edge-agent</c>, in the order help shows them.</summary>
internal static class CommandTable
{
    public static async Task<int> RunAsync(string[] args)
    {
        var parsed = Build().Parse(args);
        if (parsed.Errors.Count == 0) return await parsed.InvokeAsync();
        foreach (var error in parsed.Errors) Console.Error.WriteLine($"edge-agent: {error.Message}");
        Console.Error.WriteLine("edge-agent --help shows the verbs, edge-agent VERB --help their options");
        return (int)ExitCode.Usage;
    }

    internal static RootCommand Build() => new("Reads plates beside the road, forgets those nobody has a case for.")
    {
        DemoCommand.Build(),
        RunCommand.Build(),
        ConfigCheckCommand.Build(),
        RecognizeCommand.Build(),
        new Command("audit", "Check the log of everything the box did") { AuditVerifyCommand.Build() },
        new Command("hub", "The agency's side") { HubInitCommand.Build(), HubWatchCommand.Build() },
    };
}
