using System.Buffers;
using System.Buffers.Text;
using System.Text.Json;
using Edge.Storage.Json;
using Edge.Storage.Keys;

namespace Edge.Storage.Audit;

/// <summary>The bytes of an entry, exactly those that are hashed: one JSON object, UTF-8, no whitespace, members in this
/// file's order, absent ones left out. One entry has one spelling.</summary>
public static class AuditEntryJson
{
    /// <summary>Largest entry read or written, in bytes.</summary>
    public const int MaxBytes = 4096;

    /// <exception cref="ArgumentException">A field is missing, out of range or not in its alphabet; the message names it
    /// and never repeats its value.</exception>
    public static byte[] Write(AuditEntry entry)
    {
        Refuse(entry);
        if (!AuditWords.IsBoot(entry.Boot)) throw new ArgumentException("audit entry: boot", nameof(entry));
        return Encode(entry);
    }

    /// <summary>Throws what <see cref="Write"/> would, but for what the log itself sets.</summary>
    /// <exception cref="ArgumentException">As there.</exception>
    internal static void Refuse(AuditEntry entry)
    {
        if (entry.Problem() is { } problem) throw new ArgumentException($"audit entry: {problem}", nameof(entry));
    }

    /// <summary>False if this is not an entry in its one spelling.</summary>
    public static bool TryRead(ReadOnlySpan<byte> json, out AuditEntry? entry)
    {
        entry = null;
        if (json.Length > MaxBytes) return false;
        try
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 1 });
            using var document = JsonDocument.ParseValue(ref reader);
            if (!TryRead(document.RootElement, out var read)) return false;
            // Writing it again settles order, whitespace, escapes, doubled and unknown members in one comparison.
            if (read!.Problem() is not null || !Encode(read).AsSpan().SequenceEqual(json)) return false;
            entry = read;
            return true;
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException or FormatException)
        {
            // A member of another JSON type, or text that is not Unicode.
            return false;
        }
    }

    private static bool TryRead(JsonElement json, out AuditEntry? entry)
    {
        entry = null;
        // CJIS asks for hundredths of a second.
        if (!JsonTime.TryParseMilliseconds(Text("time"), out var time)) return false;
        if (Text("boot") is not { } boot || !AuditWords.IsBoot(boot)) return false;
        if (!AuditCode.TryParse<ClockState>(Text("clock"), out var clock)) return false;
        if (!AuditCode.TryParse<AuditAction>(Text("action"), out var action)) return false;
        if (!AuditOutcome.TryParse(Text("outcome"), out var outcome)) return false;
        if (!AuditCode.TryParse<AuditRole>(Text("role"), out var role)) return false;
        Sha256Hash? digest = null;
        if (Text("digest") is { } hex)
        {
            if (!Sha256Hash.TryParseHex(hex, out var parsed)) return false;
            digest = parsed;
        }
        VerifyingKey? key = null;
        if (Text("key") is { } raw)
        {
            if (!Base64Url.IsValid(raw)) return false;
            key = VerifyingKey.FromRaw(Base64Url.DecodeFromChars(raw));
        }
        entry = new AuditEntry
        {
            Time = time, Boot = boot, Clock = clock, Action = action, Outcome = outcome,
            Actor = Text("actor") ?? "", Role = role,
            Person = Concealed("person"), Case = Concealed("case"), Purpose = Text("purpose"), Claim = Concealed("claim"), Agency = Text("agency"),
            Kind = Text("kind"), Detail = Text("detail"),
            Version = Count("version"), Sequence = Count("sequence"), Digest = digest, Key = key, Count = Count("count"),
            Frames = Count("frames"), Reads = Count("reads"), Discarded = Count("discarded"), Hits = Count("hits"),
        };
        return true;

        string? Text(string name) => json.TryGetProperty(name, out var value) ? value.GetString() : null;
        ConcealedValue? Concealed(string name) => Text(name) is { } digest ? new ConcealedValue(digest) : null;
        long? Count(string name) => json.TryGetProperty(name, out var value) ? value.GetInt64() : null;
    }

    private static byte[] Encode(AuditEntry entry)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteString("time", JsonTime.WriteMilliseconds(entry.Time));
        json.WriteString("boot", entry.Boot);
        json.WriteString("clock", AuditCode.Of(entry.Clock));
        json.WriteString("action", AuditCode.Of(entry.Action));
        json.WriteString("outcome", entry.Outcome.ToString());
        json.WriteString("actor", entry.Actor);
        json.WriteString("role", AuditCode.Of(entry.Role));
        Text("person", entry.Person?.Digest);
        Text("case", entry.Case?.Digest);
        Text("purpose", entry.Purpose);
        Text("claim", entry.Claim?.Digest);
        Text("agency", entry.Agency);
        Text("kind", entry.Kind);
        Text("detail", entry.Detail);
        Count("version", entry.Version);
        Count("sequence", entry.Sequence);
        Text("digest", entry.Digest?.ToHex());
        Text("key", entry.Key is null ? null : Base64Url.EncodeToString(entry.Key.Raw));
        Count("count", entry.Count);
        Count("frames", entry.Frames);
        Count("reads", entry.Reads);
        Count("discarded", entry.Discarded);
        Count("hits", entry.Hits);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan.ToArray();

        void Text(string name, string? value)
        {
            if (value is not null) json.WriteString(name, value);
        }

        void Count(string name, long? value)
        {
            if (value is { } number) json.WriteNumber(name, number);
        }
    }
}
