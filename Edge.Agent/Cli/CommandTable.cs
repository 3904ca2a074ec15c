using System.CommandLine;

namespace Edge.Agent.Cli;

/// <summary>Every verb of <c>edge-agent</c>, in the order help shows them.</summary>
internal static class CommandTable
{
    public static Task<int> RunAsync(string[] args) => Build().Parse(args).InvokeAsync();

    internal static RootCommand Build() => new("Reads plates beside the road, forgets those nobody has a case for.");
}
