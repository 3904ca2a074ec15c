namespace Edge.Storage.Orders;

/// <summary>The message that answers an order.</summary>
/// <param name="Expires">After this it is dropped, sent or not.</param>
/// <param name="LeafIndex">Where the order's entry stands in the audit log, from 0. It is there first: no audit entry, no
/// action.</param>
/// <param name="Build">The signed bytes, for the number they are given and what the effect found; if it throws, nothing is done
/// and the order is not used. It must not use the store.</param>
public sealed record OrderAnswer(DateTimeOffset Expires, long LeafIndex, Func<long, OrderFinding, byte[]> Build);
