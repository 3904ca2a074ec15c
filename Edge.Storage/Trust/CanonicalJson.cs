using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Edge.Storage.Trust;

/// <summary>OLPC canonical JSON, the form TUF signs (TUF 1.0 §4.1): keys sorted by code point, no white space, whole
/// numbers only, and in strings only the quotation mark and the backslash escaped.</summary>
/// <remarks>Control characters are refused: raw, as that form wants them, they would not be JSON.</remarks>
public static class CanonicalJson
{
    /// <exception cref="FormatException">A fraction, an exponent, a number beyond 64 bits, a control character or a
    /// repeated key.</exception>
    public static byte[] Write(JsonNode node) => Write(JsonSerializer.SerializeToElement(node));

    /// <inheritdoc cref="Write(JsonNode)"/>
    public static byte[] Write(JsonElement element)
    {
        var output = new ArrayBufferWriter<byte>();
        Write(element, output);
        return output.WrittenSpan.ToArray();
    }

    private static void Write(JsonElement element, ArrayBufferWriter<byte> output)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object: WriteObject(element, output); break;
            case JsonValueKind.Array: WriteArray(element, output); break;
            case JsonValueKind.String: WriteString(element.GetString()!, output); break;
            case JsonValueKind.Number: WriteNumber(element, output); break;
            case JsonValueKind.True: output.Write("true"u8); break;
            case JsonValueKind.False: output.Write("false"u8); break;
            case JsonValueKind.Null: output.Write("null"u8); break;
            default: throw new FormatException("not a JSON value");
        }
    }

    private static void WriteObject(JsonElement element, ArrayBufferWriter<byte> output)
    {
        // UTF-8 order is code point order; UTF-16 order is not.
        var properties = element.EnumerateObject().Select(property => (Key: Encoding.UTF8.GetBytes(property.Name), property))
            .ToList();
        properties.Sort((a, b) => a.Key.AsSpan().SequenceCompareTo(b.Key));
        output.Write("{"u8);
        for (var i = 0; i < properties.Count; i++)
        {
            if (i > 0)
            {
                if (properties[i].Key.AsSpan().SequenceEqual(properties[i - 1].Key))
                    throw new FormatException("a key stands twice in one object");
                output.Write(","u8);
            }
            WriteString(properties[i].property.Name, output);
            output.Write(":"u8);
            Write(properties[i].property.Value, output);
        }
        output.Write("}"u8);
    }

    private static void WriteArray(JsonElement element, ArrayBufferWriter<byte> output)
    {
        output.Write("["u8);
        var first = true;
        foreach (var item in element.EnumerateArray())
        {
            if (!first) output.Write(","u8);
            first = false;
            Write(item, output);
        }
        output.Write("]"u8);
    }

    private static void WriteString(string text, ArrayBufferWriter<byte> output)
    {
        if (text.Any(character => character < ' ')) throw new FormatException("a control character in a string");
        var escaped = text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);
        output.Write(Encoding.UTF8.GetBytes($"\"{escaped}\""));
    }

    private static void WriteNumber(JsonElement element, ArrayBufferWriter<byte> output)
    {
        if (!element.TryGetInt64(out var number)) throw new FormatException("a number that is not a 64-bit whole number");
        output.Write(Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture)));
    }
}
