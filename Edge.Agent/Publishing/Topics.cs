using System.Diagnostics.CodeAnalysis;
using Edge.Storage.Trust;

namespace Edge.Agent.Publishing;

/// <summary>The topics of the agency's broker: <c>edge/v1/{agency}/{box}/{event}</c> from a box, <c>…/{box}/order</c> and <c>…/{box}/receipt</c> to it, and
/// <c>edge/v1/{agency}/trust/{file}</c> to all of them.</summary>
public static class Topics
{
    /// <summary>The topic on which <paramref name="box"/> publishes events of <paramref name="type"/>.</summary>
    public static string Of(BoxName box, EventType type) => $"edge/v1/{box.Agency}/{box.Box}/{type.Level}";

    /// <summary>The topic on which <paramref name="box"/> publishes hits for <paramref name="agency"/>: another agency than the
    /// box's own has one for itself, so that the broker can let it read these and nothing else.</summary>
    public static string OfHits(BoxName box, string agency) => agency == box.Agency ? Of(box, EventType.Hit) : $"{Of(box, EventType.Hit)}/{agency}";

    /// <summary>The filter that matches hits from boxes of <paramref name="agency"/> that are for <paramref name="other"/>; for
    /// any other agency where that is null.</summary>
    public static string OfSharedHits(string agency, string? other) => $"{OfEveryBox(agency, EventType.Hit)}/{other ?? "+"}";

    /// <summary>The filter that matches events of <paramref name="type"/> from every box of <paramref name="agency"/>.</summary>
    /// <exception cref="ArgumentException"><paramref name="agency"/> is not a name.</exception>
    public static string OfEveryBox(string agency, EventType type) =>
        BoxName.IsValid(agency) ? $"edge/v1/{agency}/+/{type.Level}"
            : throw new ArgumentException("not the name of an agency", nameof(agency));

    /// <summary>The filter by which each message that <paramref name="filter"/> matches reaches one member of a group (MQTT 5 §4.8.2).</summary>
    /// <exception cref="ArgumentException"><paramref name="group"/> is not a name.</exception>
    public static string Shared(string group, string filter) => PartyName.IsValid(group) ? $"$share/{group}/{filter}"
        : throw new ArgumentException("not the name of a group", nameof(group));

    /// <summary>The topic on which <paramref name="box"/> is told what to do.</summary>
    public static string Order(BoxName box) => $"edge/v1/{box.Agency}/{box.Box}/order";

    /// <summary>The MQTT content type of a cosigned checkpoint: the text of a signed note, as it is.</summary>
    public const string CosignatureType = "text/plain";

    /// <summary>The topic on which witnesses give <paramref name="box"/> what they have cosigned of its log.</summary>
    public static string Cosignature(BoxName box) => $"edge/v1/{box.Agency}/{box.Box}/cosignature";

    /// <summary>Where a box's name stands in a topic, for the agency's log of publications: no box has this name.</summary>
    public const string PublicationsLevel = "publications";

    /// <summary>The topic that retains the newest checkpoint of the agency's log of publications, for witnesses. A level longer than a box's, so that no hub
    /// takes it for a box's message.</summary>
    public static string Publications(string agency) => $"edge/v1/{agency}/{PublicationsLevel}/log/checkpoint";

    /// <summary>The topic that retains what one witness last cosigned of that log.</summary>
    /// <param name="witness">Its key's id.</param>
    public static string PublicationsCosignature(string agency, uint witness) => $"edge/v1/{agency}/{PublicationsLevel}/log/cosignature/{witness:x8}";

    /// <summary>The filter that matches what every witness cosigned of that log.</summary>
    public static string PublicationsCosignatures(string agency) => $"edge/v1/{agency}/{PublicationsLevel}/log/cosignature/+";

    /// <summary>The topic that retains what the hub last told <paramref name="box"/> that it has.</summary>
    public static string Receipt(BoxName box) => $"edge/v1/{box.Agency}/{box.Box}/receipt";

    /// <summary>The topic that retains a file of the agency's trust repository.</summary>
    /// <param name="file">As in <see cref="TrustPath"/>, for example <c>hotlists/riverton.json</c>.</param>
    /// <exception cref="ArgumentException"><paramref name="agency"/> is not a name.</exception>
    public static string Trust(string agency, string file) => TrustPrefix(agency) + file;

    /// <summary>The filter that matches every file of the agency's trust repository.</summary>
    /// <exception cref="ArgumentException"><paramref name="agency"/> is not a name.</exception>
    public static string EveryTrustFile(string agency) => TrustPrefix(agency) + "#";

    /// <summary>Reads what <see cref="Trust"/> writes for this agency: the file, a claim until it is verified.</summary>
    public static bool TryParseTrust(string topic, string agency, [NotNullWhen(true)] out string? file)
    {
        file = topic.StartsWith(TrustPrefix(agency), StringComparison.Ordinal) ? topic[TrustPrefix(agency).Length..] : null;
        return file is { Length: > 0 };
    }

    /// <summary>Reads what <see cref="Of"/> and <see cref="OfHits"/> write, and nothing else.</summary>
    /// <param name="audience">Whom it is for: the box's agency, or the other one that the topic names.</param>
    public static bool TryParse(string topic, [NotNullWhen(true)] out BoxName? box,
        [NotNullWhen(true)] out EventType? type, [NotNullWhen(true)] out string? audience)
    {
        (box, type, audience) = (null, null, null);
        if (topic.Split('/') is not ["edge", "v1", var agency, var name, var level, .. var rest] || rest.Length > 1) return false;
        if (!EventType.TryParse($"edge.{level}.v1", out type) || !BoxName.TryCreate(agency, name, out box)) return false;
        audience = rest is [var other] ? other : agency;
        return rest.Length == 0 || (type == EventType.Hit && audience != agency && BoxName.IsValid(audience));
    }

    private static string TrustPrefix(string agency) => BoxName.IsValid(agency) ? $"edge/v1/{agency}/trust/"
        : throw new ArgumentException("not the name of an agency", nameof(agency));
}
