using Edge.Agent.Matching;
using Edge.Vision.Recognition;

namespace Edge.Agent.Publishing;

/// <summary>All that a hit says beside the plate's text.</summary>
/// <param name="Confidences">One per character of the plate, 0 to 1.</param>
/// <param name="Right">Probability that the whole text is right, 0 to 1, as the model was measured; null if it was not.</param>
/// <param name="Region">Where the plate seems to be from, and how sure that is.</param>
/// <param name="RegionVerified">True if the text fits a pattern of that region.</param>
/// <param name="RuleChanged">Positions in the text, from 0 and rising, of the characters that a region rule changed into their
/// look-alikes.</param>
/// <param name="Camera">The camera's name, 1 to 40 characters of a–z, 0–9 and '-'.</param>
/// <param name="Time">When the passage was read, to the millisecond.</param>
/// <param name="Frames">How many frames agreed on the text, 1 or more.</param>
/// <param name="EntryId">The hotlist entry that matched.</param>
/// <param name="Form">Which spelling matched.</param>
/// <param name="PolicyVersion">The policy in force, 0 or more.</param>
/// <param name="Crop">JPEG of the plate alone, no scene and no occupants; at most <see cref="MaxCropBytes"/>.</param>
public sealed record HitFacts(IReadOnlyList<float> Confidences, double? Right, PlateRegion Region, bool RegionVerified,
    IReadOnlyList<int> RuleChanged, string Camera, DateTimeOffset Time, int Frames, string EntryId, MatchForm Form, long PolicyVersion,
    ReadOnlyMemory<byte> Crop)
{
    /// <summary>Largest picture of a plate in a hit, in bytes; sealed and signed it still fits a message.</summary>
    public const int MaxCropBytes = 64 * 1024;

    /// <summary>Why these facts about a plate of <paramref name="length"/> characters are not of this format, or null.</summary>
    internal string? Fault(int length)
    {
        if (Confidences.Count != length) return "confidences are not one per character";
        if (Confidences.Any(confidence => confidence is not (>= 0 and <= 1))) return "confidences are not from 0 to 1";
        if (Right is not (null or >= 0 and <= 1)) return "right is not from 0 to 1";
        if (Region.Code is { } code && !PlateRegion.IsCode(code)) return "region is not a code of ISO 3166";
        if (Region.Sure is not (>= 0 and <= 1)) return "regionSure is not from 0 to 1";
        if (Region.Code is null && (Region.Sure != 0 || RegionVerified)) return "an unknown region is neither sure nor verified";
        if (RuleChanged.Any(position => position < 0 || position >= length) || RuleChanged.Zip(RuleChanged.Skip(1)).Any(two => two.First >= two.Second))
            return "ruleChanged is not rising positions in the text";
        if (!BoxName.IsValid(Camera)) return "camera is not a name";
        if (Frames < 1) return "frames is below 1";
        if (!HitHeader.IsEntryId(EntryId)) return "entry is not an entry id";
        if (PolicyVersion < 0) return "policy is below 0";
        if (Crop.Length > MaxCropBytes) return $"crop is longer than {MaxCropBytes} bytes";
        return Crop.Span is [0xFF, 0xD8, .., 0xFF, 0xD9] ? null : "crop is not a whole JPEG";
    }
}
