using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Edge.Storage.Keys;

/// <summary>One UTC hour, written <c>2026-11-23T18</c>: the name of the key that dies when the hour is over.</summary>
public readonly record struct KeyHour : IComparable<KeyHour>
{
    private const string Format = "yyyy-MM-dd'T'HH";

    private readonly long _hours; // since year 1

    private KeyHour(long hours) => _hours = hours;

    /// <summary>The first instant of the hour.</summary>
    public DateTimeOffset Start => new(_hours * TimeSpan.TicksPerHour, TimeSpan.Zero);

    /// <summary>The first instant after it.</summary>
    public DateTimeOffset End => Start.AddHours(1);

    /// <summary>The hour at whose end something that expires at <paramref name="expires"/> is surely expired: an
    /// expiry on the stroke belongs to the hour before, so that its key dies at that very instant.</summary>
    public static KeyHour OfExpiry(DateTimeOffset expires) => new((expires.UtcTicks - 1) / TimeSpan.TicksPerHour);

    /// <summary>The latest whole hour that is no later than <paramref name="retention"/> from now: the expiry to give
    /// a record so that its key is destroyed exactly when it expires.</summary>
    public static DateTimeOffset LastWithin(DateTimeOffset now, TimeSpan retention) =>
        new((now + retention).UtcTicks / TimeSpan.TicksPerHour * TimeSpan.TicksPerHour, TimeSpan.Zero);

    /// <summary>Reads the one spelling that <see cref="ToString"/> writes.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out KeyHour hour)
    {
        hour = default;
        if (!DateTime.TryParseExact(text, Format, CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var start)) return false;
        hour = new KeyHour(start.Ticks / TimeSpan.TicksPerHour);
        return text.SequenceEqual(hour.ToString());
    }

    public int CompareTo(KeyHour other) => _hours.CompareTo(other._hours);

    public override string ToString() => Start.ToString(Format, CultureInfo.InvariantCulture);

    public static bool operator <(KeyHour left, KeyHour right) => left._hours < right._hours;

    public static bool operator >(KeyHour left, KeyHour right) => left._hours > right._hours;

    public static bool operator <=(KeyHour left, KeyHour right) => left._hours <= right._hours;

    public static bool operator >=(KeyHour left, KeyHour right) => left._hours >= right._hours;
}
