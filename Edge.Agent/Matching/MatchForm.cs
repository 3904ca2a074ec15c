namespace Edge.Agent.Matching;

/// <summary>Which spelling of the plate matched the hotlist entry.</summary>
public enum MatchForm
{
    /// <summary>The canonical plate, character by character.</summary>
    Exact,
    /// <summary>The plate with look-alikes folded (O, Q, D → 0 and so on): weaker, and only where policy allows it.</summary>
    Folded,
}

/// <summary>The one spelling of each form.</summary>
internal static class MatchForms
{
    public static readonly IReadOnlyDictionary<string, MatchForm> Spellings = new Dictionary<string, MatchForm>
    {
        ["exact"] = MatchForm.Exact, ["folded"] = MatchForm.Folded,
    };

    public static string Write(MatchForm form) => form == MatchForm.Folded ? "folded" : "exact";
}
