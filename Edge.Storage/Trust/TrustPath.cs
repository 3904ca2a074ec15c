using System.Text.RegularExpressions;
using Edge.Storage.Audit;

namespace Edge.Storage.Trust;

/// <summary>Names in the trust repository, and the most bytes each file may have. Sizes are checked before anything is
/// parsed.</summary>
public static partial class TrustPath
{
    public const string Root = "root.json";
    public const string Timestamp = "timestamp.json";
    public const string Snapshot = "snapshot.json";
    public const string Targets = "targets.json";
    public const string Policy = "policy.json";
    public const string Operators = "operators.json";
    public const string Recipients = "recipients.json";

    /// <summary>Which other agencies may have entries of theirs looked for. May be absent: an agency that never granted
    /// anything has none.</summary>
    public const string Grants = "grants.json";

    /// <summary>Who may use the boxes' consoles. May be absent: an agency that never let anybody in has none.</summary>
    public const string Console = "console.json";

    /// <summary>The target files that a repository may lack.</summary>
    internal static IReadOnlyList<string> OptionalTargets { get; } = [Grants, Console];

    /// <summary>Most hotlists of other agencies that a box takes beside its own: each costs every read a derivation or two.</summary>
    public const int MostOtherHotlists = 8;

    /// <summary>Largest hotlist of another agency, in bytes, about 1,000 entries: a grant is for named cases, and eight of them
    /// beside the largest list of one's own must still fit into a small box.</summary>
    public const int MaxOtherHotlist = 512 * 1024;

    private const string ProofEnding = ".tlog-proof";

    /// <summary>Root metadata of one version, for example <c>3.root.json</c>.</summary>
    public static string NumberedRoot(int version) => $"{version}.root.json";

    /// <summary>The delegated role that signs an agency's hotlist.</summary>
    public static string HotlistRole(string agency) => $"hotlists-{agency}";

    /// <summary>That role's metadata file.</summary>
    public static string HotlistMetadata(string agency) => $"hotlists-{agency}.json";

    /// <summary>The hotlist itself.</summary>
    public static string Hotlist(string agency) => $"hotlists/{agency}.json";

    /// <summary>A C2SP tlog-proof that the hotlist was published in a log. No metadata names it: it may come later than the list, and holds by
    /// the signatures in it.</summary>
    public static string Proof(string agency) => $"hotlists/{agency}{ProofEnding}";

    /// <summary>True for a file that <see cref="Proof"/> names.</summary>
    public static bool IsProof(string path) => path.EndsWith(ProofEnding, StringComparison.Ordinal);

    /// <summary>The agency whose hotlist a role signs.</summary>
    public static string AgencyOf(string hotlistRole) => hotlistRole["hotlists-".Length..];

    /// <summary>True for <c>hotlists-{agency}</c> with a well-formed agency name.</summary>
    public static bool IsHotlistRole(string role) =>
        role.StartsWith("hotlists-", StringComparison.Ordinal) && PartyName.IsValid(role["hotlists-".Length..]);

    /// <summary>True for a file that a trust repository may have.</summary>
    public static bool IsFile(string path) => File().IsMatch(path);

    [GeneratedRegex(@"\A(?:(?:[1-9][0-9]{0,8}\.root|timestamp|snapshot|targets|policy|operators|recipients|grants|console)\.json|hotlists[-/][a-z0-9-]{1,40}\.json|hotlists/[a-z0-9-]{1,40}\.tlog-proof)\z", RegexOptions.CultureInvariant)]
    private static partial Regex File();

    /// <summary>Largest size of a file, in bytes.</summary>
    public static int MaxBytes(string path) => path switch
    {
        Timestamp => 16 * 1024,
        Policy or Operators or Recipients or Grants => 256 * 1024,
        Console => 2 * 1024 * 1024, // a secret of 300 bytes for each box of each person
        _ when IsProof(path) => TlogProof.MaxBytes,
        _ when path.StartsWith("hotlists/", StringComparison.Ordinal) => 24 * 1024 * 1024, // 50,000 entries of 500 bytes
        _ => 64 * 1024,
    };
}
