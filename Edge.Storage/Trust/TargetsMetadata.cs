using System.Text.Json.Nodes;
using Edge.Storage.Json;

namespace Edge.Storage.Trust;

/// <summary>One target file as its metadata describes it, and whom it is for.</summary>
/// <param name="Agency">The agency whose boxes it is for.</param>
/// <param name="Boxes">The boxes it is for; empty means all of the agency's.</param>
public sealed record TargetClaim(int Length, string Sha256, string Agency, IReadOnlyList<string> Boxes)
{
    internal JsonObject Write()
    {
        var custom = new JsonObject { ["agency"] = Agency };
        if (Boxes.Count > 0) custom["boxes"] = new JsonArray([.. Boxes.Select(box => (JsonNode)box)]);
        return new JsonObject
        {
            ["length"] = Length, ["hashes"] = new JsonObject { ["sha256"] = Sha256 }, ["custom"] = custom,
        };
    }

    internal static TargetClaim Read(string path, JsonFields target)
    {
        var length = FileClaim.ReadLength(path, target);
        var hash = FileClaim.ReadHash(target);
        return target.Child("custom", custom => new TargetClaim(length, hash,
            custom.Text("agency", PartyName.IsValid, PartyName.Rule),
            custom.Texts("boxes", 0, 4096, PartyName.IsValid, PartyName.Rule)));
    }
}

/// <summary>Targets metadata (TUF 1.0 §4.5), of the role <c>targets</c> or of a delegated <c>hotlists-{agency}</c>.</summary>
/// <param name="Targets">By path. Paths this version does not know are allowed, and neither fetched nor used.</param>
/// <param name="Delegations">By role name, <c>hotlists-{agency}</c>; null in a delegated role, which cannot delegate.</param>
public sealed record TargetsMetadata(int Version, DateTimeOffset Expires, IReadOnlyDictionary<string, TargetClaim> Targets,
    IReadOnlyDictionary<string, RoleKeys>? Delegations) : ITrustMetadata
{
    internal JsonObject Write()
    {
        var json = SignedFile.Header("targets", this);
        json["targets"] = new JsonObject(Targets.Select(file => KeyValuePair.Create(file.Key, (JsonNode?)file.Value.Write())));
        if (Delegations is not null)
            json["delegations"] = new JsonObject
            {
                ["keys"] = RoleKeys.WriteKeys(Delegations.Values),
                ["roles"] = new JsonArray([.. Delegations.Select(role => WriteDelegation(role.Key, role.Value))]),
            };
        return json;
    }

    internal static TargetsMetadata ReadTopLevel(JsonFields signed)
    {
        var metadata = Read(signed) with { Delegations = signed.Child("delegations", ReadDelegations) };
        // TUF 1.0 §5.6.7 searches in pre-order, so another client would take this one and never ask the delegated role.
        foreach (var path in metadata.Targets.Keys.Where(path => path.StartsWith("hotlists/", StringComparison.Ordinal)))
            signed.Fail("targets", $"{path} is for its delegated role to name");
        return metadata;
    }

    internal static TargetsMetadata ReadDelegated(JsonFields signed) => Read(signed);

    private static TargetsMetadata Read(JsonFields signed)
    {
        var (version, expires) = SignedFile.ReadHeader(signed, "targets");
        return new TargetsMetadata(version, expires, signed.Map("targets", 0, 64, TargetClaim.Read), null);
    }

    private static Dictionary<string, RoleKeys> ReadDelegations(JsonFields delegations)
    {
        var keys = RoleKeys.ReadKeys(delegations);
        var roles = new Dictionary<string, RoleKeys>(StringComparer.Ordinal);
        foreach (var (name, role) in delegations.Objects("roles", 1, 16, role => ReadDelegation(role, keys)))
            if (!roles.TryAdd(name, role)) delegations.Fail("roles", "name one role twice");
        return roles;
    }

    private static (string Name, RoleKeys Role) ReadDelegation(JsonFields role,
        IReadOnlyDictionary<string, Keys.VerifyingKey?> keys)
    {
        var name = role.Text("name", TrustPath.IsHotlistRole, "must be hotlists-{agency}");
        role.Flag("terminating");
        // The role signs one file and cannot sign another's: exactly this path, no pattern.
        role.Texts("paths", 1, 1, path => path == PathOf(name), "must be the one path hotlists/{agency}.json");
        return (name, RoleKeys.ReadRole(role, keys));
    }

    private static JsonObject WriteDelegation(string name, RoleKeys keys)
    {
        var json = keys.WriteRole();
        json["name"] = name;
        json["paths"] = new JsonArray(PathOf(name));
        json["terminating"] = true;
        return json;
    }

    private static string PathOf(string role) => role.Length > 9 ? TrustPath.Hotlist(role["hotlists-".Length..]) : "";
}
