using System.Globalization;

namespace Edge.Storage.Keys;

/// <summary>The name of a key that seals records at rest: <c>2026-11-23T18</c>, that of everything which expires in an hour,
/// or <c>2026-11-23T18.42</c>, that of what hold 42 keeps until then. A hold has keys of its own so that its end destroys
/// them, and with them every copy of what it kept, without waiting for the hour that others share.</summary>
/// <param name="Hour">When it dies.</param>
/// <param name="Hold">Number of the hold, 1 or more; 0 for none.</param>
public readonly record struct RecordKey(KeyHour Hour, long Hold) : IComparable<RecordKey>
{
    /// <summary>Reads the one spelling that <see cref="ToString"/> writes.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out RecordKey key)
    {
        key = default;
        var dot = text.IndexOf('.');
        long hold = 0;
        if (dot >= 0 && (!long.TryParse(text[(dot + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out hold) || hold < 1))
            return false;
        if (!KeyHour.TryParse(dot < 0 ? text : text[..dot], out var hour)) return false;
        key = new RecordKey(hour, hold);
        return text.SequenceEqual(key.ToString());
    }

    public int CompareTo(RecordKey other) => Hour.CompareTo(other.Hour) is not 0 and var order ? order : Hold.CompareTo(other.Hold);

    public override string ToString() => Hold == 0 ? Hour.ToString() : string.Create(CultureInfo.InvariantCulture, $"{Hour}.{Hold}");

    public static implicit operator RecordKey(KeyHour hour) => new(hour, 0);

    public static bool operator <(RecordKey left, RecordKey right) => left.CompareTo(right) < 0;

    public static bool operator >(RecordKey left, RecordKey right) => left.CompareTo(right) > 0;

    public static bool operator <=(RecordKey left, RecordKey right) => left.CompareTo(right) <= 0;

    public static bool operator >=(RecordKey left, RecordKey right) => left.CompareTo(right) >= 0;
}
