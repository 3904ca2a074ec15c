using Edge.Storage.Hits;
using Edge.Storage.Orders;
using Edge.Storage.Outbox;
using Edge.Storage.Retention;
using Edge.Storage.Sealing;
using LiteDB;
using LiteDB.Engine;

namespace Edge.Storage.Database;

/// <summary>LiteDB over a journaled file, and in memory what the clear fields say. Not thread-safe.</summary>
internal sealed class StateEngine : IDisposable
{
    private readonly JournaledFile _file;
    private readonly LiteDatabase _lite;
    private readonly string _path;

    private StateEngine(string path, JournaledFile file)
    {
        _path = path;
        _file = file;
        // LogStream in memory: JournaledFile is what makes a checkpoint atomic and durable.
        var engine = new LiteEngine(new EngineSettings { DataStream = file, LogStream = new MemoryStream() });
        _lite = new LiteDatabase(engine, new BsonMapper());
    }

    /// <summary>The last number given out.</summary>
    public long LastSequence { get; set; }

    /// <summary>Stored hits by sequence.</summary>
    public SortedDictionary<long, HitRow> Hits { get; } = [];

    /// <summary>Hits that could not be sealed again because they do not open. They need no key any more.</summary>
    public HashSet<long> Unreadable { get; } = [];

    /// <summary>The hold of each case that has one.</summary>
    public Dictionary<string, Hold> Holds { get; } = [];

    /// <summary>Rows of holds that the box did not make, or whose key is gone: they keep nothing.</summary>
    public List<Hold> Unproven { get; } = [];

    /// <summary>Orders that were used and are not expired, by id.</summary>
    public Dictionary<string, UsedOrder> Orders { get; } = [];

    /// <summary>What the hub last said that it has; null before the first time.</summary>
    public HubAccount? Account { get; set; }

    /// <summary>Waiting messages.</summary>
    public WaitingMessages Waiting { get; } = new();

    /// <summary>Messages that expired unsent and are not yet accounted for, by sequence.</summary>
    public SortedDictionary<long, DroppedMessage> Dropped { get; } = [];

    public DateTimeOffset KeptUntil(HitRow hit) => hit.KeptUntil(HoldOf(hit));

    public HitHeading Heading(HitRow hit) => hit.Heading(HoldOf(hit));

    /// <summary>The hit as it should be sealed now.</summary>
    public HitRow Sealed(HitRow hit) => hit.Under(HoldOf(hit));

    public static StateEngine Open(StateFiles files, RecordSealer sealer)
    {
        JournaledFile? file = null;
        StateEngine? engine = null;
        try
        {
            file = Journaled(files);
            RefuseForeign(file, files.DatabasePath);
            engine = new StateEngine(files.DatabasePath, file);
            engine.Load(sealer);
            return engine;
        }
        catch (Exception failed)
        {
            if (engine is not null) engine.Abandon();
            else file?.Dispose();
            throw Explain(failed, files.DatabasePath);
        }
    }

    /// <summary>One transaction, durable when this returns.</summary>
    public void Persist(Action<LiteDatabase> change)
    {
        try
        {
            if (!_lite.BeginTrans()) throw new InvalidOperationException("transactions do not nest");
            change(_lite);
            _lite.Commit();
            _lite.Checkpoint(); // commits return before they are durable; this flushes the journaled file
        }
        catch (Exception failed)
        {
            throw Explain(failed, _path);
        }
    }

    /// <summary>One row, or null.</summary>
    public BsonDocument? Find(string collection, long id)
    {
        try
        {
            return _lite.GetCollection(collection).FindById(id);
        }
        catch (Exception failed)
        {
            throw Explain(failed, _path);
        }
    }

    /// <summary>Closes without writing anything more.</summary>
    public void Abandon()
    {
        _file.Dispose();
        try
        {
            _lite.Dispose(); // would like to checkpoint; the file under it is closed
        }
        catch (Exception refused) when (refused is not OutOfMemoryException)
        {
            // Whatever failed was already told by the call that failed.
        }
    }

    public void Dispose() => Abandon(); // nothing waits: every Persist is durable

    private static JournaledFile Journaled(StateFiles files)
    {
        var data = files.OpenDatabase();
        Stream? journal = null;
        try
        {
            journal = files.OpenJournal();
            files.SyncNames();
            return new JournaledFile(data, journal, files.JournalReserve);
        }
        catch
        {
            data.Dispose();
            journal?.Dispose();
            throw;
        }
    }

    // LiteDB meets a file that is none of its own with anything from "invalid" to a null reference.
    private static void RefuseForeign(JournaledFile file, string path)
    {
        if (file.Length == 0) return;
        var header = new byte[JournaledFile.PageSize];
        file.Position = 0;
        file.ReadAtLeast(header, header.Length, throwOnEndOfStream: false);
        file.Position = 0;
        if (!header.AsSpan(32).StartsWith("** This is a LiteDB file **"u8)) throw Damaged(path, null);
    }

    private void Load(RecordSealer sealer)
    {
        if (_lite.GetCollection(StateRows.State).FindById(StateRows.State) is { } state)
        {
            LastSequence = StateRows.ReadLastSequence(state);
            if (_lite.GetCollection(StateRows.State).FindById(StateRows.Account) is { } account) Account = StateRows.ReadAccount(account);
        }
        else if (_lite.GetCollectionNames().Any())
        {
            throw Damaged(_path, null);
        }
        else
        {
            Persist(database => database.GetCollection(StateRows.State).Insert(StateRows.OfState(0)));
        }

        foreach (var row in _lite.GetCollection(HitRow.Collection).FindAll())
        {
            var hit = StateRows.ReadHit(row);
            Hits.Add(hit.Sequence, hit);
        }
        foreach (var row in _lite.GetCollection(OutboxRow.Collection).FindAll())
        {
            if (!StateRows.IsDropped(row)) Waiting.Put(StateRows.ReadMessage(row));
            else if (StateRows.ReadDropped(row) is var dropped) Dropped.Add(dropped.Sequence, dropped);
        }
        foreach (var row in _lite.GetCollection(Hold.Collection).FindAll())
        {
            var hold = StateRows.ReadHold(row);
            if (!sealer.TryOpen(hold.Place, row["r"].AsBinary, out _) || !Holds.TryAdd(hold.CasePseudonym, hold)) Unproven.Add(hold);
        }
        foreach (var row in _lite.GetCollection(UsedOrder.Collection).FindAll())
        {
            var order = StateRows.ReadOrder(row);
            if (!Orders.TryAdd(order.Id, order)) throw Damaged(_path, null);
        }
        // A number above the last one given out would be given out again.
        var numbers = Hits.Keys.Concat(Waiting.All.Select(row => row.Sequence)).Concat(Dropped.Keys)
            .Concat(Holds.Values.Concat(Unproven).Select(hold => hold.Number)).Concat(Orders.Values.Select(order => order.Answer));
        if (numbers.Any(number => number > LastSequence)) throw Damaged(_path, null);
    }

    private Hold? HoldOf(HitRow hit) => Holds.GetValueOrDefault(hit.CasePseudonym);

    // Three answers to everything that can go wrong below: our own words, the disk's, or "damaged".
    private static Exception Explain(Exception failed, string path) => failed switch
    {
        StateDamagedException or StateStorageException or StateBusyException => failed,
        OutOfMemoryException => failed,
        IOException or UnauthorizedAccessException => new StateStorageException(
            $"{path} cannot be written or read: {failed.Message}. Free some space, or check the disk; nothing is half " +
            "stored", failed),
        LiteException { InnerException: IOException inner } => Explain(inner, path),
        _ => Damaged(path, failed),
    };

    private static StateDamagedException Damaged(string path, Exception? cause) => new(
        $"{path} is damaged or not an edge-agent database: restore it, or move it away (with state.journal beside it) " +
        "and start empty; hits that were not sent yet are then lost", cause);
}
