using System.CommandLine;
using System.CommandLine.Parsing;

namespace Edge.Agent.Cli;

/// <summary>From words to an exit code: what is wrong with the command line is <see cref="ExitCode.Usage"/> and one line each.</summary>
internal static class CommandLine
{
    /// <summary>How long a verb may take to stop in order: the box's last hits must reach the disk. systemd's own patience is
    /// 90 s.</summary>
    private static readonly TimeSpan StopWithin = TimeSpan.FromSeconds(80);

    public static async Task<int> RunAsync(Command root, string[] args)
    {
        var parsed = root.Parse(args);
        if (parsed.Errors.Count == 0)
        {
            using var interruption = new Interruption(StopWithin);
            return await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null }, interruption.Token);
        }
        // Words that were typed are not repeated: one may be a plate. What has the form of an option is none.
        // The value alone too, of --option=value and --option:value; the longest first, so that none is left in a part.
        var typed = args.Except(Names(parsed.CommandResult)).Where(word => !IsOptionName(word))
            .SelectMany(word => new[] { word, word[(word.IndexOfAny(['=', ':']) + 1)..] })
            .Where(word => word.Length > 0).OrderByDescending(word => word.Length).ToList();
        foreach (var message in parsed.Errors.Select(error => typed.Aggregate(error.Message, (said, word) => said.Replace(word, "…", StringComparison.Ordinal)))
            .Distinct())
            Failure.Say(ExitCode.Usage, OneLine(message));
        var command = parsed.CommandResult.Command;
        if (command.Subcommands.Count > 0)
            Console.Error.WriteLine($"{string.Join(' ', Path(parsed.CommandResult))} has {string.Join(", ", command.Subcommands.Where(verb => !verb.Hidden).Select(verb => verb.Name))}");
        Console.Error.WriteLine($"{Failure.Program} --help shows the verbs, {Failure.Program} VERB --help their options");
        return (int)ExitCode.Usage;
    }

    // The library lists what may be given a line each, behind a tab.
    private static string OneLine(string message) =>
        message.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) is [var first, .. var values]
        && values.Length > 0 ? $"{first} {string.Join(", ", values)}" : message;

    private static bool IsOptionName(string word) =>
        word.Length is > 2 and < 32 && word.StartsWith("--", StringComparison.Ordinal) && word.All(letter => char.IsAsciiLetterLower(letter) || letter == '-');

    private static IEnumerable<string> Names(CommandResult command)
    {
        for (var result = command; result is not null; result = result.Parent as CommandResult) yield return result.Command.Name;
    }

    private static IEnumerable<string> Path(CommandResult command) => Names(command).Reverse().Skip(1).Prepend(Failure.Program);
}
