using Edge.Storage.Outbox;

namespace Edge.Agent.Publishing;

/// <summary>Topics of which nothing is sent for now, because nobody is subscribed or the broker refuses it; each is tried again after a back-off of its
/// own. A hub that listens to hits alone must not keep back an answer that somebody waits for, nor another agency's that is away anything but its own.
/// Not thread-safe.</summary>
internal sealed class QuietTopics(BoxName box, TimeProvider time)
{
    private readonly Dictionary<MessageKind, string> _own =
        Enum.GetValues<MessageKind>().ToDictionary(kind => kind, kind => Topics.Of(box, EventType.Of(kind)));
    private readonly Dictionary<string, (Backoff Backoff, DateTimeOffset Until)> _quiet = [];
    // A hit for another agency says whose it is only when it is opened, which costs too much to do it at every pass.
    private readonly Dictionary<long, (string Topic, DateTimeOffset Expires)> _opened = [];

    /// <summary>True as long as any was not heard again.</summary>
    public bool Any => _quiet.Count > 0;

    /// <summary>Nothing of a topic is to be sent for a while.</summary>
    /// <returns>How long.</returns>
    public TimeSpan Add(string topic)
    {
        var now = time.GetUtcNow();
        foreach (var (sequence, message) in _opened)
            if (message.Expires <= now) _opened.Remove(sequence);
        var backoff = _quiet.TryGetValue(topic, out var quiet) ? quiet.Backoff : Backoff.Create();
        var wait = backoff.Next();
        _quiet[topic] = (backoff, now + wait);
        return wait;
    }

    /// <summary>A message of a topic was taken.</summary>
    public void Remove(string topic, long sequence)
    {
        _quiet.Remove(topic);
        _opened.Remove(sequence);
    }

    /// <summary>True for a message that is to wait because of its topic.</summary>
    public bool Holds(OutboxMessage message, string topic)
    {
        if (!IsQuiet(topic)) return false;
        _opened[message.Sequence] = (topic, message.Expires);
        return true;
    }

    /// <summary>The same without opening it: false where only that can tell.</summary>
    public bool Holds(MessageHeading waiting) =>
        _opened.TryGetValue(waiting.Sequence, out var message) ? IsQuiet(message.Topic) : !waiting.Shared && IsQuiet(_own[waiting.Kind]);

    private bool IsQuiet(string topic) => _quiet.TryGetValue(topic, out var quiet) && time.GetUtcNow() < quiet.Until;
}
