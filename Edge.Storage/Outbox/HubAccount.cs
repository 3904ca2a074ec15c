namespace Edge.Storage.Outbox;

/// <summary>How far the hub has accounted for this box's numbers, as it last said.</summary>
/// <param name="Told">When it said so, to the millisecond.</param>
/// <param name="From">The first number that it knows of: it says nothing of those before.</param>
/// <param name="Through">Every number from there up to this one has come, was given up, or is named as missing.</param>
public sealed record HubAccount(DateTimeOffset Told, long From, long Through);
