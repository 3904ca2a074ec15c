using System.Buffers.Text;
using System.Security.Cryptography;

namespace Edge.Agent.Publishing;

/// <summary>Names events so that no two ever share an id: 128 random bits drawn when the process starts, then the number
/// of the event. A box restored from an old image counts the same numbers again, but under other random bits.</summary>
public sealed class EventIds
{
    private readonly string _boot = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16));
    private long _statuses;

    /// <summary>The id of the outbox message with this number; it is stored in the message, so a resend repeats it.</summary>
    public string OfMessage(long sequence) => $"{_boot}.{sequence}";

    /// <summary>A fresh id for a status, which no outbox numbers.</summary>
    public string OfNextStatus() => $"{_boot}.status-{Interlocked.Increment(ref _statuses)}";
}
