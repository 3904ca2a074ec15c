using System.Text.Json.Nodes;
using Edge.Storage.Json;

namespace Edge.Storage.Trust;

/// <summary>Timestamp metadata (TUF 1.0 §4.6): the newest snapshot, signed often and expiring soon.</summary>
public sealed record TimestampMetadata(int Version, DateTimeOffset Expires, FileClaim Snapshot) : ITrustMetadata
{
    internal JsonObject Write()
    {
        var json = SignedFile.Header("timestamp", this);
        json["meta"] = new JsonObject { [TrustPath.Snapshot] = Snapshot.Write() };
        return json;
    }

    internal static TimestampMetadata Read(JsonFields signed)
    {
        var (version, expires) = SignedFile.ReadHeader(signed, "timestamp");
        var snapshot = signed.Child("meta", meta => meta.Child(TrustPath.Snapshot,
            file => FileClaim.Read(TrustPath.Snapshot, file)));
        return new TimestampMetadata(version, expires, snapshot);
    }
}
