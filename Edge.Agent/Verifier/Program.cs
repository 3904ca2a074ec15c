using System.CommandLine;
using Edge.Agent.Cli;

return await CommandLine.RunAsync(new RootCommand("Checks, searches and counts audit logs of plate readers: offline, from their files and public keys alone.")
{
    AuditVerifyCommand.Build(), AuditSearchCommand.Build(), AuditReportCommand.Build(), AuditNoteCommand.Build(),
}, args);
