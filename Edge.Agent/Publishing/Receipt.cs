using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Edge.Storage.Keys;
using Edge.Storage.Signing;

namespace Edge.Agent.Publishing;

/// <summary>What the hub tells a box that it has: the end of the way, where a PUBACK is only the broker's. A broker that lost what it had
/// acknowledged is noticed here. Signed with the agency's online key, the one of the trust timestamp. Format in this folder's README.</summary>
/// <param name="Box">The one box it is for.</param>
/// <param name="Key">The id of the message key whose numbers these are: not those of the box that had the name before.</param>
/// <param name="Time">When it was signed, to the millisecond.</param>
/// <param name="From">The first number that the hub knows of: 1 or more. Of those before it nothing is said.</param>
/// <param name="Through">Every number from there up to this one has come, or the box has named it as given up,</param>
/// <param name="Missing">but for these: ascending, at most <see cref="MostMissing"/>.</param>
public sealed record Receipt(BoxName Box, string Key, DateTimeOffset Time, long From, long Through, IReadOnlyList<long> Missing)
{
    /// <summary>Largest signed receipt accepted, in bytes, before anything is parsed.</summary>
    public const int MaxBytes = 32 * 1024;

    /// <summary>Most numbers in one. Where more are missing, <see cref="Through"/> ends before the next.</summary>
    public const int MostMissing = 1000;

    private const string EventName = "edge.receipt.v1";

    /// <summary>The receipt for numbers that are accounted for up to <paramref name="through"/> but for <paramref name="missing"/>.</summary>
    public static Receipt Of(BoxName box, string key, DateTimeOffset time, long from, long through, IEnumerable<long> missing)
    {
        var first = missing.Order().Take(MostMissing + 1).ToList();
        return first.Count <= MostMissing ? new Receipt(box, key, time, from, through, first)
            : new Receipt(box, key, time, from, Math.Min(through, first[^1] - 1), first[..^1]);
    }

    /// <summary>The signed message.</summary>
    public byte[] Sign(SigningKey key) => Jws.Sign(key, MessageJson.Write(members =>
    {
        members.WriteString("specversion", "1.0");
        members.WriteString("id", string.Create(CultureInfo.InvariantCulture, $"{Box.Box}.{Through}.{Time.ToUnixTimeMilliseconds()}"));
        members.WriteString("source", SourceOf(Box.Agency));
        members.WriteString("type", EventName);
        members.WriteString("time", MessageJson.Time(Time));
        members.WriteStartObject("data");
        members.WriteString("box", Box.Box);
        members.WriteString("key", Key);
        members.WriteNumber("from", From);
        members.WriteNumber("through", Through);
        members.WriteStartArray("missing");
        foreach (var number in Missing) members.WriteNumberValue(number);
        members.WriteEndArray();
        members.WriteEndObject();
    }), CloudEvent.ContentType);

    /// <summary>Reads what one of <paramref name="keys"/> has signed; false for anything else.</summary>
    public static bool TryVerify(ReadOnlySpan<byte> message, IEnumerable<VerifyingKey> keys, [NotNullWhen(true)] out Receipt? receipt)
    {
        receipt = null;
        if (message.Length > MaxBytes || !Jws.TryReadKeyId(message, out var id) || keys.FirstOrDefault(key => key.KeyId == id) is not { } signer) return false;
        return Jws.TryVerify(message, signer, CloudEvent.ContentType, out var json) && TryParse(json, out receipt);
    }

    /// <summary>Reads the event inside a signature that was checked.</summary>
    public static bool TryParse(ReadOnlySpan<byte> json, [NotNullWhen(true)] out Receipt? receipt)
    {
        receipt = null;
        if (MessageJson.Read<Event>(json, MaxBytes, out var said) is not null) return false;
        if (said!.Specversion != "1.0" || said.Type != EventName || said.Source.Split('/') is not ["", "agencies", var agency, "hub"]) return false;
        var (data, numbers) = (said.Data, said.Data.Missing);
        if (!BoxName.TryCreate(agency, data.Box, out var box) || !IsKey(data.Key) || data.From < 1 || data.Through < data.From
            || numbers.Count > MostMissing) return false;
        for (var i = 0; i < numbers.Count; i++)
            if (numbers[i] < data.From || numbers[i] > data.Through || (i > 0 && numbers[i] <= numbers[i - 1])) return false;
        receipt = new Receipt(box, data.Key, said.Time, data.From, data.Through, numbers);
        return true;
    }

    // The RFC 7638 thumbprint of a key: 32 bytes.
    private static bool IsKey(string key) => key.Length == 43 && Base64Url.IsValid(key) && Base64Url.EncodeToString(Base64Url.DecodeFromChars(key)) == key;

    private static string SourceOf(string agency) => $"/agencies/{agency}/hub";

    private sealed record Event(string Specversion, string Id, string Source, string Type, DateTimeOffset Time, Told Data);

    private sealed record Told(string Box, string Key, long From, long Through, IReadOnlyList<long> Missing);
}
