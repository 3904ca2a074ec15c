using Edge.Agent.Governance;
using Edge.Agent.Matching;
using Edge.Storage.Json;
using Edge.Vision.Recognition;

namespace Edge.Agent.Hub;

/// <summary>A plate somebody has a documented case for, as the agency writes it down, before blinding. Prints redacted;
/// disposing it wipes the plate.</summary>
public sealed record WantedPlate : IDisposable
{
    public required PlateText Plate { get; init; }

    public MatchForm Form { get; init; } = MatchForm.Exact;

    /// <summary>The case ID. May be empty here; blinding refuses it then.</summary>
    public required string Case { get; init; }

    public required string Purpose { get; init; }

    public required string Basis { get; init; }

    public required string Source { get; init; }

    public required string Issuer { get; init; }

    public required DateTimeOffset NotBefore { get; init; }

    public required DateTimeOffset Expires { get; init; }

    public string? Region { get; init; }

    /// <summary>The agency that wants it, where a list says so; blinding refuses another's.</summary>
    public string? Agency { get; init; }

    public override string ToString() => "WantedPlate(redacted)";

    public void Dispose() => Plate.Dispose();

    /// <summary>Reads one entry of a list; an absent <c>notBefore</c> is <paramref name="now"/>.</summary>
    internal static WantedPlate? Read(JsonFields fields, DateTimeOffset now)
    {
        PlateText? plate = null;
        fields.Text("plate", text => PlateText.TryParse(text, out plate), "must be 1 to 16 letters A-Z and digits, separators aside");
        var wanted = new WantedPlate
        {
            Plate = plate!,
            Form = fields.Choice("form", MatchForms.Spellings, MatchForm.Exact),
            Case = CaseRecord.Text(fields, "case", 64),
            Purpose = CaseRecord.Purpose(fields, "purpose"),
            Basis = CaseRecord.Text(fields, "basis", 500),
            Source = CaseRecord.Text(fields, "source", 64),
            Issuer = CaseRecord.Text(fields, "issuer", 64),
            NotBefore = fields.Has("notBefore") ? fields.Instant("notBefore") : now,
            Expires = fields.Instant("expires"),
            Region = fields.Has("region") ? fields.Text("region", 16) : null,
            Agency = fields.Has("agency") ? fields.Text("agency", 64) : null,
        };
        return plate is null ? null : wanted;
    }
}
