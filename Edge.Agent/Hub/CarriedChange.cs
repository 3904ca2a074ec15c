using System.Text.Json.Nodes;
using Edge.Storage.Files;
using Edge.Storage.Json;
using Edge.Storage.Keys;
using Edge.Storage.Trust;

namespace Edge.Agent.Hub;

/// <summary>A copy of a change, carried to a keeper's own machine to be signed there: <c>change.json</c>, which names the agency, the
/// change in <c>pending</c>, and in <c>trust</c> what is published today, beside what the agency calls its keepers. Nothing in it is secret, and nothing can be
/// published from it.</summary>
public sealed class CarriedChange
{
    private const string NamesFile = "keepers.json";
    private readonly string _folder;

    private CarriedChange(string folder, string agency) => (_folder, Agency) = (folder, agency);

    /// <summary>Whose change it says it is.</summary>
    public string Agency { get; }

    /// <summary>The change.</summary>
    public TrustProposal Proposal => new(Pending, Trust, Agency);

    /// <summary>What is published today, as the agency says.</summary>
    public string Trust => Path.Combine(_folder, "trust");

    internal string Pending => Path.Combine(_folder, "pending");

    /// <summary>True if <paramref name="folder"/> holds one.</summary>
    public static bool IsAt(string folder) => File.Exists(Description(folder));

    /// <exception cref="AgencyException">There is none, or it is damaged.</exception>
    public static CarriedChange Open(string folder)
    {
        if (TrustSource.Folder(folder)(Path.GetFileName(Description(folder)), 1024) is not { } bytes)
            throw new AgencyException($"{folder} holds no change (no change.json): hub export makes one");
        return StrictJson.TryRead(bytes, 1024, fields => fields.Text("agency", PartyName.IsValid, PartyName.Rule), out var agency, out var problems)
            ? new CarriedChange(folder, agency) : throw new AgencyException($"{Description(folder)}: {problems[0]}");
    }

    /// <summary>Adds a keeper's signature.</summary>
    /// <exception cref="AgencyException">The key is not one that this change needs.</exception>
    /// <exception cref="TrustException">A file is not the one that the change names.</exception>
    public void Sign(SigningKey key)
    {
        Proposal.RequireFilesThatWereSigned();
        if (!Proposal.Sign(key)) throw new AgencyException($"the key {RoleKeys.KeyIdOf(key.Public)} is not one that this change needs");
    }

    /// <summary>What the agency calls its keepers.</summary>
    public KeeperNames KeeperNames => KeeperNames.Open(Path.Combine(_folder, NamesFile));

    internal static void Write(string folder, string agency, TrustProposal proposal, string names)
    {
        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
            throw new AgencyException($"{folder} is not empty: name another folder");
        Directory.CreateDirectory(folder);
        proposal.CopyTo(folder);
        if (File.Exists(names)) DurableFile.Write(Path.Combine(folder, NamesFile), File.ReadAllBytes(names));
        DurableFile.Write(Description(folder), CanonicalJson.Write(new JsonObject { ["agency"] = agency })); // last: with it the copy is complete
    }

    private static string Description(string folder) => Path.Combine(folder, "change.json");
}
