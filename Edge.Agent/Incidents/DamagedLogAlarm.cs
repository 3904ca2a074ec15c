using Edge.Agent.Clock;
using Edge.Agent.Configuration;
using Edge.Agent.Enrolment;
using Edge.Agent.Governance;
using Edge.Agent.Publishing;
using Edge.Storage.Audit;
using Edge.Storage.Database;
using Edge.Storage.Files;
using Edge.Storage.Keys;
using Edge.Storage.Outbox;
using Edge.Storage.Trust;
using Microsoft.Extensions.Logging;

namespace Edge.Agent.Incidents;

/// <summary>
/// The one thing a box still does when its log is damaged: it says so. It reads no plate, takes no order and writes nothing to
/// the log, which stays as it is found; it puts one incident into the outbox, gives the broker half a minute to take what waits
/// there, and stops.
/// </summary>
/// <remarks>The only message without an audit entry of its own. A rule that needs the log must not silence the news that the log
/// is broken: that would be what whoever broke it wants. <c>log-check-failed</c> in the state folder remembers that it was told,
/// because a supervisor starts the box again and again.</remarks>
internal static class DamagedLogAlarm
{
    private static readonly TimeSpan SendWithin = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromMilliseconds(50);

    /// <summary>Says it, once until <see cref="Over"/>.</summary>
    /// <exception cref="Exception">Every documented failure of the parts; see <see cref="Cli.Failure"/>.</exception>
    public static async Task RaiseAsync(AgentConfiguration configuration, TimeProvider machine, ILoggerFactory logs, CancellationToken stop)
    {
        var enrolment = new EnrolmentFolder(configuration.EnrolmentFolder);
        var box = enrolment.Name();
        using var keys = KeyFolder.Open(configuration.StateFolder);
        var time = EffectiveTime.Open(configuration.StateFolder, machine, new KernelBootCounter());
        using var state = StateDatabase.Open(configuration.StateFolder, keys.Hours, time);
        var signer = new MessageSigner(box, keys.Messages, AgentHost.Software);
        if (!File.Exists(Mark(configuration.StateFolder)))
        {
            Enqueue(state, signer, PolicyInForce(configuration.StateFolder, enrolment.Root(), box), time.GetUtcNow());
            DurableFile.Write(Mark(configuration.StateFolder), []);
        }
        await SendAsync(new OutboxWorker(state, new LinkSettings(configuration.Broker, enrolment.Certificates, $"{box.Agency}-{box.Box}")
        {
            StandIns = configuration.StandIns,
        }, signer, time,
            logs.CreateLogger<OutboxWorker>()), state, time, stop);
    }

    /// <summary>The log is whole: damage from now on is news again.</summary>
    public static void Over(string stateFolder) => File.Delete(Mark(stateFolder));

    private static void Enqueue(StateDatabase state, MessageSigner signer, Policy? policy, DateTimeOffset now)
    {
        var within = TimeSpan.FromHours(policy?.NotifyWithinHours[IncidentKind.LogCheckFailed] ?? Policy.DefaultNotifyHours);
        var notice = new IncidentNotice(IncidentKind.LogCheckFailed, now, now + within, "damaged", 1);
        state.Outbox.Enqueue(MessageKind.Incident, now + IncidentReporter.KeptFor, sequence => signer.Incident(sequence, notice, now), logged: true);
    }

    private static Policy? PolicyInForce(string stateFolder, byte[] root, BoxName box) =>
        TrustClient.Open(Path.Combine(stateFolder, "trust"), root, box.Agency, box.Box).Current is { } targets
        && Policy.TryParse(targets.Policy, out var policy, out _) ? policy : null;

    private static async Task SendAsync(OutboxWorker outbox, StateDatabase state, TimeProvider time, CancellationToken stop)
    {
        using var sent = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var sending = outbox.RunAsync(sent.Token);
        var since = time.GetTimestamp();
        while (state.Outbox.Count().Ready > 0 && !stop.IsCancellationRequested && time.GetElapsedTime(since) < SendWithin)
            await Task.Delay(LookAgainAfter, time, CancellationToken.None);
        await sent.CancelAsync();
        await sending;
    }

    private static string Mark(string stateFolder) => Path.Combine(stateFolder, "log-check-failed");
}
