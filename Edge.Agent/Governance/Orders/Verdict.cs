namespace Edge.Agent.Governance.Orders;

/// <summary>What a hit turned out to be, said by a person.</summary>
public enum Verdict
{
    /// <summary><c>confirmed</c>: it was the vehicle looked for.</summary>
    Confirmed,
    /// <summary><c>misread</c>: the plate says something else.</summary>
    Misread,
    /// <summary><c>wrong-region</c>: the same characters, another country's or state's plate.</summary>
    WrongRegion,
    /// <summary><c>no-action</c>: nothing was done about it.</summary>
    NoAction,
}

/// <summary>The one spelling of each verdict.</summary>
public static class Verdicts
{
    public static IReadOnlyDictionary<string, Verdict> Spellings { get; } = new OrderedDictionary<string, Verdict>
    {
        ["confirmed"] = Verdict.Confirmed, ["misread"] = Verdict.Misread, ["wrong-region"] = Verdict.WrongRegion,
        ["no-action"] = Verdict.NoAction,
    };

    public static string Write(Verdict verdict) => Spellings.First(known => known.Value == verdict).Key;
}
