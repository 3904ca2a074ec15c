namespace Edge.Agent.Governance;

/// <summary>Whose agency might receive something.</summary>
public enum Jurisdiction
{
    /// <summary><c>local</c>: a city or county.</summary>
    Local,
    /// <summary><c>state</c></summary>
    State,
    /// <summary><c>federal</c></summary>
    Federal,
    /// <summary><c>foreign</c>: another country's.</summary>
    Foreign,
}

/// <summary>The one spelling of each class.</summary>
public static class Jurisdictions
{
    public static IReadOnlyDictionary<string, Jurisdiction> Spellings { get; } = new OrderedDictionary<string, Jurisdiction>
    {
        ["local"] = Jurisdiction.Local, ["state"] = Jurisdiction.State, ["federal"] = Jurisdiction.Federal,
        ["foreign"] = Jurisdiction.Foreign,
    };

    public static string Write(Jurisdiction jurisdiction) => Spellings.First(known => known.Value == jurisdiction).Key;
}
