using Edge.Agent.Matching;
using Edge.Agent.Publishing;

namespace Edge.Agent.Governance.Orders;

/// <summary>What an order says about itself, before it is opened.</summary>
/// <param name="Id">Unique for ever: the order is carried out once.</param>
/// <param name="Box">The one box it is for.</param>
/// <param name="Given">When it was signed.</param>
/// <param name="Expires">It is not carried out from then on.</param>
public sealed record OrderTerms(string Id, BoxName Box, DateTimeOffset Given, DateTimeOffset Expires);

/// <summary>What the box knows of an order's case and hit.</summary>
/// <param name="CaseHasHits">True if a stored hit was found for the order's case and purpose.</param>
/// <param name="HitIsOfCase">Of the hit named: true if it was found for that case and purpose, false if for others, null if neither
/// the disk nor the log knows of such a hit.</param>
public sealed record OrderFacts(bool CaseHasHits, bool? HitIsOfCase = null);

/// <summary>Decides whether an order is carried out. Pure: the same order under the same policy at the same instant is decided the
/// same way. A refusal is a code of words, which the log and the answer carry.</summary>
public static class OrderJudgement
{
    /// <summary>The longest time from signing to expiry: an order that lies about is not carried out by surprise.</summary>
    public static readonly TimeSpan LongestLife = TimeSpan.FromDays(7);

    private const string UnknownCase = "unknown-case";

    /// <summary>How far the operator's clock may be ahead of the box's.</summary>
    public static readonly TimeSpan ClockLag = TimeSpan.FromMinutes(10);

    /// <summary>Judges who gives the order and for how long, which needs no look inside it.</summary>
    /// <returns>Null, or the refusal.</returns>
    public static string? Admit(OrderTerms terms, BoxName self, Operator by, ActiveTrust trust, DateTimeOffset now) =>
        terms.Box != self ? "other-box"
        : terms.Expires <= now ? "expired"
        : terms.Expires - terms.Given > LongestLife || terms.Expires - now > LongestLife ? "too-long-lived"
        : terms.Given > now + ClockLag ? "from-the-future"
        : !trust.TakesOrders(now) ? "policy-expired"
        : !by.IsInForce(now) ? "operator-expired"
        : null;

    /// <summary>Judges what is ordered.</summary>
    /// <returns>Null, or the refusal.</returns>
    public static string? Judge(Order order, Operator by, ActiveTrust trust, OrderFacts facts, DateTimeOffset now)
    {
        if (!trust.Policy.Allows(by.Role, order.Verb)) return "wrong-role";
        if (order is not Order.AboutCase about) return null;
        if (!trust.Policy.Allows(about.Purpose)) return "purpose-not-allowed";
        var stranger = Stranger(about, trust, facts);
        return order switch
        {
            Order.Hold hold => JudgeHold(hold, trust.Policy, now) ?? stranger,
            Order.Search => stranger,
            // A hold may outlive both the entry and the hits.
            Order.Release => stranger == UnknownCase ? null : stranger,
            Order.Disposition => facts.HitIsOfCase switch { true => null, false => "hit-of-another-case", null => "no-such-hit" },
            _ => null,
        };
    }

    private static string? JudgeHold(Order.Hold hold, Policy policy, DateTimeOffset now) =>
        policy.LongestHoldHours == 0 ? "no-holds"
        : hold.Until <= now ? "until-has-passed"
        : hold.Until - now > policy.LongestHold ? "beyond-longest-hold"
        : null;

    // A case that neither the hotlist nor a stored hit knows was made up, or belongs to somebody else; and it keeps the purpose that it
    // was opened for, as long as there is anything of it.
    private static string? Stranger(Order.AboutCase about, ActiveTrust trust, OrderFacts facts)
    {
        if (facts.CaseHasHits) return null;
        var purposes = trust.Matcher.Hotlist.Entries.Where(entry => entry.Case == about.Case).Select(entry => entry.Purpose).ToHashSet();
        return purposes.Count == 0 ? UnknownCase : purposes.Contains(about.Purpose) ? null : "purpose-of-another-case";
    }
}
