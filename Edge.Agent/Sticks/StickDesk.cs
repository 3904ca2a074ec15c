using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Edge.Agent.Governance;
using Edge.Agent.Hits;
using Edge.Agent.Orders;
using Edge.Agent.Publishing;
using Edge.Storage.Audit;
using Edge.Storage.Audit.Bundles;
using Edge.Storage.Json;
using Edge.Storage.Trust;
using Microsoft.Extensions.Logging;

namespace Edge.Agent.Sticks;

/// <summary>Where an auditor's stick is dealt with: its order is judged as any other, by the desk of orders, and only the log leaves on it,
/// without disclosures. It knows no file system and mounts nothing; what is on the stick it is told, and what goes onto it it hands over.
/// Thread-safe.</summary>
internal sealed class StickDesk
{
    /// <summary>How long an order that was carried out, and whose stick was pulled or full, is finished if it is brought again.</summary>
    public static readonly TimeSpan AgainWithin = TimeSpan.FromHours(1);

    /// <summary>A stick that nothing is heard of for so long is given up.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(30);

    /// <summary>The answer about a stick whose order was not carried out.</summary>
    public const string NoSuchStick = "no-such-stick";

    private const int MostSticks = 4;
    private const int MostUndelivered = 16;
    private const int MostRemembered = 64;

    private readonly BoxName _box;
    private readonly string _logFolder;
    private readonly string _exports;
    private readonly Func<ReadOnlyMemory<byte>, OrderAnswer?> _judge;
    private readonly AuditLog _audit;
    private readonly NoteKey _logKey;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Visit> _open = new(StringComparer.Ordinal);
    private readonly Dictionary<Sha256Hash, Visit> _undelivered = [];
    private readonly Dictionary<string, HourlyBudget> _refusals = new(StringComparer.Ordinal);
    private readonly HashSet<string> _refused = new(StringComparer.Ordinal);
    private readonly Queue<AuditEntry> _unlogged = [];

    /// <param name="logFolder">The log, to know how much room its bundle needs.</param>
    /// <param name="exports">Where the desk of orders puts the copy that an export makes, under the order's id.</param>
    /// <param name="judge">The desk of orders, as the door that takes nothing but <c>export</c>.</param>
    /// <param name="logKey">Named in what is written, for comparison.</param>
    public StickDesk(BoxName box, string logFolder, string exports, Func<ReadOnlyMemory<byte>, OrderAnswer?> judge, AuditLog audit, NoteKey logKey,
        TimeProvider time, ILogger log)
    {
        (_box, _logFolder, _exports) = (box, logFolder, exports);
        (_judge, _audit, _logKey, _time, _log) = (judge, audit, logKey, time, log);
    }

    /// <summary>Told what the person at the stick is to see.</summary>
    public Action<StickSign> Show { get; init; } = _ => { };

    /// <summary>Judges what a stick carries.</summary>
    /// <returns>Done: the order was carried out, and <see cref="Begin"/> hands over what it asked for. Else the stick is to be left as it is.</returns>
    public AuditOutcome Offer(StickOffer offer)
    {
        lock (_gate)
        {
            var now = _time.GetUtcNow();
            Abandon(offer.Stick, now);
            if (_refused.Count >= MostRemembered) _refused.Clear();
            _refused.Add(offer.Stick); // until it is not
            if (Fault(offer) is { } fault) return Refuse(fault, now);
            var digest = Sha256Hash.Of(offer.Order.Span);
            if (_undelivered.Remove(digest, out var visit) && now - visit.Since >= AgainWithin)
            {
                Remove(visit.Folder);
                visit = null;
            }
            if (visit is null)
            {
                if (Judge(offer.Order, now, out var order) is { Reason: not null } refused) return refused;
                visit = new Visit(order, Path.Combine(_exports, order), digest, now);
            }
            _open[offer.Stick] = visit with { Touched = now, File = NameOf(now), Written = null };
            _refused.Remove(offer.Stick);
            Show(StickSign.Writing);
            return AuditOutcome.Done;
        }
    }

    /// <summary>What is to be written to a stick whose order was carried out; null if there is no such.</summary>
    public StickExport? Begin(string stick)
    {
        lock (_gate)
        {
            if (!_open.TryGetValue(stick, out var visit) || visit.Written is not null) return null;
            _open[stick] = visit with { Touched = _time.GetUtcNow() };
            return new StickExport(visit.File, to => Write(visit, to));
        }
    }

    /// <summary>The process at the stick says that all of it is there, durably; or it could not, or was cut off.</summary>
    /// <param name="written">What was written; null if it was not.</param>
    /// <param name="reason">One of <see cref="StickOffer.Failures"/>, where it was not.</param>
    public void Wrote(string stick, WrittenBundle? written, string reason = StickOffer.Failing)
    {
        lock (_gate)
        {
            if (!_open.TryGetValue(stick, out var visit)) return;
            if (written is null) GiveUp(stick, reason, _time.GetUtcNow());
            else _open[stick] = visit with { Written = written, Touched = _time.GetUtcNow() };
        }
    }

    /// <summary>The stick is let go of: nothing more is written to it.</summary>
    /// <returns>Done if all was on it before. One that was never offered could not be mounted.</returns>
    public AuditOutcome End(string stick)
    {
        lock (_gate)
        {
            var now = _time.GetUtcNow();
            if (!_open.TryGetValue(stick, out var visit))
                return _refused.Remove(stick) ? AuditOutcome.Refused(NoSuchStick) : Refuse(StickOffer.Unreadable, now);
            if (visit.Written is not { } written)
            {
                var outcome = GiveUp(stick, "not-finished", now);
                _refused.Remove(stick);
                return outcome;
            }
            _open.Remove(stick);
            Log(new AuditEntry { Action = AuditAction.StickExport, Digest = written.Digest, Count = written.Entries });
            Remove(visit.Folder);
            _log.LogInformation("an export of {Entries} entries is on the stick", written.Entries);
            Show(StickSign.Done);
            return AuditOutcome.Done;
        }
    }

    /// <summary>Gives up what nobody finishes, and counts what was refused too often to stand alone. For every turn of the housekeeping.</summary>
    /// <param name="atOnce">The box stops.</param>
    public void Look(bool atOnce = false)
    {
        lock (_gate)
        {
            var now = _time.GetUtcNow();
            foreach (var stick in _open.Where(visit => atOnce || now - visit.Value.Touched >= Patience).Select(visit => visit.Key).ToList())
                GiveUp(stick, "not-finished", now);
            foreach (var visit in _undelivered.Values.Where(visit => atOnce || now - visit.Since >= AgainWithin).ToList())
            {
                _undelivered.Remove(visit.Order);
                Remove(visit.Folder);
            }
            CountFurther(now, atOnce);
            LogWaiting();
        }
    }

    private string? Fault(StickOffer offer) =>
        offer.Problem is { } problem ? StickOffer.Problems.Contains(problem) ? problem : StickOffer.Unreadable
        : offer.Order.Length == 0 ? StickOffer.NoOrder
        : offer.Order.Length > OrderMessage.MaxBytes ? StickOffer.TooLarge
        : _open.Count >= MostSticks || _undelivered.Count >= MostUndelivered ? "too-many-sticks"
        // Before it is judged: an order that was used up on a stick without room would be lost.
        : offer.Free < RoomNeeded() ? StickOffer.Full
        : null;

    private AuditOutcome Judge(ReadOnlyMemory<byte> message, DateTimeOffset now, out string order)
    {
        order = "";
        OrderAnswer? answer = null;
        try
        {
            if (!Intake.TryTake(() => answer = _judge(message), "an order on a stick", _log)) return Refuse("not-judged", now);
        }
        catch (IOException refused) when (refused.MayPass())
        {
            _log.LogError("{Reason}; the order on the stick was not used", refused.Message);
            return Refuse("disk", now);
        }
        // The desk of orders has logged these, and why.
        if (answer is null) return Shown(AuditOutcome.Refused("not-an-operators"));
        order = answer.Order;
        return answer.Outcome.Reason is null ? answer.Outcome : Shown(answer.Outcome);
    }

    private WrittenBundle Write(Visit visit, Stream to)
    {
        using var hash = SHA256.Create();
        using var counted = new CryptoStream(to, hash, CryptoStreamMode.Write, leaveOpen: true);
        var manifest = BundleExport.WriteTo(visit.Folder, counted, new BundleForm(null, Archive: true, _logKey));
        counted.FlushFinalBlock();
        var digest = new Sha256Hash(hash.Hash);
        return new WrittenBundle(digest, manifest.Size, Answer(visit, manifest, digest));
    }

    private byte[] Answer(Visit visit, BundleManifest manifest, Sha256Hash digest) =>
    [
        .. CanonicalJson.Write(new JsonObject
        {
            ["agency"] = _box.Agency, ["box"] = _box.Box, ["order"] = visit.OrderId, ["verb"] = Duties.Write(Verb.Export), ["outcome"] = "done",
            ["time"] = JsonTime.WriteMilliseconds(_time.GetUtcNow()), ["bundle"] = visit.File + BundleEnding,
            ["sha256"] = Convert.ToHexStringLower(digest.ToArray()), ["origin"] = manifest.Origin, ["size"] = manifest.Size, ["root"] = manifest.Root,
            ["log"] = _logKey.ToString(),
        }),
        (byte)'\n',
    ];

    /// <summary>What the name of a bundle on a stick ends in.</summary>
    public const string BundleEnding = ".tar";

    private string NameOf(DateTimeOffset now) => string.Create(CultureInfo.InvariantCulture, $"{_box.Box}-{now.UtcDateTime:yyyyMMdd'T'HHmmss'Z'}");

    // As the archive will be, and half a mebibyte for the entry of the order itself, the answer, and the file system's own.
    private long RoomNeeded() => (512 << 10) + new DirectoryInfo(_logFolder).EnumerateFiles("*", SearchOption.AllDirectories)
        // The log renames its temporary files beside this: one may have gone since it was listed.
        .Where(file => file.Directory?.Name != "disclosures" && file.Exists).Sum(file => file.Length + 1024);

    private void Abandon(string stick, DateTimeOffset now)
    {
        if (_open.TryGetValue(stick, out var visit)) _ = visit.Written is null ? GiveUp(stick, StickOffer.Lost, now) : End(stick);
    }

    private AuditOutcome GiveUp(string stick, string reason, DateTimeOffset now)
    {
        if (_open.Remove(stick, out var visit)) _undelivered[visit.Order] = visit;
        if (_refused.Count >= MostRemembered) _refused.Clear();
        _refused.Add(stick);
        return Refuse(StickOffer.Failures.Contains(reason) || reason == "not-finished" ? reason : StickOffer.Failing, now);
    }

    private AuditOutcome Refuse(string reason, DateTimeOffset now)
    {
        CountFurther(now, atOnce: false);
        if (!_refusals.TryGetValue(reason, out var budget)) _refusals[reason] = budget = new HourlyBudget();
        if (budget.TrySpend(now)) Log(new AuditEntry { Action = AuditAction.StickExport, Outcome = AuditOutcome.Refused(reason), Count = 1 });
        return Shown(AuditOutcome.Refused(reason));
    }

    private AuditOutcome Shown(AuditOutcome refused)
    {
        _log.LogWarning("a stick was refused: {Reason}", refused.Reason);
        Show(StickSign.Refused);
        return refused;
    }

    private void CountFurther(DateTimeOffset now, bool atOnce)
    {
        foreach (var budget in _refusals.Values)
            if (budget.TakeFurther(now, atOnce) is > 0 and var further)
                Log(new AuditEntry { Action = AuditAction.StickExport, Outcome = AuditOutcome.Refused("further-sticks"), Count = further });
    }

    // What has happened at the stick has happened: where the disk refuses its entry, that waits, and no other stick is dealt with in silence.
    private void Log(AuditEntry entry)
    {
        _unlogged.Enqueue(entry);
        LogWaiting();
    }

    private void LogWaiting()
    {
        try
        {
            while (_unlogged.TryPeek(out var entry))
            {
                _audit.Append(entry);
                _unlogged.Dequeue();
            }
        }
        catch (IOException refused) when (refused.MayPass())
        {
            _log.LogError("{Reason}; what was done at the stick is kept in memory until it can be logged", refused.Message);
        }
    }

    private void Remove(string folder)
    {
        try
        {
            if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            _log.LogWarning("the copy that an export made stays in {Folder}: it cannot be removed", folder);
        }
    }

    private sealed record Visit(string OrderId, string Folder, Sha256Hash Order, DateTimeOffset Since)
    {
        public DateTimeOffset Touched { get; init; }

        public string File { get; init; } = "";

        public WrittenBundle? Written { get; init; }
    }
}

/// <summary>What is to be written to a stick.</summary>
/// <param name="File">Its name without an ending: the box and the time.</param>
/// <param name="Write">Writes the bundle to a stream, which it leaves open, and says what it was.</param>
internal sealed record StickExport(string File, Func<Stream, WrittenBundle> Write);

/// <summary>A bundle as it was handed over.</summary>
/// <param name="Digest">SHA-256 of its bytes.</param>
/// <param name="Entries">Entries of the log that it holds.</param>
/// <param name="Answer">The file that lies beside it.</param>
internal sealed record WrittenBundle(Sha256Hash Digest, long Entries, byte[] Answer);
