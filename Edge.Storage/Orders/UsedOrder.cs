namespace Edge.Storage.Orders;

/// <summary>An order that was carried out or refused, and is not taken again.</summary>
/// <param name="Id">The order's own id.</param>
/// <param name="Until">Remembered until then, to the millisecond, UTC: the order's expiry, after which it is refused for that.</param>
/// <param name="Answer">Number of the message that answered it.</param>
public sealed record UsedOrder(string Id, DateTimeOffset Until, long Answer)
{
    internal const string Collection = "orders";
}
