using System.Diagnostics.CodeAnalysis;

namespace Edge.Agent.Publishing;

/// <summary>The topics of the agency's broker: <c>edge/v1/{agency}/{box}/{event}</c>.</summary>
public static class Topics
{
    /// <summary>The topic on which <paramref name="box"/> publishes events of <paramref name="type"/>.</summary>
    public static string Of(BoxName box, EventType type) => $"edge/v1/{box.Agency}/{box.Box}/{type.Level}";

    /// <summary>The filter that matches events of <paramref name="type"/> from every box of <paramref name="agency"/>.</summary>
    /// <exception cref="ArgumentException"><paramref name="agency"/> is not a name.</exception>
    public static string OfEveryBox(string agency, EventType type) =>
        BoxName.IsValid(agency) ? $"edge/v1/{agency}/+/{type.Level}"
            : throw new ArgumentException("not the name of an agency", nameof(agency));

    /// <summary>Reads what <see cref="Of"/> writes, and nothing else.</summary>
    public static bool TryParse(string topic, [NotNullWhen(true)] out BoxName? box,
        [NotNullWhen(true)] out EventType? type)
    {
        box = null;
        type = null;
        return topic.Split('/') is ["edge", "v1", var agency, var name, var level]
            && EventType.TryParse($"edge.{level}.v1", out type)
            && BoxName.TryCreate(agency, name, out box);
    }
}
