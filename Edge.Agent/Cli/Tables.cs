using Spectre.Console;

namespace Edge.Agent.Cli;

/// <summary>Where tables go. In a terminal they are as wide as it is; in a pipe or a file no cell is broken over two lines, because whoever
/// searches there for an id must find it whole.</summary>
internal static class Tables
{
    // Wider than any table: where nothing says how much room there is, none is missing.
    private const int Unbounded = 4096;

    public static IAnsiConsole On(TextWriter output)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) });
        if (!ReferenceEquals(output, Console.Out) || Console.IsOutputRedirected) console.Profile.Width = Unbounded;
        return console;
    }
}
