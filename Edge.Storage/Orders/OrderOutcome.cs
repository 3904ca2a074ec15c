namespace Edge.Storage.Orders;

/// <summary>Whether an order was taken.</summary>
public enum OrderUse
{
    /// <summary>Its effect and its answer are durable, and it is used up.</summary>
    Carried,
    /// <summary>It was used before: nothing was done.</summary>
    UsedBefore,
    /// <summary>As many orders or holds are remembered as may be: nothing was done, and the order is still good.</summary>
    Full,
}

/// <summary>What became of an order.</summary>
/// <param name="Use">Whether it was taken.</param>
/// <param name="Answer">Number of its answer, now or when it was used before; 0 if there is none.</param>
public sealed record OrderOutcome(OrderUse Use, long Answer);
