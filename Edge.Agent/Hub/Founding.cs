using System.Text.Json.Nodes;
using Edge.Agent.Governance;
using Edge.Agent.Matching;
using Edge.Storage.Files;
using Edge.Storage.Json;
using Edge.Storage.Keys;
using Edge.Storage.Trust;

namespace Edge.Agent.Hub;

/// <summary>Makes a new agency: keys, CA, first trust files.</summary>
internal static class Founding
{
    /// <inheritdoc cref="Agency.Create"/>
    public static Agency? Make(string path, AgencyPlan plan, DateTimeOffset now, IProgress<int>? progress,
        out IReadOnlyList<RefusedEntry> refused)
    {
        if (plan.Keepers.Count > 0 && (plan.KeeperThreshold < 1 || plan.KeeperThreshold > plan.Keepers.Count))
            throw new AgencyException($"{plan.Keepers.Count} keepers cannot give {plan.KeeperThreshold} signatures: lower the threshold");
        if (!PartyName.IsValid(plan.Agency)) throw new AgencyException($"the agency's name {PartyName.Rule}");
        path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (File.Exists(path) || (Directory.Exists(path) && Directory.EnumerateFileSystemEntries(path).Any()))
            throw new AgencyException($"{path} is not empty, and an agency is never overwritten: name another folder");
        var policy = plan.Policy ?? AgencyPlan.ExamplePolicy(plan.Agency);
        if (!HotlistBlinding.TryBlind(plan.Wanted, policy, 1, plan.Cost, now, now + HotlistBook.Life, progress, out var hotlist, out refused))
            return null;

        var making = new AgencyFolder($"{path}.making");
        if (Directory.Exists(making.Path)) Directory.Delete(making.Path, recursive: true); // left by an attempt that was cut off
        making.Make();
        Fill(making, plan, policy, hotlist, now);
        if (Directory.Exists(path)) Directory.Delete(path);
        Directory.Move(making.Path, path);
        DurableFile.SyncFolder(Path.GetDirectoryName(path)!);
        return Agency.Open(path);
    }

    private static void Fill(AgencyFolder folder, AgencyPlan plan, Policy policy, Hotlist hotlist, DateTimeOffset now)
    {
        using var trustKey = SigningKey.Create();
        KeysAtHand.Save(folder.TrustKey, trustKey);
        using var hotlistKey = SigningKey.Create();
        KeysAtHand.Save(folder.HotlistKey, hotlistKey);
        using var ownKey = SigningKey.Create();
        var keepers = new SigningRole([ownKey], 1);
        if (plan.Keepers.Count == 0) KeysAtHand.Save(folder.KeeperKey, ownKey);
        else
        {
            keepers = new SigningRole([.. plan.Keepers.Select(keeper => keeper.Key)], plan.KeeperThreshold);
            Directory.CreateDirectory(folder.ToKeepers, AgencyFolder.OwnerOnly);
            foreach (var keeper in plan.Keepers) DurableFile.Write(Path.Combine(folder.ToKeepers, $"{keeper.Name}.key"), keeper.File.Write());
            var names = KeeperNames.Open(folder.KeeperNames);
            foreach (var keeper in plan.Keepers) names.Add(keeper.Key.Public, keeper.Name);
        }
        var epochs = new EpochKeys(folder);
        epochs.Begin(policy);
        var recipients = new Recipients(plan.Agency, 1, epochs.Make(now - Agency.ClockLag, EpochKeys.DefaultCount, EpochKeys.DefaultDays));
        using (var authority = CertificateAuthority.Create(folder.Tls, plan.Agency, now))
        {
            authority.CreateServer(folder.Tls, "broker", plan.Agency, plan.Broker.Host, now);
            authority.CreateClient(folder.Tls, "hub", plan.Agency, "hub", now);
            authority.CreateClient(folder.Tls, "desk", plan.Agency, "desk", now);
        }
        var operators = new Operators(plan.Agency, 1, []);
        var writer = new TrustRepositoryWriter(folder.Trust, plan.Agency, new TrustSigners(keepers, new SigningRole([trustKey], 1),
            new SigningRole([trustKey], 1), keepers, new SigningRole([hotlistKey], 1)));
        writer.WriteFirstRoot(now);
        writer.Publish(new TargetFiles(policy.Write(), operators.Write(), recipients.Write(), hotlist.Write()), now);
        // Last: a folder with this file is complete.
        DurableFile.Write(folder.Description, CanonicalJson.Write(new JsonObject
        {
            ["agency"] = plan.Agency, ["broker"] = plan.Broker.ToString(),
        }));
    }
}
