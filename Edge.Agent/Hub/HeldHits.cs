using System.Security.Cryptography;
using Edge.Agent.Publishing;
using Edge.Storage.Files;
using Edge.Storage.Keys;
using Edge.Storage.Orders;
using Edge.Storage.Sealing;

namespace Edge.Agent.Hub;

/// <summary>What the agency itself keeps of a held case, in <c>held/{order}/{hour}</c>: each hit sealed again, to a key made for that
/// hold and that hour of its end alone. So the epoch key dies on time, the hold's hits outlive it, and their end destroys them
/// for the agency as well.</summary>
/// <remarks>The road not taken: to keep the epoch key while a hold lasts. It opens every hit of its week, those of all other
/// cases too, so that one hold would lengthen the retention of everybody who drove past. Layout in this folder's README.</remarks>
public sealed class HeldHits
{
    private const string KeyName = "key";

    private readonly string _folder;

    /// <param name="agencyFolder">The agency's folder; <c>held</c> in it is made when it is first needed.</param>
    public HeldHits(string agencyFolder) => _folder = Path.Combine(agencyFolder, "held");

    /// <summary>The orders whose hits are kept.</summary>
    public IReadOnlyList<string> Orders => Directory.Exists(_folder)
        ? [.. Directory.EnumerateDirectories(_folder).Select(folder => Path.GetFileName(folder)).Where(IsOrder).Order(StringComparer.Ordinal)] : [];

    /// <summary>Keeps hits beyond their epoch key: durable when it returns, and only then may that key be destroyed. What is kept
    /// already stays as it is, so an answer may come twice, or in pages, and an attempt that was cut off is repeated.</summary>
    /// <param name="orderId">The hold's order.</param>
    /// <param name="hits">The hits that the box answered with.</param>
    /// <param name="recipients">The epoch keys that still exist.</param>
    /// <returns>The headers of hits that are not kept: they open with none of the keys, or end within the hour.</returns>
    /// <exception cref="ArgumentException">The id cannot be that of an order, or begins with a dot.</exception>
    /// <exception cref="AgencyException">A key in the folder is damaged.</exception>
    /// <exception cref="IOException">The disk refused; what was kept so far is kept.</exception>
    public IReadOnlyList<HitHeader> Keep(string orderId, IEnumerable<HeldHit> hits, IReadOnlyList<RecipientKey> recipients, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(hits);
        ArgumentNullException.ThrowIfNull(recipients);
        var order = OrderFolder(orderId);
        DurableFile.MakeFolder(order);
        using var alone = Alone(order);
        var refused = new List<HitHeader>();
        foreach (var ending in hits.GroupBy(held => KeyHour.OfExpiry(KeyHour.LastWithin(held.Until, TimeSpan.Zero))))
        {
            if (ending.Key.End <= now)
            {
                refused.AddRange(ending.Select(held => held.Hit.Header));
                continue;
            }
            var folder = Path.Combine(order, ending.Key.ToString());
            DurableFile.MakeFolder(folder);
            using var key = LoadOrCreate(Path.Combine(folder, KeyName));
            refused.AddRange(ending.Where(held => !TryKeep(folder, held.Hit, recipients, key.Public)).Select(held => held.Hit.Header));
        }
        return refused;
    }

    /// <summary>The hits of a hold, opened one at a time, those that end first first. What has ended is not opened, swept or not.</summary>
    /// <exception cref="ArgumentException">The id cannot be that of an order.</exception>
    /// <exception cref="AgencyException">A key or a hit in the folder is damaged.</exception>
    public IEnumerable<(HitHeader Header, HitBody Body)> Open(string orderId, DateTimeOffset now)
    {
        foreach (var (hour, folder) in Hours(OrderFolder(orderId)).Where(ending => ending.Hour.End > now))
        {
            var keyFile = Path.Combine(folder, KeyName);
            if (!File.Exists(keyFile)) continue; // an attempt to keep something was cut off before it kept any
            using var key = Load(keyFile);
            foreach (var file in Directory.EnumerateFiles(folder, "*.json").Order(StringComparer.Ordinal)) yield return Open(file, key);
        }
    }

    /// <summary>Destroys what has ended: the keys first, then the hits. Run it at every start and at least every hour.</summary>
    /// <returns>How many hits.</returns>
    /// <exception cref="IOException">The disk refused; the next sweep goes on.</exception>
    public int Sweep(DateTimeOffset now) => Orders.Sum(order => Destroy(OrderFolder(order), hour => hour.End <= now));

    /// <summary>The hold was released: destroys all that is kept for it, at once.</summary>
    /// <returns>How many hits.</returns>
    /// <inheritdoc cref="Sweep" path="/exception"/>
    /// <exception cref="ArgumentException">The id cannot be that of an order.</exception>
    public int End(string orderId) => Destroy(OrderFolder(orderId), _ => true);

    private static bool TryKeep(string folder, SealedHit hit, IReadOnlyList<RecipientKey> recipients, RecipientPublicKey to)
    {
        var file = Path.Combine(folder, $"{hit.Header.Box.Box}-{hit.Header.Sequence}.json");
        if (File.Exists(file) && SealedHit.TryParse(File.ReadAllBytes(file), out var kept, out _) && kept.RecipientKeyId == to.KeyId) return true;
        if (recipients.FirstOrDefault(key => key.Public.KeyId == hit.RecipientKeyId) is not { } from || hit.Reseal(from, to) is not { } again)
            return false;
        DurableFile.Write(file, again.ToJson());
        return true;
    }

    private static (HitHeader Header, HitBody Body) Open(string file, RecipientKey key)
    {
        if (!SealedHit.TryParse(File.ReadAllBytes(file), out var hit, out var reason)) throw new AgencyException($"{file}: {reason}");
        if (!hit.TryOpen(key, out var json)) throw new AgencyException($"{file} does not open: it was changed; ask the box again");
        try
        {
            return HitBody.TryParse(json, out var body, out reason) ? (hit.Header, body) : throw new AgencyException($"{file}: {reason}");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(json);
        }
    }

    // The key first: whatever a crash leaves of the files then opens to nobody.
    private static int Destroy(string order, Func<KeyHour, bool> over)
    {
        if (!Directory.Exists(order)) return 0;
        using var alone = Alone(order);
        var destroyed = 0;
        foreach (var (_, folder) in Hours(order).Where(ending => over(ending.Hour)))
        {
            DurableFile.Destroy(Path.Combine(folder, KeyName));
            destroyed += Directory.EnumerateFiles(folder, "*.json").Count();
            Directory.Delete(folder, recursive: true);
        }
        if (!Directory.EnumerateFileSystemEntries(order).Any()) Directory.Delete(order);
        return destroyed;
    }

    private static List<(KeyHour Hour, string Folder)> Hours(string order)
    {
        var hours = new List<(KeyHour Hour, string Folder)>();
        if (!Directory.Exists(order)) return hours;
        foreach (var folder in Directory.EnumerateDirectories(order).Order(StringComparer.Ordinal))
            if (KeyHour.TryParse(Path.GetFileName(folder.AsSpan()), out var hour)) hours.Add((hour, folder));
        return hours;
    }

    private static RecipientKey LoadOrCreate(string path)
    {
        if (File.Exists(path)) return Load(path);
        var key = RecipientKey.Create();
        var raw = key.Export();
        try
        {
            DurableFile.Write(path, raw);
            return key;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(raw);
        }
    }

    private static RecipientKey Load(string path)
    {
        var raw = File.ReadAllBytes(path);
        try
        {
            return RecipientKey.FromRaw(raw);
        }
        catch (FormatException damaged)
        {
            throw new AgencyException($"{path} is damaged: restore it, or remove its folder and ask the box again", damaged);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(raw);
        }
    }

    // Waited for: another hub with the same answer, or a sweep, is done in a moment.
    private static FolderLock Alone(string order) => FolderLock.Take(order);

    private string OrderFolder(string orderId) => IsOrder(orderId) ? Path.Combine(_folder, orderId)
        : throw new ArgumentException("not the id of an order whose hits can be kept", nameof(orderId));

    // An order's id names a folder, so "." and ".." are none, nor what a listing hides.
    private static bool IsOrder(string? id) => UsedOrders.IsId(id) && id![0] != '.';
}
