using Edge.Storage.Hits;
using Edge.Storage.Orders;
using Edge.Storage.Outbox;
using Edge.Storage.Retention;
using LiteDB;

namespace Edge.Storage.Database;

/// <summary>The shape of every row, both ways. Numbers are 64-bit, times Unix milliseconds.</summary>
internal static class StateRows
{
    public const string FormatName = "edge-state/2";
    public const string State = "state";
    public const string Account = "account";

    // As long as what MarkLogged puts in its place: on a full disk the row must not need another page.
    private static readonly byte[] NotLogged = new byte[48];

    /// <summary>The precision that rows keep.</summary>
    public static DateTimeOffset ToMilliseconds(DateTimeOffset time) =>
        DateTimeOffset.FromUnixTimeMilliseconds(time.ToUnixTimeMilliseconds());

    public static BsonDocument OfState(long lastSequence) =>
        new() { ["_id"] = State, ["format"] = FormatName, ["last"] = lastSequence };

    public static BsonDocument OfAccount(HubAccount account) =>
        new() { ["_id"] = Account, ["t"] = account.Told.ToUnixTimeMilliseconds(), ["f"] = account.From, ["n"] = account.Through };

    public static HubAccount ReadAccount(BsonDocument row) => row["f"] is { IsInt64: true, AsInt64: > 0 } from && row["n"].IsInt64
        ? new HubAccount(ReadTime(row, "t"), from.AsInt64, row["n"].AsInt64) : throw new InvalidDataException("the hub's account lacks a field");

    // Of one length whichever key seals it: on a full disk a hit can be sealed again in its place.
    public static BsonDocument OfHit(HitRow hit, byte[] sealedRecord)
    {
        var row = HitFields(hit, sealedRecord);
        if (hit.Origin is { } origin) row["i"] = origin;
        return row;
    }

    private static BsonDocument HitFields(HitRow hit, byte[] sealedRecord) => new()
    {
        ["_id"] = hit.Sequence,
        ["f"] = hit.Found.ToUnixTimeMilliseconds(),
        ["x"] = hit.Expires.ToUnixTimeMilliseconds(),
        ["s"] = hit.SealedUntil.ToUnixTimeMilliseconds(),
        ["h"] = hit.SealedFor,
        ["c"] = hit.CasePseudonym,
        ["r"] = sealedRecord,
    };

    public static BsonDocument OfHold(Hold hold, byte[] sealedProof) => new()
    {
        ["_id"] = hold.Number,
        ["x"] = hold.Until.ToUnixTimeMilliseconds(),
        ["m"] = (long)hold.Longest.TotalMilliseconds,
        ["c"] = hold.CasePseudonym,
        ["r"] = sealedProof,
    };

    // Numbered like its answer: as a key the id itself would be compared without its letters' case.
    public static BsonDocument OfOrder(UsedOrder order) => new()
    {
        ["_id"] = order.Answer,
        ["x"] = order.Until.ToUnixTimeMilliseconds(),
        ["o"] = order.Id,
    };

    public static BsonDocument OfMessage(OutboxRow row, byte[] sealedPayload, byte[]? sealedLeaf) => new()
    {
        ["_id"] = row.Sequence,
        ["x"] = row.Expires.ToUnixTimeMilliseconds(),
        ["k"] = (int)row.Kind,
        ["p"] = sealedPayload,
        ["l"] = sealedLeaf ?? NotLogged,
        ["s"] = row.Sent, // always there: on a full disk the row must not grow when it is sent
        ["e"] = row.Shared,
    };

    // In the place of its message, and smaller: a full disk can still be swept.
    public static BsonDocument OfDropped(DroppedMessage dropped) =>
        new() { ["_id"] = dropped.Sequence, ["d"] = true, ["b"] = dropped.NamedBy };

    public static long ReadLastSequence(BsonDocument row) =>
        row["format"] == FormatName && row["last"] is { IsInt64: true, AsInt64: >= 0 } last
            ? last.AsInt64
            : throw new InvalidDataException("not a state row of this version");

    public static HitRow ReadHit(BsonDocument row)
    {
        var (sequence, expires) = ReadPlace(row);
        if (!row["c"].IsString || !row["r"].IsBinary || row["h"] is not { IsInt64: true, AsInt64: >= 0 } hold)
            throw new InvalidDataException("a hit lacks a field");
        return new HitRow(sequence, row["c"].AsString, ReadTime(row, "f"), expires, ReadTime(row, "s"), hold.AsInt64)
        {
            Origin = row["i"] is { IsString: true } origin ? origin.AsString : null, // rows of before have none
        };
    }

    public static Hold ReadHold(BsonDocument row)
    {
        var (number, until) = ReadPlace(row);
        if (!row["c"].IsString || !row["r"].IsBinary || row["m"] is not { IsInt64: true, AsInt64: > 0 } longest)
            throw new InvalidDataException("a hold lacks a field");
        return new Hold(number, row["c"].AsString, until, TimeSpan.FromMilliseconds(longest.AsInt64));
    }

    public static UsedOrder ReadOrder(BsonDocument row)
    {
        var (answer, until) = ReadPlace(row);
        return row["o"].IsString ? new UsedOrder(row["o"].AsString, until, answer)
            : throw new InvalidDataException("a used order lacks its id");
    }

    public static bool IsDropped(BsonDocument outboxRow) => outboxRow.ContainsKey("d");

    public static OutboxRow ReadMessage(BsonDocument row)
    {
        var (sequence, expires) = ReadPlace(row);
        if (!row["p"].IsBinary || !row["l"].IsBinary) throw new InvalidDataException("a message lacks a field");
        return new OutboxRow(sequence, ReadKind(row), expires,
            Logged: !row["l"].AsBinary.AsSpan().SequenceEqual(NotLogged), row["p"].AsBinary.Length,
            Sent: row["s"] is { IsBoolean: true, AsBoolean: true })
        {
            Shared = row["e"] is { IsBoolean: true, AsBoolean: true },
        };
    }

    public static DroppedMessage ReadDropped(BsonDocument row) => row["_id"] is { IsInt64: true, AsInt64: > 0 } id
        ? new DroppedMessage(id.AsInt64, row["b"] is { IsInt64: true } by ? by.AsInt64 : 0) // rows of before name nobody
        : throw new InvalidDataException("a dropped message lacks its number");

    private static (long Sequence, DateTimeOffset Expires) ReadPlace(BsonDocument row) =>
        row["_id"] is { IsInt64: true, AsInt64: > 0 } id ? (id.AsInt64, ReadTime(row, "x"))
            : throw new InvalidDataException("a row lacks its number");

    private static DateTimeOffset ReadTime(BsonDocument row, string field) => row[field].IsInt64
        ? DateTimeOffset.FromUnixTimeMilliseconds(row[field].AsInt64) : throw new InvalidDataException("a row lacks a time");

    private static MessageKind ReadKind(BsonDocument row) =>
        row["k"].IsInt32 && Enum.IsDefined((MessageKind)row["k"].AsInt32)
            ? (MessageKind)row["k"].AsInt32
            : throw new InvalidDataException("a message is of no known kind");
}
