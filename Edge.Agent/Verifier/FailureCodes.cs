using Edge.Agent.Hub;
using Edge.Storage.Audit;
using Edge.Storage.Audit.Bundles;
using Edge.Storage.Keys;

namespace Edge.Agent.Cli;

/// <content>The codes that <c>edge-agent</c> has for the failures that this program knows.</content>
internal static partial class Failure
{
    internal const string Program = "edge-verify";

    private static partial ExitCode? CodeFor(Exception exception) => exception switch
    {
        BundleException or UnusableKeyException or AuditDamagedException => ExitCode.Verification,
        AgencyException => ExitCode.Configuration,
        IOException or UnauthorizedAccessException => ExitCode.Storage,
        _ => null,
    };
}
