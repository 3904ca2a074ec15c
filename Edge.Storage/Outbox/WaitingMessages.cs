namespace Edge.Storage.Outbox;

/// <summary>The outbox in memory: which message is in which state, and in what order they leave. Not thread-safe; the
/// disk is the truth and this follows it.</summary>
internal sealed class WaitingMessages
{
    private readonly SortedDictionary<long, OutboxRow> _rows = [];
    private readonly SortedSet<(MessageKind Kind, long Sequence)> _ready = [];
    private readonly HashSet<long> _unreadable = [];
    private readonly SortedSet<(int Worth, long Sequence)> _expendable = [];
    private readonly SortedSet<long> _sent = [];
    private long _sentBytes;

    /// <summary>Every message, by sequence, those sent included.</summary>
    public IReadOnlyCollection<OutboxRow> All => _rows.Values;

    /// <summary>Those that may leave, in the order of leaving.</summary>
    public IEnumerable<OutboxRow> Ready => _ready.Select(place => _rows[place.Sequence]);

    /// <summary>Those that the broker has, the oldest first.</summary>
    public IEnumerable<OutboxRow> Sent => _sent.Select(sequence => _rows[sequence]);

    /// <summary>What all of them take on the disk.</summary>
    public long Bytes { get; private set; }

    /// <summary>Those that may be given up for room, the least worth first: summaries, then checkpoints, then answers, the oldest of
    /// each first. Never an incident or a hit.</summary>
    public IEnumerable<OutboxRow> Expendable => _expendable.Select(place => _rows[place.Sequence]);

    public bool AnyReady => _ready.Count > 0;

    public OutboxCounts Counts => new(_ready.Count,
        _rows.Values.Count(row => !row.Logged && !_unreadable.Contains(row.Sequence)), _unreadable.Count, Bytes - _sentBytes, _sent.Count);

    public OutboxRow? Find(long sequence) => _rows.GetValueOrDefault(sequence);

    public void Put(OutboxRow row)
    {
        if (_rows.TryGetValue(row.Sequence, out var before)) Remove(before, andItsFault: false);
        Bytes += row.Bytes;
        _rows[row.Sequence] = row;
        if (row.Sent)
        {
            _sent.Add(row.Sequence);
            _sentBytes += row.Bytes;
            return;
        }
        if (row.Kind > MessageKind.Hit) _expendable.Add((-(int)row.Kind, row.Sequence));
        if (row.Logged && !_unreadable.Contains(row.Sequence)) _ready.Add((row.Kind, row.Sequence));
    }

    public void Remove(OutboxRow row) => Remove(row, andItsFault: true);

    /// <summary>It will not leave any more, and waits for the sweep.</summary>
    public void Withhold(OutboxRow row) => _ready.Remove((row.Kind, row.Sequence));

    /// <summary>Its bytes do not open: withheld, and counted.</summary>
    public void SetAside(OutboxRow row)
    {
        Withhold(row);
        _unreadable.Add(row.Sequence);
    }

    private void Remove(OutboxRow row, bool andItsFault)
    {
        if (_rows.Remove(row.Sequence, out var removed)) Bytes -= removed.Bytes;
        if (_sent.Remove(row.Sequence)) _sentBytes -= removed!.Bytes;
        _expendable.Remove((-(int)row.Kind, row.Sequence));
        if (andItsFault) _unreadable.Remove(row.Sequence);
        _ready.Remove((row.Kind, row.Sequence));
    }
}
