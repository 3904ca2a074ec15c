using Edge.Agent.Publishing;

namespace Edge.Agent.Hub;

/// <summary>Brings orders to one box over the broker, as the client <c>desk</c>, and waits for its answers.</summary>
public sealed class OrderErrand : IAsyncDisposable
{
    private readonly Agency _agency;
    private readonly BoxName _box;
    private readonly MqttLink _link;
    private readonly MessageVerifier _verifier;
    private readonly TimeProvider _time;

    private OrderErrand(Agency agency, BoxName box, MqttLink link, TimeProvider time) =>
        (_agency, _box, _link, _verifier, _time) = (agency, box, link, agency.Verifier(), time);

    /// <summary>Connects, and listens before anything is asked.</summary>
    /// <exception cref="BrokerException">There is no link, or the desk may not listen; the message says what to do.</exception>
    public static async Task<OrderErrand> OpenAsync(Agency agency, string box, BrokerAddress broker, TimeProvider time, CancellationToken cancel)
    {
        var settings = new LinkSettings(broker, agency.DeskCertificates(time.GetUtcNow()), $"{agency.Name}-desk") { SessionExpiry = TimeSpan.Zero };
        var link = await MqttLink.OpenAsync(settings, time, cancel);
        try
        {
            var name = new BoxName(agency.Name, box);
            await link.SubscribeAsync([Topics.Of(name, EventType.Answer)], cancel);
            return new OrderErrand(agency, name, link, time);
        }
        catch
        {
            await link.DisposeAsync();
            throw;
        }
    }

    /// <summary>Sends an order and waits for what becomes of it.</summary>
    /// <returns>The answer, taken into the order book; null if none came in time: the order stays good until it expires.</returns>
    /// <exception cref="BrokerException">The broker did not take the order, or the link ended.</exception>
    public async Task<ReceivedMessage.Answer?> RunAsync(GivenOrder order, byte[] message, TimeSpan wait, CancellationToken cancel)
    {
        var (outcome, reason) = await _link.PublishAsync(new Publication(Topics.Order(_box), message)
        {
            ResponseTopic = Topics.Of(_box, EventType.Answer), Correlation = order.Id,
        }, cancel);
        if (outcome != PublishOutcome.Acknowledged)
            throw new BrokerException(BrokerFailure.Refused,
                $"the broker did not pass the order on to {_box.Box}: {reason}. Has the box ever connected, and may it read {Topics.Order(_box)}?");
        using var deadline = new CancellationTokenSource(wait, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancel);
        try
        {
            await foreach (var inbound in _link.Inbound.ReadAllAsync(either.Token))
            {
                var received = _verifier.Verify(inbound.Topic, inbound.Payload.Span, _time.GetUtcNow());
                var ours = received is ReceivedMessage.Answer answer && answer.Said.Order == order.Id ? answer : null;
                if (received is ReceivedMessage.Answer any) Book(any, isOurs: ours is not null);
                await inbound.AcknowledgeAsync();
                if (ours is not null) return ours;
            }
            throw await _link.Lost;
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>An answer to another order, which may be as old as what the broker brings, does not end this errand.</summary>
    private void Book(ReceivedMessage.Answer answer, bool isOurs)
    {
        try
        {
            _agency.Orders.Take(answer, _time.GetUtcNow());
        }
        catch (AgencyException) when (!isOurs)
        {
            // hub watch says it: it takes every answer.
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _link.CloseAsync();
        await _link.DisposeAsync();
    }
}
