using System.Text.Json;
using Edge.Agent.Hub;
using Edge.Vision.Recognition;

namespace Edge.Tests.Support;

/// <summary>The demonstration's rendered film: vehicles whose plates are known pass one after the other.</summary>
internal static class StreetClip
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "clip");

    public static string Film { get; } = Path.Combine(Folder, "street.mp4");

    /// <summary>Their plates, in the order in which they pass.</summary>
    public static IReadOnlyList<PlateText> Vehicles() => [.. Truth(vehicle => Plate(vehicle.GetProperty("plate").GetString()!))];

    /// <summary>When each has a plate in the picture, in seconds.</summary>
    public static IReadOnlyList<(double From, double To)> Passages() =>
        [.. Truth(vehicle => (vehicle.GetProperty("from").GetDouble(), vehicle.GetProperty("to").GetDouble()))];

    /// <summary>An entry that has each of them looked for.</summary>
    public static IReadOnlyList<WantedPlate> Wanted(DateTimeOffset now) => [.. Vehicles().Select(plate => Wanted(plate, now))];

    public static WantedPlate Wanted(PlateText plate, DateTimeOffset now) => new()
    {
        Plate = plate, Case = "2026-17", Purpose = "stolen-vehicle", Basis = "theft report", Source = "test", Issuer = "desk",
        NotBefore = now.AddMinutes(-1), Expires = now.AddDays(7),
    };

    public static PlateText Plate(string text) => PlateText.TryParse(text, out var plate) ? plate : throw new InvalidOperationException("not a plate");

    private static List<T> Truth<T>(Func<JsonElement, T> of)
    {
        using var truth = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Folder, "street.json")));
        return [.. truth.RootElement.GetProperty("vehicles").EnumerateArray().Select(of)];
    }
}
