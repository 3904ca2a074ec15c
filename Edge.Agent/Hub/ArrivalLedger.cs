using Edge.Agent.Publishing;

namespace Edge.Agent.Hub;

/// <summary>How an event compares with those that came before it.</summary>
public enum Arrival
{
    /// <summary>Not seen before.</summary>
    First,
    /// <summary>The same event again: QoS 1 promises at least once.</summary>
    Repeat,
    /// <summary>Another event with a number already used: the box was set back to an older state.</summary>
    NumberReused,
}

/// <summary>Remembers what has come from each box, to show an event once and to notice those that never came. Only
/// verified events may be told to it. Not thread-safe.</summary>
public sealed class ArrivalLedger
{
    // Bounds memory at about 10 MB a box; whatever is older is taken as not seen before.
    private const int MaxRemembered = 100_000;

    private readonly Dictionary<BoxName, Arrivals> _boxes = [];

    /// <summary>Notes an event.</summary>
    public Arrival Note(CloudEvent arrived) => Of(arrived.Box).Note(arrived);

    /// <summary>The numbers that have not come and were not given up, each named once. A summary leaves the outbox last;
    /// what two of them have overtaken is missing.</summary>
    public IReadOnlyList<long> MissingBefore(ReceivedMessage.Summary summary) =>
        Of(summary.Event.Box).MissingBefore(summary.Event.Sequence, summary.Counters.Dropped);

    private Arrivals Of(BoxName box) =>
        _boxes.TryGetValue(box, out var arrivals) ? arrivals : _boxes[box] = new Arrivals();

    private sealed class Arrivals
    {
        private readonly Dictionary<long, string> _ids = [];
        private readonly Queue<long> _order = new();
        private string _lastStatus = "";
        private readonly HashSet<long> _dropped = [];
        private long _accounted = -1;
        private long _lastSummary;

        public Arrival Note(CloudEvent arrived)
        {
            if (arrived.Type == EventType.Status)
            {
                var repeat = arrived.Id == _lastStatus;
                _lastStatus = arrived.Id;
                return repeat ? Arrival.Repeat : Arrival.First;
            }
            // Numbers before the first one that we see were for somebody else, or for an earlier run of this hub.
            if (_accounted < 0) _accounted = arrived.Sequence;
            if (_ids.TryGetValue(arrived.Sequence, out var known))
                return known == arrived.Id ? Arrival.Repeat : Arrival.NumberReused;
            _ids.Add(arrived.Sequence, arrived.Id);
            _order.Enqueue(arrived.Sequence);
            if (_order.Count > MaxRemembered) _ids.Remove(_order.Dequeue());
            return Arrival.First;
        }

        public List<long> MissingBefore(long sequence, IReadOnlyList<long> dropped)
        {
            _dropped.UnionWith(dropped);
            var missing = new List<long>();
            for (_accounted = Math.Max(_accounted, _lastSummary - MaxRemembered); _accounted < _lastSummary; _accounted++)
                if (!_dropped.Contains(_accounted) && !_ids.ContainsKey(_accounted)) missing.Add(_accounted);
            _dropped.RemoveWhere(number => number < _accounted);
            _lastSummary = Math.Max(_lastSummary, sequence);
            return missing;
        }
    }
}
