using System.CommandLine;

namespace Edge.Agent.Cli;

/// <summary>Every verb of <c>edge-agent</c>, in the order help shows them.</summary>
internal static class CommandTable
{
    public static Task<int> RunAsync(string[] args) => CommandLine.RunAsync(Build(), args);

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
        BenchCommand.Build(),
        new Command("audit", "Check the log of everything the box did")
        {
            AuditVerifyCommand.Build(), AuditSearchCommand.Build(), AuditExportCommand.Build(), AuditReportCommand.Build(), AuditNoteCommand.Build(),
            AuditKeyCommand.Build(),
        },
        new Command("hub", "The agency's side")
        {
            HubInitCommand.Build(), HubWatchCommand.Build(), HubWitnessCommand.Build(), HubSimulateCommand.Build(), HubTendCommand.Build(),
            HubPushCommand.Build(),
            HubEnrolCommand.Build(), HubEnrolCommand.BuildRenew(), HubStatusCommand.Build(), HubBoxCommand.Build(), HubSignCommand.Build(),
            HubKeyCommand.Build(),
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
