using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text.Json;
using Edge.Agent.Governance.Orders;
using Edge.Storage.Keys;
using Edge.Storage.Sealing;
using Edge.Storage.Signing;

namespace Edge.Agent.Publishing;

/// <summary>An order on its way to a box: signed by an operator, its content sealed to the one box it is for, so that no case
/// stands on the broker in clear. Format in this folder's README.</summary>
public sealed class OrderMessage
{
    /// <summary>Largest signed order accepted, in bytes, before anything is parsed.</summary>
    public const int MaxBytes = 64 * 1024;

    private const string EventName = "edge.order.v1";
    private const int MaxHeader = 1024;

    private readonly byte[] _header;
    private readonly SealedPart _part;

    private OrderMessage(OrderTerms terms, string account, byte[] header, SealedPart part) =>
        (Terms, Account, _header, _part) = (terms, account, header, part);

    /// <summary>What stands outside the seal.</summary>
    public OrderTerms Terms { get; }

    /// <summary>The operator's account: a claim until it is compared with the key's.</summary>
    public string Account { get; }

    /// <summary>Signs and seals an order.</summary>
    /// <param name="account">The operator whose key <paramref name="key"/> is.</param>
    /// <param name="box">The order key of the box in <paramref name="terms"/>.</param>
    public static byte[] Write(Order order, OrderTerms terms, string account, SigningKey key, RecipientPublicKey box)
    {
        var header = MessageJson.Write(new Header(terms.Box.Agency, terms.Box.Box, terms.Id, terms.Given, terms.Expires));
        var part = SealedPart.Seal(box, header, order.Write(), SealedUse.Order);
        return Jws.Sign(key, MessageJson.Write(members =>
        {
            members.WriteString("specversion", "1.0");
            members.WriteString("id", terms.Id);
            members.WriteString("source", Source(terms.Box.Agency, account));
            members.WriteString("type", EventName);
            members.WriteString("time", MessageJson.Time(terms.Given));
            members.WriteStartObject("data");
            members.WriteString("header", System.Buffers.Text.Base64Url.EncodeToUtf8(header));
            members.WritePropertyName("sealed");
            part.WriteTo(members);
            members.WriteEndObject();
        }), CloudEvent.ContentType);
    }

    /// <summary>Reads the event inside a signature that was checked. The seal stays closed.</summary>
    public static bool TryParse(ReadOnlySpan<byte> json, [NotNullWhen(true)] out OrderMessage? message)
    {
        message = null;
        if (MessageJson.Read<Event>(json, MaxBytes, out var said) is not null || said is null) return false;
        if (MessageJson.Read<Header>(said.Data.Header, MaxHeader, out var header) is not null || header is null) return false;
        if (said.Specversion != "1.0" || said.Type != EventName || !IsId(said.Id)) return false;
        if (header.Order != said.Id || header.Given != said.Time) return false;
        if (said.Source.Split('/') is not ["", "agencies", var agency, "operators", var account] || agency != header.Agency) return false;
        if (!BoxName.TryCreate(header.Agency, header.Box, out var box)) return false;
        if (!SealedPart.TryParse(JsonMarshal.GetRawUtf8Value(said.Data.Sealed), out var part)) return false;
        message = new OrderMessage(new OrderTerms(said.Id, box, header.Given, header.Expires), account, said.Data.Header, part);
        return true;
    }

    /// <summary>The order's JSON, which the caller wipes; false if it is not sealed to this box, or was changed.</summary>
    public bool TryOpen(RecipientKey key, out byte[] order) => _part.TryOpen(key, _header, out order, SealedUse.Order);

    /// <summary>True for an id that an order may bear: the box keeps it and repeats it in its answer.</summary>
    public static bool IsId(string id) => id.Length is >= 16 and <= 80 &&
        id.All(character => char.IsAsciiLetterOrDigit(character) || character is '.' or '-' or '_');

    private static string Source(string agency, string account) => $"/agencies/{agency}/operators/{account}";

    private sealed record Event(string Specversion, string Id, string Source, string Type, DateTimeOffset Time, Body Data);

    private sealed record Body(byte[] Header, JsonElement Sealed);

    private sealed record Header(string Agency, string Box, string Order, DateTimeOffset Given, DateTimeOffset Expires);
}
