using Edge.Agent.Hub;

namespace Edge.Tests.Support;

internal static class InboxTaking
{
    /// <summary>What an inbox shows of one message; null where it had come before.</summary>
    public static Delivery? TakeOne(this Inbox inbox, string topic, ReadOnlySpan<byte> message, DateTimeOffset now)
    {
        Delivery? shown = null;
        inbox.Take(topic, message, again: false, now, delivery =>
        {
            shown = delivery;
            return true;
        });
        return shown;
    }
}
