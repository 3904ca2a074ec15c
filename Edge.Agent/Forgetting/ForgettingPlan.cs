using Edge.Vision.Recognition;

namespace Edge.Agent.Forgetting;

/// <summary>What a box is shown, and when its memory is searched.</summary>
/// <param name="Footage">Recordings, pictures, folders of pictures, one after the other.</param>
/// <param name="Passing">Plates that are known to pass; the first is the one looked for. Others are found by reading the footage beforehand.</param>
/// <param name="Models">Folder of the models.</param>
/// <param name="Folder">Where the box is; empty.</param>
internal sealed record ForgettingPlan(IReadOnlyList<string> Footage, IReadOnlyList<PlateText> Passing, string Models, string Folder)
{
    /// <summary>Further plates that may pass.</summary>
    public IReadOnlyList<PlateText> Labelled { get; init; } = [];

    /// <summary>How long the road is empty after the last plate, before anything is searched.</summary>
    public TimeSpan After { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Time from one frame to the next.</summary>
    public TimeSpan Every { get; init; } = TimeSpan.FromSeconds(0.2);

    /// <summary>The program of both processes; a test plants leaks with one of its own.</summary>
    public string Program { get; init; } = Path.Combine(AppContext.BaseDirectory, "edge-agent");
}

/// <summary>What the search found, and whether it means anything.</summary>
/// <param name="Plates">Plates that passed and that nobody looks for, none twice.</param>
/// <param name="Strings">How many byte strings were looked for.</param>
/// <param name="LeftOut">Texts too short or too plain to look for, or a part of the plate looked for.</param>
/// <param name="Frames">Frames that the box says it examined.</param>
/// <param name="Discarded">Reads that the box says it discarded.</param>
/// <param name="Hits">Hits that the hub verified and opened.</param>
/// <param name="Places">Where was searched.</param>
internal sealed record ForgettingResult(int Plates, int Strings, int LeftOut, long Frames, long Discarded, int Hits, IReadOnlyList<PlaceSearched> Places)
{
    /// <summary>Why the run shows nothing, if it does not.</summary>
    public string? Meaningless =>
        Unwilling is not null ? $"{Unwilling} did not stop in order"
        : Hits == 0 ? "no hit for the plate looked for reached the hub: the box did not see what was shown"
        : Places.FirstOrDefault(place => place.NotSearched is not null) is { } closed ? $"{closed.Where}: {closed.NotSearched}"
        : Places.FirstOrDefault(place => !place.Sees) is { } blind ? $"{blind.Where}: what must be there was not seen" : null;

    /// <summary>A process of the box that had to be killed; null if none.</summary>
    public string? Unwilling { get; init; }

    public int Found => Places.Sum(place => place.Found.Values.Sum());
}
