using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Edge.Agent.Publishing;

/// <summary>One CloudEvents 1.0 event in its JSON format, with exactly the attributes that README.md lists.</summary>
/// <param name="Id">Unique for ever: 1 to 80 characters of A–Z, a–z, 0–9, '.', '-' and '_'.</param>
/// <param name="Box">Who says it; on the wire the <c>source</c>.</param>
/// <param name="Type">What it is.</param>
/// <param name="Time">When, to the millisecond.</param>
/// <param name="Sequence">This box's number for it, 1 or more; for a status the newest number given out, 0 or more.</param>
/// <param name="Data">The payload: one JSON object, exactly these bytes.</param>
public sealed record CloudEvent(
    string Id, BoxName Box, EventType Type, DateTimeOffset Time, long Sequence, ReadOnlyMemory<byte> Data)
{
    /// <summary>The media type of an event in JSON, for the <c>cty</c> of its signature.</summary>
    public const string ContentType = "application/cloudevents+json";

    /// <summary>Largest event accepted, in bytes: signed, it still fits a message.</summary>
    public const int MaxBytes = 180 * 1024;

    /// <summary>The event as JSON, members always in this order.</summary>
    /// <exception cref="InvalidOperationException">The event would be larger than <see cref="MaxBytes"/>.</exception>
    public byte[] ToJson()
    {
        var json = MessageJson.Write(members =>
        {
            members.WriteString("specversion", "1.0");
            members.WriteString("id", Id);
            members.WriteString("source", Box.Source);
            members.WriteString("type", Type.Name);
            members.WriteString("time", MessageJson.Time(Time));
            members.WriteNumber("sequence", Sequence);
            members.WritePropertyName("data");
            members.WriteRawValue(Data.Span);
        });
        return json.Length <= MaxBytes ? json
            : throw new InvalidOperationException($"an event is at most {MaxBytes} bytes");
    }

    /// <summary>Reads what <see cref="ToJson"/> writes; order and white space may differ, members may not.</summary>
    /// <param name="json">UTF-8.</param>
    /// <param name="value">The event.</param>
    /// <param name="reason">What is wrong, naming members and never values.</param>
    public static bool TryParse(ReadOnlySpan<byte> json, [NotNullWhen(true)] out CloudEvent? value, out string reason)
    {
        value = null;
        reason = MessageJson.Read<Wire>(json, MaxBytes, out var wire) ?? "";
        if (wire is null) return false;
        if (wire.Specversion != "1.0") reason = "specversion is not 1.0";
        else if (!IsId(wire.Id)) reason = "id is not 1 to 80 characters of A-Z, a-z, 0-9, '.', '-' and '_'";
        else if (!BoxName.TryParseSource(wire.Source, out var box)) reason = "source is not /agencies/{agency}/boxes/{box}";
        else if (!EventType.TryParse(wire.Type, out var type)) reason = "type is not one that a box sends";
        else if (wire.Sequence < (type == EventType.Status ? 0 : 1)) reason = "sequence is below the first";
        else if (wire.Data.ValueKind != JsonValueKind.Object) reason = "data is not an object";
        else
            value = new CloudEvent(wire.Id, box, type, wire.Time, wire.Sequence,
                JsonMarshal.GetRawUtf8Value(wire.Data).ToArray());
        return value is not null;
    }

    private static bool IsId(string id) => id.Length is >= 1 and <= 80
        && id.All(character => char.IsAsciiLetterOrDigit(character) || character is '.' or '-' or '_');

    private sealed record Wire(string Specversion, string Id, string Source, string Type, DateTimeOffset Time,
        long Sequence, JsonElement Data);
}
