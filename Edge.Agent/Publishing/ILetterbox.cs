namespace Edge.Agent.Publishing;

/// <summary>What the broker brings to a box.</summary>
public interface ILetterbox
{
    /// <summary>The topic filters to subscribe to.</summary>
    IReadOnlyList<string> Filters { get; }

    /// <summary>Whether it makes a difference on a topic if a message comes a second time.</summary>
    bool IsOnce(string topic);

    /// <summary>Deals with one message, durably, before it returns; then the broker may forget it.</summary>
    /// <param name="again">True if the broker says that it may have brought it before, and may be right: on a topic of <see cref="IsOnce"/>.</param>
    /// <exception cref="IOException">The disk refused: the message comes again.</exception>
    Task TakeAsync(string topic, ReadOnlyMemory<byte> payload, bool again, CancellationToken cancel);
}
