using System.Text.Json.Nodes;
using Edge.Storage.Audit;
using Edge.Storage.Json;

namespace Edge.Agent.Governance;

/// <summary>Who cosigns the audit logs of an agency's boxes, as its policy names them.</summary>
/// <param name="Keys">The witnesses' public keys, at most <see cref="Most"/>, no two of one key or one key id.</param>
/// <param name="Needed">How many of them must have cosigned a log lately: 0 to as many as there are. With 0 nothing is missed.</param>
public sealed record Witnesses(IReadOnlyList<NoteKey> Keys, int Needed)
{
    /// <summary>Most witnesses that a policy may name.</summary>
    public const int Most = 8;

    /// <summary>If fewer than needed have cosigned for so long, it is an incident.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromHours(24);

    /// <summary>Nobody.</summary>
    public static Witnesses None { get; } = new([], 0);

    internal JsonObject Write() => new()
    {
        ["keys"] = new JsonArray([.. Keys.Select(key => (JsonNode)key.ToString())]), ["needed"] = Needed,
    };

    internal static Witnesses Read(JsonFields fields)
    {
        var keys = new List<NoteKey>();
        foreach (var text in fields.Texts("keys", 0, Most, IsWitness,
            "must be a witness's vkey as hub witness key prints it: name+8 hex digits+base64, of type cosignature/v1"))
            if (NoteKey.TryParse(text, out var key)) keys.Add(key!);
        var needed = fields.Whole("needed", 0, Most, 0);
        if (needed > keys.Count) fields.Fail("needed", $"must be at most the number of keys, which is {keys.Count}");
        if (keys.DistinctBy(key => key.Id).Count() < keys.Count) fields.Fail("keys", "names two witnesses of one key id: one of them takes another key");
        // A key id is of name and key: under two names one witness would be two.
        if (keys.DistinctBy(key => key.Key).Count() < keys.Count) fields.Fail("keys", "names one key twice under two names: whoever has it is one witness");
        return new Witnesses(keys, needed);
    }

    private static bool IsWitness(string text) => text.Length <= 400 && NoteKey.TryParse(text, out var key) && key!.Type == NoteKeyType.Cosignature;
}
