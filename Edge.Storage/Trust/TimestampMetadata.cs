using System.Text.Json.Nodes;
using Edge.Storage.Json;

namespace Edge.Storage.Trust;

/// <summary>Timestamp metadata (TUF 1.0 §4.6): the newest snapshot, signed often and expiring soon.</summary>
public sealed record TimestampMetadata(int Version, DateTimeOffset Expires, FileClaim Snapshot) : ITrustMetadata
{
    /// <summary>How long it lives from the moment it is signed. Part of the format: boxes learn the time from it.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromDays(7);

    /// <summary>When it was signed, to the second.</summary>
    public DateTimeOffset Signed => Expires - Life;

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
