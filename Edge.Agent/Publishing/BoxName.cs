using System.Diagnostics.CodeAnalysis;
using Edge.Storage.Trust;

namespace Edge.Agent.Publishing;

/// <summary>The two names by which topics, certificates and messages know a box: its agency's and its own, each a
/// <see cref="PartyName"/>. No name can hold a topic separator or wildcard.</summary>
public sealed record BoxName
{
    /// <exception cref="ArgumentException">A name has other characters, none, or too many.</exception>
    public BoxName(string agency, string box)
    {
        Agency = Checked(agency, nameof(agency));
        Box = Checked(box, nameof(box));
    }

    /// <summary>The agency that owns the box.</summary>
    public string Agency { get; }

    /// <summary>The box, unique within its agency.</summary>
    public string Box { get; }

    /// <summary>The box as a CloudEvents <c>source</c>.</summary>
    public string Source => $"/agencies/{Agency}/boxes/{Box}";

    /// <summary>The origin of the box's audit log: the name its checkpoints and its log key bear.</summary>
    public string LogOrigin => $"edge/v1/{Agency}/{Box}";

    /// <summary>True for a name that an agency or a box may bear.</summary>
    public static bool IsValid(ReadOnlySpan<char> name) => PartyName.IsValid(name);

    /// <summary>Both names, if both are valid.</summary>
    public static bool TryCreate(string agency, string box, [NotNullWhen(true)] out BoxName? name)
    {
        name = IsValid(agency) && IsValid(box) ? new BoxName(agency, box) : null;
        return name is not null;
    }

    /// <summary>Reads what <see cref="Source"/> writes.</summary>
    public static bool TryParseSource(string source, [NotNullWhen(true)] out BoxName? name)
    {
        name = null;
        return source.Split('/') is ["", "agencies", var agency, "boxes", var box] && TryCreate(agency, box, out name);
    }

    public override string ToString() => $"{Agency}/{Box}";

    private static string Checked(string name, string parameter) => IsValid(name) ? name
        : throw new ArgumentException($"a name {PartyName.Rule}", parameter);
}
