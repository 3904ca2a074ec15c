using System.Text.Json.Nodes;
using Edge.Storage.Json;

namespace Edge.Storage.Trust;

/// <summary>Root metadata (TUF 1.0 §4.3): which keys may sign for which role.</summary>
public sealed record RootMetadata(int Version, DateTimeOffset Expires, RoleKeys Root, RoleKeys Timestamp,
    RoleKeys Snapshot, RoleKeys Targets) : ITrustMetadata
{
    internal JsonObject Write()
    {
        var json = SignedFile.Header("root", this);
        // Off: the files travel as retained MQTT messages and USB copies under fixed names, and a reader who meets a
        // half-written set refuses it by its hashes and tries again. Numbered names would pile up on every broker.
        json["consistent_snapshot"] = false;
        json["keys"] = RoleKeys.WriteKeys([Root, Timestamp, Snapshot, Targets]);
        json["roles"] = new JsonObject
        {
            ["root"] = Root.WriteRole(),
            ["timestamp"] = Timestamp.WriteRole(),
            ["snapshot"] = Snapshot.WriteRole(),
            ["targets"] = Targets.WriteRole(),
        };
        return json;
    }

    internal static RootMetadata Read(JsonFields signed)
    {
        var (version, expires) = SignedFile.ReadHeader(signed, "root");
        if (signed.Flag("consistent_snapshot")) signed.Fail("consistent_snapshot", "must be false");
        var keys = RoleKeys.ReadKeys(signed);
        return signed.Child("roles", roles =>
        {
            RoleKeys Role(string name) => roles.Child(name, role => RoleKeys.ReadRole(role, keys));
            return new RootMetadata(version, expires, Role("root"), Role("timestamp"), Role("snapshot"), Role("targets"));
        });
    }
}
