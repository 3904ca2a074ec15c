using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Edge.Agent.Matching;
using Edge.Vision.Recognition;

namespace Edge.Agent.Publishing;

/// <summary>The sealed half of a hit, as the agency reads it. Printing it never shows the plate.</summary>
/// <param name="Text">The plate: 1 to 16 characters of A–Z and 0–9.</param>
/// <param name="Facts">Everything else.</param>
public sealed record HitBody(string Text, HitFacts Facts)
{
    /// <summary>Largest body accepted, in bytes.</summary>
    public const int MaxBytes = HitFacts.MaxCropBytes / 3 * 4 + 4096;

    private const int MaxPlate = 16;

    private static readonly SearchValues<byte> PlateCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"u8);

    /// <summary>The body as JSON, on the box: the plate goes from its buffer into this one and becomes no string.</summary>
    /// <returns>A buffer that the caller disposes as soon as it is sealed, which wipes it.</returns>
    /// <exception cref="ArgumentException">The plate or the facts are not of this format; the message names the member.</exception>
    public static WipedBuffer Write(ReadOnlySpan<byte> plate, HitFacts facts)
    {
        if (!IsPlate(plate)) throw new ArgumentException("text is not 1 to 16 characters of A-Z and 0-9", nameof(plate));
        if (facts.Fault(plate.Length) is { } fault) throw new ArgumentException(fault, nameof(facts));
        var buffer = new WipedBuffer(MaxBytes);
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteString("text", plate);
        json.WriteStartArray("confidences");
        foreach (var confidence in facts.Confidences) json.WriteNumberValue(confidence);
        json.WriteEndArray();
        if (facts.Right is { } right) json.WriteNumber("right", right);
        else json.WriteNull("right");
        json.WriteString("region", facts.Region.Code);
        json.WriteNumber("regionSure", facts.Region.Sure);
        json.WriteBoolean("regionVerified", facts.RegionVerified);
        json.WriteStartArray("ruleChanged");
        foreach (var position in facts.RuleChanged) json.WriteNumberValue(position);
        json.WriteEndArray();
        json.WriteString("camera", facts.Camera);
        json.WriteString("time", MessageJson.Time(facts.Time));
        json.WriteNumber("frames", facts.Frames);
        json.WriteString("entry", facts.EntryId);
        json.WriteString("form", MatchForms.Write(facts.Form));
        json.WriteNumber("policy", facts.PolicyVersion);
        json.WriteString("crop", Base64Url.EncodeToUtf8(facts.Crop.Span));
        json.WriteEndObject();
        json.Flush();
        return buffer;
    }

    /// <summary>Reads what <see cref="Write"/> writes, at the hub; <paramref name="reason"/> names members, never values.</summary>
    public static bool TryParse(ReadOnlySpan<byte> json, [NotNullWhen(true)] out HitBody? body, out string reason)
    {
        body = null;
        reason = MessageJson.Read<Wire>(json, MaxBytes, out var wire) ?? "";
        if (wire is null) return false;
        if (!IsPlate(wire.Text)) reason = "text is not 1 to 16 characters of A-Z and 0-9";
        else
        {
            var facts = new HitFacts(wire.Confidences, wire.Right, new PlateRegion(wire.Region, wire.RegionSure), wire.RegionVerified,
                wire.RuleChanged, wire.Camera, wire.Time, wire.Frames, wire.Entry, wire.Form, wire.Policy, wire.Crop);
            reason = facts.Fault(wire.Text.Length) ?? "";
            if (reason.Length == 0) body = new HitBody(wire.Text, facts);
        }
        return body is not null;
    }

    public override string ToString() => "HitBody(redacted)";

    private static bool IsPlate(ReadOnlySpan<byte> text) => text.Length is >= 1 and <= MaxPlate
        && !text.ContainsAnyExcept(PlateCharacters);

    private static bool IsPlate(string text) => text.Length is >= 1 and <= MaxPlate
        && text.All(character => char.IsAsciiLetterUpper(character) || char.IsAsciiDigit(character));

    private sealed record Wire(string Text, float[] Confidences, string? Region, bool RegionVerified,
        string Camera, DateTimeOffset Time, int Frames, string Entry, MatchForm Form, long Policy, byte[] Crop)
    {
        // Added later: a body that waited in an outbox since before does not say them.
        public double? Right { get; init; }
        public float RegionSure { get; init; }
        public int[] RuleChanged { get; init; } = [];

        public override string ToString() => "HitBody.Wire(redacted)";
    }
}
