using Edge.Storage.Hits;

namespace Edge.Storage.Orders;

/// <summary>What an order does to the stored hits: one of four things, each to one case. None takes a plate.</summary>
public abstract record OrderEffect
{
    private OrderEffect()
    {
    }

    /// <summary>Nothing: a refusal, a disposition.</summary>
    public sealed record None : OrderEffect;

    /// <summary>Keeps every hit of the case, those to come as well, until <paramref name="Until"/>, but none longer than
    /// <paramref name="Longest"/> after it was found, and none shorter than its own retention. A hold that the case has already
    /// goes on under the new bound, until the later of the two ends; to shorten one, release it first.</summary>
    /// <param name="CasePseudonym">The case.</param>
    /// <param name="Until">When the hold ends by itself; one that has passed holds nothing.</param>
    /// <param name="Longest">More than zero.</param>
    public sealed record Hold(string CasePseudonym, DateTimeOffset Until, TimeSpan Longest) : OrderEffect;

    /// <summary>Ends the hold of the case: its hits go back to their own retention, and what is past that goes at the next
    /// sweep, with the keys that kept it.</summary>
    public sealed record Release(string CasePseudonym) : OrderEffect;

    /// <summary>Changes nothing; the answer is given a page of the case's sealed hits.</summary>
    public sealed record Search(CaseQuery Query) : OrderEffect;
}
