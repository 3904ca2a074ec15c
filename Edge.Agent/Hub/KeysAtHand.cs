using System.Security.Cryptography;
using Edge.Storage.Files;
using Edge.Storage.Keys;
using Edge.Storage.Trust;

namespace Edge.Agent.Hub;

/// <summary>The private keys in an agency's folder that sign for its trust repository: those of the hub itself, the next ones of a
/// rotation, and the only keeper's in an agency that has no others.</summary>
internal sealed class KeysAtHand : IDisposable
{
    private readonly AgencyFolder _folder;
    private readonly string _agency;
    private readonly List<SigningKey> _keys;

    /// <exception cref="AgencyException">A key's file is damaged.</exception>
    public KeysAtHand(AgencyFolder folder, string agency)
    {
        (_folder, _agency) = (folder, agency);
        _keys = [.. LoadAll(folder)];
    }

    public IReadOnlyList<SigningKey> All => _keys;

    /// <summary>These keys by the roles that the published root and targets give them.</summary>
    public TrustSigners Signers => TrustSigners.Of(_folder.Trust, _agency, _keys);

    /// <summary>Signs with the online key, the one of the timestamp role in the published root. A rotation that another process has finished meanwhile is
    /// followed: the keys are loaded anew when none of them is the root's.</summary>
    /// <exception cref="AgencyException">The key is not here.</exception>
    public byte[] SignOnline(Func<SigningKey, byte[]> sign)
    {
        lock (_keys)
        {
            if (Signers.Timestamp.Keys is not [_, ..]) LoadAgain();
            return Signers.Timestamp.Keys is [var key, ..] ? sign(key)
                : throw new AgencyException($"{_folder.TrustKey} is not the key that {TrustPath.Root} names, and no other key in {_folder.Keys} is: " +
                    "restore the one that is in force");
        }
    }

    private void LoadAgain()
    {
        List<SigningKey> keys;
        try
        {
            keys = [.. LoadAll(_folder)];
        }
        catch (IOException moved)
        {
            throw new AgencyException($"the keys in {_folder.Keys} cannot be read: {moved.Message}", moved); // perhaps they are being replaced at this moment
        }
        foreach (var old in _keys) old.Dispose();
        _keys.Clear();
        _keys.AddRange(keys);
    }

    /// <summary>Makes the next online keys beside those in use: for timestamp and snapshot, and for the hotlist.</summary>
    public (SigningKey Trust, SigningKey Hotlists) MakeNext()
    {
        var (trust, hotlists) = (SigningKey.Create(), SigningKey.Create());
        _keys.AddRange([trust, hotlists]);
        Save(AgencyFolder.Next(_folder.TrustKey), trust);
        Save(AgencyFolder.Next(_folder.HotlistKey), hotlists);
        return (trust, hotlists);
    }

    /// <summary>While no change waits: a next key that root and targets name takes the place of the one before it, which is destroyed;
    /// one that they do not name goes itself.</summary>
    public void Settle()
    {
        var roles = Signers;
        foreach (var (file, role) in new[] { (_folder.TrustKey, roles.Timestamp), (_folder.HotlistKey, roles.Hotlists) })
        {
            var next = AgencyFolder.Next(file);
            if (!File.Exists(next)) continue;
            using var key = Load(next);
            if (!role.Keys.Any(one => one.Public.Equals(key.Public)))
            {
                DurableFile.Destroy(next);
                continue;
            }
            DurableFile.Destroy(file);
            File.Move(next, file);
            DurableFile.SyncFolder(_folder.Keys);
        }
    }

    /// <summary>Writes a key that was made.</summary>
    public static void Save(string file, SigningKey key)
    {
        var seed = key.ExportSeed();
        DurableFile.Write(file, seed);
        CryptographicOperations.ZeroMemory(seed);
    }

    public void Dispose()
    {
        foreach (var key in _keys) key.Dispose();
    }

    private static IEnumerable<SigningKey> LoadAll(AgencyFolder folder) =>
        new[] { folder.TrustKey, folder.HotlistKey, folder.KeeperKey, AgencyFolder.Next(folder.TrustKey), AgencyFolder.Next(folder.HotlistKey) }
            .Where(File.Exists).Select(Load);

    private static SigningKey Load(string file)
    {
        var seed = File.ReadAllBytes(file);
        try
        {
            return SigningKey.FromSeed(seed);
        }
        catch (FormatException damaged)
        {
            throw new AgencyException($"{file} is damaged: restore it", damaged);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(seed);
        }
    }
}
