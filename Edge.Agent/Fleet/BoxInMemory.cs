using System.Threading.Channels;
using Edge.Agent.Publishing;
using Edge.Storage.Outbox;

namespace Edge.Agent.Fleet;

/// <summary>A box of which everything but the wire is in memory: what it says and how it says it is a box's, what waits to leave is a
/// queue. A hit counts as committed when it is sealed and signed.</summary>
internal sealed class BoxInMemory(SimulatedBox.Origin origin, TimeProvider time) : SimulatedBox(origin, time)
{
    private readonly Channel<OutboxMessage> _leaving = Channel.CreateUnbounded<OutboxMessage>();
    private long _last;

    public override int Waiting => _leaving.Reader.Count;

    public override async Task RunAsync(CancellationToken stop)
    {
        var backoff = Backoff.Create();
        while (!stop.IsCancellationRequested)
        {
            try
            {
                var now = Time.GetUtcNow();
                await using var link = await MqttLink.OpenAsync(Link with { LastWill = Signer.Status(Presence.Offline, _last, now) }, Time, stop);
                await link.PublishAsync(Signer.Status(Presence.Online, _last, now), stop);
                try
                {
                    await SendAsync(link, backoff, stop);
                }
                catch (OperationCanceledException) when (stop.IsCancellationRequested)
                {
                    await link.PublishAsync(Signer.Status(Presence.Offline, _last, Time.GetUtcNow()), CancellationToken.None);
                    await link.CloseAsync();
                }
            }
            catch (BrokerException) when (!stop.IsCancellationRequested)
            {
                await Task.Delay(backoff.Next(), Time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (Exception ended) when (stop.IsCancellationRequested && ended is BrokerException or OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task SendAsync(MqttLink link, Backoff backoff, CancellationToken stop)
    {
        while (true)
        {
            // A link that ends while there is nothing to say is noticed too.
            var arrival = _leaving.Reader.WaitToReadAsync(stop).AsTask();
            if (await Task.WhenAny(arrival, link.Lost) == link.Lost) throw await link.Lost;
            await arrival;
            while (_leaving.Reader.TryPeek(out var message))
            {
                var (outcome, _) = await link.PublishAsync(Signer.Address(message), stop);
                if (outcome is PublishOutcome.Acknowledged or PublishOutcome.Expired)
                {
                    _leaving.Reader.TryRead(out _);
                    backoff.Reset();
                }
                else await Task.Delay(backoff.Next(), Time, stop);
            }
        }
    }

    protected override void Commit(int hits)
    {
        for (var i = 0; i < hits; i++)
        {
            var (now, sequence) = (Time.GetUtcNow(), ++_last);
            var message = new OutboxMessage(sequence, MessageKind.Hit, Signer.Hit(Hits.Next(sequence, now, now + Retention), now), now + Retention);
            Committed(Name, sequence);
            _leaving.Writer.TryWrite(message);
        }
    }

    protected override void Enqueue(IntervalSummary summary, DateTimeOffset now)
    {
        var sequence = ++_last;
        _leaving.Writer.TryWrite(new OutboxMessage(sequence, MessageKind.Summary, Signer.Summary(sequence, summary, now), now + SummaryWriter.KeptFor));
    }
}
