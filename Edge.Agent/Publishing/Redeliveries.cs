using Edge.Storage.Audit;

namespace Edge.Agent.Publishing;

/// <summary>Which messages a broker may rightly bring a second time. It says so by a flag (DUP, MQTT 5 §3.3.1.1) that whoever runs it sets as they like; but it
/// does so on another link only (§4.4), and only while it lacks the acknowledgement. It has every one that left before something of ours that it has
/// acknowledged itself, for a link keeps its order. Thread-safe.</summary>
internal sealed class Redeliveries
{
    /// <summary>The oldest of more are forgotten; as many as orders are remembered.</summary>
    public const int Most = 8192;

    private readonly Lock _gate = new();
    private readonly List<Sha256Hash> _left = [];
    private readonly HashSet<Sha256Hash> _onThisLink = [];
    private readonly HashSet<Sha256Hash> _had = [];
    private readonly Queue<Sha256Hash> _oldest = [];

    /// <summary>Another link begins: what the one before did not carry to its end may come again.</summary>
    public void BeginLink()
    {
        lock (_gate)
        {
            _left.Clear();
            _onThisLink.Clear();
        }
    }

    /// <summary>True if the broker may lack our acknowledgement of this message.</summary>
    public bool MayRepeat(ReadOnlyMemory<byte> message)
    {
        var digest = Sha256Hash.Of(message.Span);
        lock (_gate) return !_onThisLink.Contains(digest) && !_had.Contains(digest);
    }

    /// <summary>Our acknowledgement of a message has left.</summary>
    public void Acknowledged(ReadOnlyMemory<byte> message)
    {
        var digest = Sha256Hash.Of(message.Span);
        lock (_gate)
            if (_onThisLink.Count < Most && _onThisLink.Add(digest)) _left.Add(digest);
    }

    /// <summary>How many acknowledgements have left that it is not known to have; to be asked before something is published.</summary>
    public int Left
    {
        get
        {
            lock (_gate) return _left.Count;
        }
    }

    /// <summary>The broker has acknowledged what was published after <paramref name="left"/> acknowledgements: so it has these.</summary>
    public void Had(int left)
    {
        lock (_gate)
        {
            foreach (var digest in _left.Take(left).Where(_had.Add))
            {
                _oldest.Enqueue(digest);
                if (_oldest.Count > Most) _had.Remove(_oldest.Dequeue());
            }
            _left.RemoveRange(0, left);
        }
    }
}
