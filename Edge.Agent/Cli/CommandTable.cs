using System.CommandLine;
using System.CommandLine.Parsing;

namespace Edge.Agent.Cli;

/// <summary>Every verb of <c>edge-agent</c>, in the order help shows them.</summary>
internal static class CommandTable
{
    /// <summary>How long a verb may take to stop in order: the box's last hits must reach the disk. systemd's own patience is
    /// 90 s.</summary>
    private static readonly TimeSpan StopWithin = TimeSpan.FromSeconds(80);

    public static async Task<int> RunAsync(string[] args)
    {
        var parsed = Build().Parse(args);
        if (parsed.Errors.Count == 0) return await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = StopWithin });
        // Words that were typed are not repeated: one may be a plate. What has the form of an option is none.
        // The value alone too, of --option=value and --option:value; the longest first, so that none is left in a part.
        var typed = args.Except(Names(parsed.CommandResult)).Where(word => !IsOptionName(word)).SelectMany(word => new[] { word, word[(word.IndexOfAny(['=', ':']) + 1)..] })
            .Where(word => word.Length > 0).OrderByDescending(word => word.Length).ToList();
        foreach (var message in parsed.Errors.Select(error => typed.Aggregate(error.Message, (said, word) => said.Replace(word, "…", StringComparison.Ordinal))).Distinct())
            Failure.Say(ExitCode.Usage, message);
        Console.Error.WriteLine("edge-agent --help shows the verbs, edge-agent VERB --help their options");
        return (int)ExitCode.Usage;
    }

    private static bool IsOptionName(string word) =>
        word.Length is > 2 and < 32 && word.StartsWith("--", StringComparison.Ordinal) && word.All(letter => char.IsAsciiLetterLower(letter) || letter == '-');

    private static IEnumerable<string> Names(CommandResult command)
    {
        for (var result = command; result is not null; result = result.Parent as CommandResult) yield return result.Command.Name;
    }

    internal static RootCommand Build() => new("Reads plates beside the road, forgets those nobody has a case for.")
    {
        DemoCommand.Build(),
        ProveForgettingCommand.Build(),
        SetupCommand.Build(),
        RunCommand.Build(),
        VisionCommand.Build(),
        DecommissionCommand.Build(),
        SupportBundleCommand.Build(),
        StatusCommand.Build(),
        DoctorCommand.Build(),
        OrderCommand.Build(),
        StickCommand.Build(),
        ConfigCheckCommand.Build(),
        PolicyCommand.Build(),
        RecognizeCommand.Build(),
        new Command("models", "What reads plates, and what it is worth")
        {
            ModelsListCommand.Build(), ModelsCheckCommand.Build(), ModelsCalibrateCommand.Build(),
        },
        new Command("bench", "Measure what runs here") { BenchRecognitionCommand.Build(), BenchHubCommand.Build(), BenchLogCommand.Build() },
        new Command("audit", "Check the log of everything the box did")
        {
            AuditVerifyCommand.Build(), AuditSearchCommand.Build(), AuditExportCommand.Build(), AuditReportCommand.Build(), AuditNoteCommand.Build(),
            AuditKeyCommand.Build(),
        },
        new Command("hub", "The agency's side")
        {
            HubInitCommand.Build(), HubWatchCommand.Build(), HubWitnessCommand.Build(), HubSimulateCommand.Build(), HubTendCommand.Build(), HubPushCommand.Build(),
            HubEnrolCommand.Build(), HubEnrolCommand.BuildRenew(), HubStatusCommand.Build(), HubSignCommand.Build(), HubKeyCommand.Build(),
            HubChangeCommands.Export(), HubChangeCommands.Import(), HubChangeCommands.Discard(),
            HubRootRotateCommand.Build(), HubKeysRotateCommand.Build(), HubPolicyCommand.Build(), HubOperatorCommand.Build(), HubRecipientsCommand.Build(),
            new Command("hotlist", "What the agency looks for")
            {
                HubHotlistPublishCommand.Build(), HubHotlistAddCommand.Build(), HubHotlistRemoveCommand.Build(), HubHotlistShowCommand.Build(),
            },
            HubPublicationsCommand.Build(), HubGrantCommand.Build(), HubOrderCommand.Build(), HubConsoleCommand.Build(),
        },
    };
}
