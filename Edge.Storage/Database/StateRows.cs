using Edge.Storage.Hits;
using Edge.Storage.Outbox;
using LiteDB;

namespace Edge.Storage.Database;

/// <summary>The shape of every row, both ways. Numbers are 64-bit, times Unix milliseconds.</summary>
internal static class StateRows
{
    public const string FormatName = "edge-state/1";
    public const string State = "state";

    // As long as what MarkLogged puts in its place: on a full disk the row must not need another page.
    private static readonly byte[] NotLogged = new byte[48];

    /// <summary>The precision that rows keep.</summary>
    public static DateTimeOffset ToMilliseconds(DateTimeOffset time) =>
        DateTimeOffset.FromUnixTimeMilliseconds(time.ToUnixTimeMilliseconds());

    public static BsonDocument OfState(long lastSequence) =>
        new() { ["_id"] = State, ["format"] = FormatName, ["last"] = lastSequence };

    public static BsonDocument OfHit(HitHeading heading, byte[] sealedRecord) => new()
    {
        ["_id"] = heading.Sequence,
        ["x"] = heading.Expires.ToUnixTimeMilliseconds(),
        ["c"] = heading.CasePseudonym,
        ["r"] = sealedRecord,
    };

    public static BsonDocument OfMessage(OutboxRow row, byte[] sealedPayload, byte[]? sealedLeaf) => new()
    {
        ["_id"] = row.Sequence,
        ["x"] = row.Expires.ToUnixTimeMilliseconds(),
        ["k"] = (int)row.Kind,
        ["p"] = sealedPayload,
        ["l"] = sealedLeaf ?? NotLogged,
    };

    // In the place of its message, and smaller: a full disk can still be swept.
    public static BsonDocument OfDropped(DroppedMessage dropped) =>
        new() { ["_id"] = dropped.Sequence, ["k"] = (int)dropped.Kind, ["d"] = true };

    public static long ReadLastSequence(BsonDocument row) =>
        row["format"] == FormatName && row["last"] is { IsInt64: true, AsInt64: >= 0 } last
            ? last.AsInt64
            : throw new InvalidDataException("not a state row of this version");

    public static HitHeading ReadHit(BsonDocument row)
    {
        var (sequence, expires) = ReadPlace(row);
        if (!row["c"].IsString || !row["r"].IsBinary) throw new InvalidDataException("a hit lacks a field");
        return new HitHeading(sequence, expires, row["c"].AsString);
    }

    public static bool IsDropped(BsonDocument outboxRow) => outboxRow.ContainsKey("d");

    public static OutboxRow ReadMessage(BsonDocument row)
    {
        var (sequence, expires) = ReadPlace(row);
        if (!row["p"].IsBinary || !row["l"].IsBinary) throw new InvalidDataException("a message lacks a field");
        return new OutboxRow(sequence, ReadKind(row), expires, Logged: !row["l"].AsBinary.AsSpan().SequenceEqual(NotLogged));
    }

    public static DroppedMessage ReadDropped(BsonDocument row) => row["_id"] is { IsInt64: true, AsInt64: > 0 } id
        ? new DroppedMessage(id.AsInt64, ReadKind(row))
        : throw new InvalidDataException("a dropped message lacks its number");

    private static (long Sequence, DateTimeOffset Expires) ReadPlace(BsonDocument row) =>
        row["_id"] is { IsInt64: true, AsInt64: > 0 } id && row["x"].IsInt64
            ? (id.AsInt64, DateTimeOffset.FromUnixTimeMilliseconds(row["x"].AsInt64))
            : throw new InvalidDataException("a row lacks its number or expiry");

    private static MessageKind ReadKind(BsonDocument row) =>
        row["k"].IsInt32 && Enum.IsDefined((MessageKind)row["k"].AsInt32)
            ? (MessageKind)row["k"].AsInt32
            : throw new InvalidDataException("a message is of no known kind");
}
