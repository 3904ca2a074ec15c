using Edge.Agent.Publishing;
using Edge.Storage.Audit;

namespace Edge.Agent.Hub;

/// <summary>What came of asking witnesses for proofs of publication.</summary>
/// <param name="Awaited">The lists that boxes do not believe yet.</param>
/// <param name="Unasked">Why a way to witnesses was not open; the other ways were tried all the same.</param>
public sealed record PublicationStanding(IReadOnlyList<AwaitedHotlist> Awaited, IReadOnlyList<string> Unasked);

/// <summary>Has witnesses cosign the log of publications, and makes the proofs of what is published. The checkpoint stays on the broker for a witness who comes
/// later, and so does each answer for the next errand.</summary>
internal static class PublicationErrand
{
    /// <summary>Goes to everybody who may help, and waits as long as somebody still may.</summary>
    /// <param name="link">The desk's own; nothing but this reads from it.</param>
    /// <param name="wait">For witnesses at the broker.</param>
    /// <param name="asked">Witnesses that are asked over HTTP.</param>
    /// <exception cref="AgencyException">The policy names another log than the one here.</exception>
    /// <exception cref="IOException">The disk refused, or the log is damaged or was set back.</exception>
    public static async Task<PublicationStanding> RunAsync(Agency agency, MqttLink link, IReadOnlyList<HttpWitness> asked, TimeSpan wait, TimeProvider time,
        CancellationToken cancel)
    {
        var log = agency.PublicationsAt(time);
        var unasked = new List<string>();
        if (Settle(agency, log, []) is { Count: 0 } none) return new PublicationStanding(none, unasked);
        foreach (var witness in asked)
        {
            var (note, refusal) = await witness.AskAsync(log.Request, cancel);
            if (refusal is not null) unasked.Add(refusal);
            else if (Settle(agency, log, [note!]) is { Count: 0 } all) return new PublicationStanding(all, unasked);
        }
        try
        {
            await link.SubscribeAsync([Topics.PublicationsCosignatures(agency.Name)], cancel);
            var (outcome, reason) = await link.PublishAsync(
                new Publication(Topics.Publications(agency.Name), log.Offer().ToJson(), Retain: true) { ContentType = "application/json" }, cancel);
            if (outcome == PublishOutcome.Acknowledged) await ListenAsync(agency, log, link, wait, time, cancel);
            else unasked.Add($"the broker did not take the checkpoint of publications: {reason}; see docs/witness.md for the lines that its access list needs");
        }
        catch (BrokerException denied) when (denied.Failure == BrokerFailure.NotAuthorised)
        {
            unasked.Add($"{denied.Message}; see docs/witness.md for the lines that its access list needs");
        }
        return new PublicationStanding(log.Awaited(), unasked);
    }

    private static async Task ListenAsync(Agency agency, PublicationLog log, MqttLink link, TimeSpan wait, TimeProvider time, CancellationToken cancel)
    {
        using var deadline = new CancellationTokenSource(wait, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancel);
        try
        {
            await foreach (var inbound in link.Inbound.ReadAllAsync(either.Token))
            {
                // Whoever sent it: what counts is who signed it.
                var awaited = SignedNote.TryParse(inbound.Payload.Span, out var note) ? Settle(agency, log, [note!]) : null;
                await inbound.AcknowledgeAsync();
                if (awaited is { Count: 0 }) return;
            }
            throw await link.Lost;
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            // Whoever has not answered by now may do so until the next time.
        }
    }

    private static IReadOnlyList<AwaitedHotlist> Settle(Agency agency, PublicationLog log, IReadOnlyCollection<SignedNote> notes)
    {
        if (!agency.Policy.NeedsProof) return [];
        using var alone = agency.Alone();
        log.RecordAll();
        log.Take(notes);
        return log.Prove();
    }
}
