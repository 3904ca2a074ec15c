using Edge.Agent.Commissioning;
using Edge.Agent.Configuration;
using Edge.Agent.Enrolment;
using Edge.Agent.Hub;
using Edge.Agent.Publishing;
using Edge.Storage.Audit;
using Edge.Storage.Audit.Bundles;
using Edge.Storage.Database;
using Edge.Storage.Keys;
using Edge.Storage.Trust;
using Edge.Vision.Capture;
using Edge.Vision.Onnx;

namespace Edge.Agent.Cli;

internal static partial class Failure
{
    internal const string Program = "edge-agent";

    private static partial ExitCode? CodeFor(Exception exception) => exception switch
    {
        ConfigurationException or EnrolmentException => ExitCode.Configuration,
        ModelException => ExitCode.Model,
        CaptureException => ExitCode.Capture,
        ChangeWaitsException => ExitCode.Busy,
        BundleException => ExitCode.Verification,
        TrustException or UnusableKeyException or StateDamagedException or AuditDamagedException => ExitCode.Verification,
        StateBusyException or AuditBusyException => ExitCode.Busy,
        BrokerException { Failure: BrokerFailure.OwnCertificate } or AgencyException => ExitCode.Configuration,
        BrokerException => ExitCode.Broker,
        OrderRefusedException => ExitCode.Refused,
        LabelsException => ExitCode.Usage,
        IOException or UnauthorizedAccessException => ExitCode.Storage,
        _ => null,
    };
}
