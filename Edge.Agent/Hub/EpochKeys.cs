using System.Security.Cryptography;
using Edge.Agent.Governance;
using Edge.Storage.Files;
using Edge.Storage.Sealing;
using Edge.Storage.Trust;

namespace Edge.Agent.Hub;

/// <summary>The keys that open hits, where a hub looks for them when one arrives.</summary>
public interface IEpochKeys
{
    /// <summary>The key, or null if it is not here; the caller disposes it.</summary>
    RecipientKey? Load(string keyId);

    /// <summary>True as long as the key is here.</summary>
    bool IsHeld(string keyId);

    /// <summary>When the epoch of a key ended that was here and has been destroyed; null for a stranger's key.</summary>
    DateTimeOffset? EndOfDestroyed(string keyId);
}

/// <summary>An agency's epoch keys, a file each in <c>keys</c>, and the ledger beside them. No key is remembered between two calls, and the ledger is read
/// again when it has changed, so that a hub in service knows a new epoch at once and can open nothing more of one whose key has been destroyed.
/// Thread-safe.</summary>
public sealed class EpochKeys : IEpochKeys
{
    /// <summary>How long an epoch lasts unless told otherwise.</summary>
    public const int DefaultDays = 7;

    /// <summary>How many are made in advance unless told otherwise: a quarter, from one meeting of the keepers to the next.</summary>
    public const int DefaultCount = 14;

    /// <summary>How long an epoch goes on beside the next one. Boxes take the newer; no instant is without a key.</summary>
    public static readonly TimeSpan Overlap = TimeSpan.FromHours(1);

    private readonly AgencyFolder _folder;
    private Read? _read;

    internal EpochKeys(AgencyFolder folder) => _folder = folder;

    /// <summary>What was made and what policies allowed.</summary>
    /// <exception cref="AgencyException">The file is damaged.</exception>
    public EpochLedger Ledger
    {
        get
        {
            var file = new FileInfo(_folder.Epochs);
            // An agency of before there were epochs: its one key is in the published list, what its policies allowed is unknown.
            if (!file.Exists) return new EpochLedger([.. Published(_folder).Keys.Select(EpochOf)], []);
            if (Volatile.Read(ref _read) is { } read && read.Written == file.LastWriteTimeUtc && read.Length == file.Length) return read.Ledger;
            if (!EpochLedger.TryParse(File.ReadAllBytes(file.FullName), out var ledger, out var problems))
                throw new AgencyException($"{_folder.Epochs}: {problems[0]}; restore it");
            Volatile.Write(ref _read, new Read(file.LastWriteTimeUtc, file.Length, ledger));
            return ledger;
        }
    }

    /// <summary>The epochs whose keys are here, in the order of their start.</summary>
    public IReadOnlyList<Epoch> Held => [.. Ledger.Epochs.Where(epoch => IsHeld(epoch.KeyId)).OrderBy(epoch => epoch.NotBefore)];

    /// <summary>All keys that are here now, in the order of their epochs; the caller disposes them.</summary>
    public IReadOnlyList<RecipientKey> LoadHeld() => [.. Held.Select(epoch => Load(epoch.KeyId)).OfType<RecipientKey>()];

    public RecipientKey? Load(string keyId)
    {
        if (Ledger.WithKey(keyId) is null || !IsHeld(keyId)) return null; // a key id is a claim: it does not choose a path
        var path = _folder.RecipientKey(keyId);
        byte[] raw = [];
        try
        {
            raw = File.ReadAllBytes(path);
            return RecipientKey.FromRaw(raw);
        }
        catch (FileNotFoundException)
        {
            return null; // destroyed since
        }
        catch (FormatException damaged)
        {
            throw new AgencyException($"{path} is damaged: restore it", damaged);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(raw);
        }
    }

    public DateTimeOffset? EndOfDestroyed(string keyId) => Ledger.WithKey(keyId) is { } epoch && !IsHeld(keyId) ? epoch.Expires : null;

    public bool IsHeld(string keyId) => File.Exists(_folder.RecipientKey(keyId));

    /// <summary>Makes the keys of epochs that follow each other.</summary>
    /// <returns>Their public halves, for <c>recipients.json</c>.</returns>
    internal IReadOnlyList<Recipient> Make(DateTimeOffset start, int count, int days)
    {
        var keys = Enumerable.Range(0, count).Select(_ => RecipientKey.Create()).ToList();
        try
        {
            var length = TimeSpan.FromDays(days);
            var made = keys.Select((key, i) => new Recipient(key.Public, start + i * length, start + (i + 1) * length + Overlap)).ToList();
            // First: a key that no ledger knows would never be destroyed.
            Save(Ledger with { Epochs = [.. Ledger.Epochs, .. made.Select(EpochOf)] });
            foreach (var key in keys)
            {
                var raw = key.Export();
                DurableFile.Write(_folder.RecipientKey(key.Public.KeyId), raw);
                CryptographicOperations.ZeroMemory(raw);
            }
            return made;
        }
        finally
        {
            foreach (var key in keys) key.Dispose();
        }
    }

    /// <summary>Notes what the policy that is about to be published allows.</summary>
    internal void Note(Policy policy, DateTimeOffset now)
    {
        var ledger = Ledger;
        if (ledger.After(policy, now) is var next && !ReferenceEquals(next, ledger)) Save(next);
    }

    /// <summary>Starts the ledger of a new agency: before its first policy nothing was allowed.</summary>
    internal void Begin(Policy policy) => Save(new EpochLedger([], [RetentionTerm.Of(policy, DateTimeOffset.UnixEpoch)]));

    /// <summary>Destroys the keys whose time has come.</summary>
    /// <returns>Their epochs.</returns>
    internal IReadOnlyList<Epoch> DestroyEnded(DateTimeOffset now) => Destroy(epoch => Ledger.LastNeeded(epoch) <= now);

    /// <summary>Destroys keys that were never published: nothing was ever sealed to them.</summary>
    internal void DestroyUnused(IReadOnlySet<string> keyIds) => Destroy(epoch => keyIds.Contains(epoch.KeyId));

    private List<Epoch> Destroy(Func<Epoch, bool> isDue)
    {
        var due = Held.Where(isDue).ToList();
        if (due.Count > 0 && !File.Exists(_folder.Epochs)) Save(Ledger); // or it would be forgotten that they were ours
        foreach (var epoch in due) DurableFile.Destroy(_folder.RecipientKey(epoch.KeyId));
        return due;
    }

    internal static Recipients Published(AgencyFolder folder)
    {
        var path = Path.Combine(folder.Trust, TrustPath.Recipients);
        return Recipients.TryParse(File.ReadAllBytes(path), out var recipients, out var problems) ? recipients
            : throw new AgencyException($"{path}: {problems[0]}");
    }

    private void Save(EpochLedger ledger)
    {
        DurableFile.Write(_folder.Epochs, ledger.Write());
        Volatile.Write(ref _read, null); // within one tick of the file system's clock its time says nothing
    }

    private static Epoch EpochOf(Recipient recipient) => new(recipient.Key.KeyId, recipient.NotBefore, recipient.Expires);

    /// <summary>The ledger, as it was in a file of this state.</summary>
    private sealed record Read(DateTime Written, long Length, EpochLedger Ledger);
}
