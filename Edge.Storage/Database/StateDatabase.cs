using Edge.Storage.Hits;
using Edge.Storage.Keys;
using Edge.Storage.Orders;
using Edge.Storage.Outbox;
using Edge.Storage.Retention;
using Edge.Storage.Sealing;
using LiteDB;

namespace Edge.Storage.Database;

/// <summary>
/// Hits, outbox, holds and used orders in one LiteDB file, with one sequence of numbers over all. One process, one writer; every change
/// is durable when the call that made it returns. Thread-safe and synchronous: a LiteDB transaction belongs to its
/// thread.
/// </summary>
public sealed class StateDatabase : IDisposable
{
    private readonly StateFiles _files;
    private readonly IDisposable _lock;
    private StateEngine? _engine;
    private bool _building;
    private bool _disposed;
    private (int Hits, int OfHolds) _deleted;

    private StateDatabase(StateFiles files, IDisposable held, HourKeys keys, TimeProvider time)
    {
        _files = files;
        _lock = held;
        Keys = keys;
        Time = time;
        Sealer = new RecordSealer(keys);
        Hits = new HitStore(this);
        Outbox = new Outbox.Outbox(this);
        Orders = new UsedOrders(this);
    }

    /// <summary>The stored hits.</summary>
    public HitStore Hits { get; }

    /// <summary>The messages that wait for their PUBACK.</summary>
    public Outbox.Outbox Outbox { get; }

    /// <summary>What orders did, and which may not come again.</summary>
    public UsedOrders Orders { get; }

    /// <summary>The holds in force, by the case they are bound to.</summary>
    public IReadOnlyDictionary<string, Hold> Holds
    {
        get
        {
            lock (Gate)
            {
                var now = Time.GetUtcNow();
                return Engine.Holds.Values.Where(hold => hold.Until > now).ToDictionary(hold => hold.CasePseudonym);
            }
        }
    }

    /// <summary>The last number given out; 0 before the first.</summary>
    public long LastSequence
    {
        get
        {
            lock (Gate) return Engine.LastSequence;
        }
    }

    internal HourKeys Keys { get; }

    internal TimeProvider Time { get; }

    internal RecordSealer Sealer { get; }

    /// <summary>Everything that reads or changes state holds this.</summary>
    internal Lock Gate { get; } = new();

    /// <summary>The open engine; opened again after a failure of the disk. The caller holds <see cref="Gate"/>.</summary>
    internal StateEngine Engine
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _engine ??= StateEngine.Open(_files, Sealer);
        }
    }

    /// <summary>Opens the database of a state directory, made with mode 0700 if absent.</summary>
    /// <remarks>Borrows <paramref name="keys"/>; the caller disposes them after this.</remarks>
    /// <exception cref="StateBusyException">Another opener has it.</exception>
    /// <exception cref="StateDamagedException">The file is damaged, or not ours.</exception>
    /// <exception cref="StateStorageException">The disk is full, read-only or failing.</exception>
    public static StateDatabase Open(string stateDirectory, HourKeys keys, TimeProvider time)
    {
        ArgumentException.ThrowIfNullOrEmpty(stateDirectory);
        return Open(stateDirectory, new StateFiles(stateDirectory), keys, time);
    }

    internal static StateDatabase Open(string stateDirectory, StateFiles files, HourKeys keys, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(keys);
        ArgumentNullException.ThrowIfNull(time);
        IDisposable held;
        try
        {
            Directory.CreateDirectory(stateDirectory,
                UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            held = files.Lock();
        }
        catch (Exception refused) when (refused is UnauthorizedAccessException or IOException and not StateBusyException)
        {
            throw new StateStorageException($"{stateDirectory} cannot be written: {refused.Message}", refused);
        }

        var database = new StateDatabase(files, held, keys, time);
        try
        {
            lock (database.Gate) _ = database.Engine;
            return database;
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        lock (Gate)
        {
            if (_disposed) return;
            _disposed = true;
            _engine?.Dispose();
            _lock.Dispose();
            Outbox.Close();
        }
    }

    /// <summary>Lets <paramref name="build"/> make what the next number will carry, or the one so many after it; the number is not used up yet. The
    /// caller holds <see cref="Gate"/>.</summary>
    internal long Build<T>(Func<long, T> build, int ahead, out T built)
    {
        if (_building) throw new InvalidOperationException("what builds a message must not use the store");
        var sequence = Engine.LastSequence + 1 + ahead;
        _building = true;
        try
        {
            built = build(sequence);
        }
        finally
        {
            _building = false;
        }
        return sequence;
    }

    /// <summary>Hits were deleted, by the sweep or ahead of it. The caller holds <see cref="Gate"/>.</summary>
    internal void CountDeleted(int hits, int ofHolds) => _deleted = (_deleted.Hits + hits, _deleted.OfHolds + ofHolds);

    /// <summary>How many were deleted since this was last asked.</summary>
    internal (int Hits, int OfHolds) TakeDeleted()
    {
        lock (Gate)
        {
            var deleted = _deleted;
            _deleted = default;
            return deleted;
        }
    }

    /// <summary>The outer seal, whose key may have to be stored first.</summary>
    internal byte[] Seal(RecordPlace place, ReadOnlySpan<byte> record)
    {
        MakeKey(place.Key);
        return Sealer.Seal(place, record);
    }

    /// <summary>Makes the key durable, unless it exists.</summary>
    internal void MakeKey(RecordKey key)
    {
        try
        {
            Keys.Make(key);
        }
        catch (Exception refused) when (refused is IOException and not UnusableKeyException or UnauthorizedAccessException)
        {
            throw new StateStorageException($"an hour key could not be stored: {refused.Message}. Free some space, or " +
                "check the disk; nothing was stored", refused);
        }
    }

    /// <summary>Makes one change durable: all of it, or none. The caller holds <see cref="Gate"/>.</summary>
    internal void Persist(Action<LiteDatabase> change)
    {
        var engine = Engine;
        try
        {
            engine.Persist(change);
        }
        catch
        {
            // What the disk holds is the truth now: it is read again at the next call.
            _engine = null;
            engine.Abandon();
            throw;
        }
    }
}
