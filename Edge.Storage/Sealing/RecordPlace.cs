using Edge.Storage.Keys;

namespace Edge.Storage.Sealing;

/// <summary>Where a sealed record stands. The seal covers all of it: a record moved, renamed or given another expiry
/// does not open.</summary>
/// <param name="Collection">Name of the collection, without a NUL.</param>
/// <param name="Id">The row's number.</param>
/// <param name="Expires">To the millisecond; its hour decides the key.</param>
/// <param name="Clear">The row's other clear fields, in one spelling.</param>
/// <param name="Hold">Number of the hold whose own key seals it; 0 for the key that all share.</param>
public readonly record struct RecordPlace(string Collection, long Id, DateTimeOffset Expires, string Clear, long Hold = 0)
{
    /// <summary>The key it is sealed under.</summary>
    public RecordKey Key => new(KeyHour.OfExpiry(Expires), Hold);
}
