using System.CommandLine;
using System.CommandLine.Help;
using Edge.Agent.Cli;

// Not a RootCommand, which calls itself as its file is called up to the last dot: edge-verify_0.1 for edge-verify_0.1.0_amd64.
return await CommandLine.RunAsync(
    new Command(Failure.Program, "Checks, searches and counts audit logs of plate readers: offline, from their files and public keys alone.")
    {
        AuditVerifyCommand.Build(), AuditSearchCommand.Build(), AuditReportCommand.Build(), AuditNoteCommand.Build(), new HelpOption(), new VersionOption(),
    }, args);
