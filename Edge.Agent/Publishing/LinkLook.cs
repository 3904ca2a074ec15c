namespace Edge.Agent.Publishing;

/// <summary>The link to the broker.</summary>
/// <param name="Broker">The broker that the box speaks to now; null while it speaks to none.</param>
/// <param name="Since">Since when it does, or does not.</param>
/// <param name="Reason">Why it does not, fit for a technician; null while it does.</param>
public sealed record LinkLook(string? Broker, DateTimeOffset Since, string? Reason)
{
    /// <summary>The kind of that reason, where the broker was asked.</summary>
    public BrokerFailure? Failure { get; init; }
}
