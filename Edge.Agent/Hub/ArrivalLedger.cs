using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Edge.Agent.Publishing;

namespace Edge.Agent.Hub;

/// <summary>How an event compares with those that came before it.</summary>
public enum Arrival
{
    /// <summary>Not seen before.</summary>
    First,
    /// <summary>Not seen before, and had been named as missing.</summary>
    Late,
    /// <summary>So old that it may have been seen and forgotten.</summary>
    PerhapsForgotten,
    /// <summary>The same event again: QoS 1 promises at least once.</summary>
    Repeat,
    /// <summary>Another event with a number already used: the box was set back to an older state. Its account begins anew.</summary>
    NumberReused,
    /// <summary>The first of a box that has another key than the one of that name before it. Its account begins anew.</summary>
    NewKey,
}

/// <summary>What a summary brought to light.</summary>
/// <param name="Missing">Numbers that have not come and were not given up, each named once. A summary leaves the outbox last; what
/// two of them have overtaken is missing.</param>
/// <param name="GivenUp">Numbers named as missing before, which the box now says it gave up.</param>
/// <param name="Accounted">Every number below it is accounted for then; less than could be where more is missing than is remembered.</param>
public sealed record Gaps(IReadOnlyList<long> Missing, IReadOnlyList<long> GivenUp, long Accounted);

/// <summary>Remembers what has come from each box, to show an event once and to notice those that never came. Only
/// verified events may be told to it. What it remembers for good is what <see cref="Keep"/> was called after. Not thread-safe.</summary>
public sealed class ArrivalLedger : IDisposable
{
    private readonly Dictionary<BoxName, BoxArrivals> _boxes = [];
    private readonly List<string> _unkept = [];
    private ArrivalJournal? _journal;

    /// <summary>Remembers as long as it lives.</summary>
    public ArrivalLedger()
    {
    }

    /// <summary>Remembers in <paramref name="folder"/>, which then belongs to it alone.</summary>
    /// <exception cref="Edge.Storage.Database.StateBusyException">Another hub has it.</exception>
    /// <exception cref="AgencyException">The file there is not one of these.</exception>
    /// <exception cref="IOException">The disk refuses.</exception>
    public static ArrivalLedger Open(string folder)
    {
        var ledger = new ArrivalLedger();
        ledger._journal = ArrivalJournal.Open(folder, ledger.Recall, ledger.Lines);
        return ledger;
    }

    /// <summary>Boxes that it knows.</summary>
    public int Boxes => _boxes.Count;

    /// <summary>Messages named as missing that have not come since.</summary>
    public int Missing => _boxes.Values.Sum(box => box.Missing.Count);

    /// <summary>Compares an event with those before it, and notes nothing.</summary>
    /// <param name="key">The id of the box's message key.</param>
    public Arrival Compare(CloudEvent arrived, string key)
    {
        ArgumentNullException.ThrowIfNull(arrived);
        var (box, tag) = (Of(arrived.Box), Tag(arrived.Id));
        if (arrived.Type == EventType.Status) return box.HasStatus(tag) ? Arrival.Repeat : Arrival.First;
        if (box.From > 0 && box.Key != key) return Arrival.NewKey;
        if (box.Has(arrived.Sequence, tag)) return Arrival.Repeat;
        if (box.IsUsed(arrived.Sequence) || (arrived.Type == EventType.Summary && box.IsSetBack(arrived.Sequence, arrived.Time.ToUnixTimeMilliseconds())))
            return Arrival.NumberReused;
        if (box.Missing.Contains(arrived.Sequence)) return Arrival.Late;
        return box.MayBeForgotten(arrived.Sequence) ? Arrival.PerhapsForgotten : Arrival.First;
    }

    /// <summary>What a summary that is about to be noted, and with which no account begins, brings to light.</summary>
    public Gaps GapsBefore(ReceivedMessage.Summary summary)
    {
        ArgumentNullException.ThrowIfNull(summary);
        var accounted = Of(summary.Event.Box).Look(summary.Event.Sequence, summary.Counters.Dropped, out var missing, out var givenUp);
        return new Gaps(missing, givenUp, accounted);
    }

    /// <summary>Notes an event, and with a summary the gaps that were named.</summary>
    /// <param name="key">The id of the box's message key.</param>
    /// <param name="arrival">What <see cref="Compare"/> said of it.</param>
    /// <param name="gaps">Null for what is no summary, and where others get a part.</param>
    public void Note(ReceivedMessage.Accepted accepted, string key, Arrival arrival, Gaps? gaps = null)
    {
        ArgumentNullException.ThrowIfNull(accepted);
        var (said, box) = (accepted.Event, Of(accepted.Event.Box));
        if (said.Type == EventType.Status)
        {
            Put(said.Box, box, BoxArrivals.CameStatus(Tag(said.Id)));
            return;
        }
        if (box.From == 0 || arrival is Arrival.NewKey or Arrival.NumberReused) Put(said.Box, box, BoxArrivals.Begins(key, said.Sequence));
        Put(said.Box, box, BoxArrivals.Came(said.Sequence, Tag(said.Id)));
        if (accepted is not ReceivedMessage.Summary summary || gaps is null) return;
        foreach (var line in box.Looked(said.Sequence, said.Time.ToUnixTimeMilliseconds(), summary.Counters.Dropped, gaps.Missing, gaps.Accounted).ToList())
            Put(said.Box, box, line);
    }

    /// <summary>What has come from a box, to be told to it: only once it was kept. Null where there is nothing to tell yet.</summary>
    public Receipt? ReceiptFor(BoxName box, DateTimeOffset now) => Of(box) is { From: > 0 } known && known.Through >= known.From
        ? Receipt.Of(box, known.Key, now, known.From, known.Through, known.Missing) : null;

    /// <summary>When this returns, what was noted outlives this process and a power cut.</summary>
    /// <exception cref="IOException">The disk refuses; do not use the ledger any more.</exception>
    public void Keep()
    {
        if (_unkept.Count > 0) _journal?.Write(_unkept, Lines);
        _unkept.Clear();
    }

    public void Dispose() => _journal?.Dispose();

    private BoxArrivals Of(BoxName box) =>
        _boxes.TryGetValue(box, out var arrivals) ? arrivals : _boxes[box] = new BoxArrivals();

    private void Put(BoxName name, BoxArrivals box, string line)
    {
        box.Apply(line);
        if (_journal is not null) _unkept.Add($"{name.Agency}/{name.Box} {line}");
    }

    private bool Recall(string line) => line.IndexOf(' ', StringComparison.Ordinal) is > 0 and var space
        && line[..space].Split('/') is [var agency, var name] && BoxName.TryCreate(agency, name, out var box) && Of(box).Apply(line.AsSpan(space + 1));

    private IEnumerable<string> Lines() => _boxes.SelectMany(box => box.Value.Lines().Select(line => $"{box.Key.Agency}/{box.Key.Box} {line}"));

    // Enough to tell ids apart, and shorter; 0 stands for none.
    private static ulong Tag(string id) => BinaryPrimitives.ReadUInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(id))) | 1;
}
