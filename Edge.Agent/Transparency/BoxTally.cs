using System.Globalization;
using Edge.Storage.Audit;
using Edge.Storage.Audit.Bundles;

namespace Edge.Agent.Transparency;

/// <summary>Counts what one box's log says of a period, while its entries go by in order. A report of a period never changes: nothing after it
/// counts, so that a later bundle of the same log gives the same numbers.</summary>
internal sealed class BoxTally(ReportPeriod period)
{
    // What stands between a correction and what it corrects comes from other threads, in the same instant.
    private const int Remembered = 64;

    private static readonly HashSet<string> NotAuthorised =
        ["not-signed", "bad-signature", "unknown-operator", "revoked-operator", "operator-expired", "malformed-order"];
    private static readonly HashSet<string> NotAgainstPolicy =
        ["expired", "replayed", "from-the-future", "disk", "too-many-orders", "too-many-revoked", "no-room", "no-policy", "further-orders"];

    private static readonly HashSet<string> Unproven = ["no-proof", "proof-of-another-list", "too-few-witnesses"];

    private readonly SortedDictionary<string, long> _counts = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, SortedSet<string>> _sets = new(StringComparer.Ordinal);
    private readonly List<long> _notify = [];
    private readonly Dictionary<string, Queue<(DateTimeOffset Time, long Count)>> _untold = new(StringComparer.Ordinal);
    private readonly Dictionary<long, string?> _verdicts = [];
    private readonly Dictionary<string, string> _lists = new(StringComparer.Ordinal);
    private readonly Queue<(string Order, Action Undo)> _done = new();
    private readonly HashSet<string> _refusedOnce = new(StringComparer.Ordinal);
    private (long Shortest, long Longest)? _retention;
    private long _uncounted;
    private long? _hoursInForce;
    private string? _policy;
    private bool _listIsNew;
    private (string Boot, DateTimeOffset Time, AuditAction Action)? _last;
    private DateTimeOffset? _first;
    private readonly LogRhythm _rhythm = new();
    private TimeSpan _up;

    public void Look(AuditEntry entry)
    {
        Span(entry);
        if (entry.Time >= period.To) return;
        var counts = entry.Time >= period.From;
        if (counts)
        {
            Add("entries");
            Add($"clock.{AuditCode.Of(entry.Clock)}");
            if (_retention is null && _hoursInForce is { } hours) Retain(hours);
        }
        switch (entry.Action)
        {
            case AuditAction.PolicyActivated: Policy(entry, counts); break;
            case AuditAction.HotlistActivated: Hotlist(entry, counts); break;
            case AuditAction.Incident: Happened(entry, counts); break;
            case AuditAction.IncidentReported: Told(entry, counts); break;
            case AuditAction.OrderSearch or AuditAction.OrderHold or AuditAction.OrderRelease or AuditAction.OrderDisposition or AuditAction.OrderExport
                or AuditAction.OrderRevoke or AuditAction.OrderDecommission or AuditAction.OrderRefused: Order(entry, counts); break;
            default:
                if (counts) Count(entry);
                break;
        }
    }

    public ReportFigures Figures()
    {
        foreach (var verdict in _verdicts.Values) Add(verdict is null ? "hits.unjudged" : $"hits.judged.{verdict}");
        if (_uncounted > 0) Add("hits.after-summary", _uncounted);
        Add("hits.judged", _verdicts.Values.Count(verdict => verdict is not null));
        Add("incidents.untold", _untold.Values.Sum(waiting => waiting.Where(one => one.Time >= period.From).Sum(one => one.Count)));
        var known = _first is { } first && _last is { } last ? Max(TimeSpan.Zero, Clip(last.Time) - Clip(first)) : TimeSpan.Zero;
        if (_retention is null && _hoursInForce is { } hours && known > TimeSpan.Zero) Retain(hours);
        return new ReportFigures(new SortedDictionary<string, long>(_counts, StringComparer.Ordinal),
            _sets.ToDictionary(set => set.Key, set => (IReadOnlyCollection<string>)set.Value), [.. _notify.Order()], known, _up, _retention);
    }

    /// <summary>From when the log says anything of the period, and until when.</summary>
    public (DateTimeOffset From, DateTimeOffset Until)? Covered => _first is { } first && _last is { } last && first < period.To && last.Time >= period.From
        ? (Clip(first), Clip(last.Time)) : null;

    private void Count(AuditEntry entry)
    {
        switch (entry.Action)
        {
            case AuditAction.IntervalSummary:
                _uncounted = 0;
                Add("frames", entry.Frames!.Value);
                Add("reads", entry.Reads!.Value);
                Add("reads.discarded", entry.Discarded!.Value);
                Add("reads.hits", entry.Hits!.Value);
                Add($"weekly.reads.{period.WeekOf(entry.Time)}", entry.Reads!.Value);
                break;
            case AuditAction.HitStored:
                Add("hits");
                _uncounted++;
                Add($"hits.purpose.{entry.Purpose ?? "unknown"}");
                if (entry.Case is not null) Add("hits.case-linked");
                Add($"weekly.hits.{period.WeekOf(entry.Time)}");
                _verdicts.TryAdd(entry.Sequence!.Value, null);
                break;
            case AuditAction.HitShared:
                Add("shares");
                Add($"shares.{entry.Kind}");
                Add($"shares.{entry.Kind}.{entry.Agency}");
                if (entry.Case is not null) Add("shares.case-linked");
                break;
            case AuditAction.SweepDone when entry.Kind == AuditLog.SweptDisclosures:
                Add("disclosures.swept", entry.Count!.Value);
                break;
            case AuditAction.SweepDone:
                Add("sweeps");
                Add("swept", entry.Count!.Value);
                break;
            case AuditAction.GrantActivated:
                Add("grants", $"{entry.Kind} {entry.Agency}");
                break;
            case AuditAction.GrantRefused:
                // A grant that is refused is refused again with every set of files that comes.
                if (_refusedOnce.Add($"grant {entry.Agency} {entry.Kind} {entry.Outcome}")) OutOfPolicy("grant", entry.Outcome.Reason, 1);
                break;
            case AuditAction.HotlistRefused when entry.Outcome.Reason is { } waits && Unproven.Contains(waits):
                // A list that was not yet published under witnesses: nobody has overstepped anything.
                if (_refusedOnce.Add($"wait {entry.Agency} {entry.Digest}")) Add("hotlists.waited");
                break;
            case AuditAction.HotlistRefused:
                if (_refusedOnce.Add($"list {entry.Agency} {entry.Outcome}")) OutOfPolicy("hotlist", entry.Outcome.Reason, 1);
                break;
            case AuditAction.HotlistEntryRefused:
                if (_listIsNew) OutOfPolicy("hotlist-entry", entry.Outcome.Reason, entry.Kind == "further-entries" ? entry.Count ?? 1 : 1);
                break;
            case AuditAction.TrustRefused: Add("updates.refused", entry.Count ?? 1); break;
            case AuditAction.TrustActivated: Add("updates"); break;
            case AuditAction.AimViewed: Add("aimed"); break;
            case AuditAction.LogExported: Add("exports"); break;
            case AuditAction.ConsoleLogin: Add(entry.Outcome.Reason is null ? "console.logins" : "console.refused", entry.Count ?? 1); break;
            default: break;
        }
    }

    private void Policy(AuditEntry entry, bool counts)
    {
        var (version, isNew) = ($"{entry.Version}", _policy != $"{entry.Version} {entry.Digest}");
        _policy = $"{entry.Version} {entry.Digest}";
        _hoursInForce = entry.Count;
        if (!counts) return;
        Retain(entry.Count!.Value);
        if (!isNew) return;
        Add("policy.changes");
        Add("policy.versions", version);
    }

    // The list in force is said again with every set of files; its entries were refused when it was new.
    private void Hotlist(AuditEntry entry, bool counts)
    {
        var said = $"{entry.Version} {entry.Digest}";
        _listIsNew = _lists.GetValueOrDefault(entry.Agency ?? "") != said;
        _lists[entry.Agency ?? ""] = said;
        if (!counts || !_listIsNew) return;
        Add("hotlist.changes");
        Add("hotlist.versions", $"{entry.Agency} {entry.Version}");
    }

    private void Happened(AuditEntry entry, bool counts)
    {
        if (!_untold.TryGetValue(entry.Kind!, out var waiting)) _untold[entry.Kind!] = waiting = new();
        waiting.Enqueue((entry.Time, entry.Count ?? 1));
        if (!counts) return;
        Add("incidents", entry.Count ?? 1);
        Add($"incidents.kind.{entry.Kind}", entry.Count ?? 1);
    }

    private void Told(AuditEntry entry, bool counts)
    {
        if (counts) Add("incidents.messages");
        if (!_untold.TryGetValue(entry.Kind!, out var waiting)) return;
        for (var left = entry.Count!.Value; left > 0 && waiting.TryDequeue(out var one); left -= one.Count)
            if (one.Time >= period.From) _notify.Add((long)Max(TimeSpan.Zero, entry.Time - one.Time).TotalSeconds);
    }

    private void Order(AuditEntry entry, bool counts)
    {
        var verb = AuditCode.Of(entry.Action)["order.".Length..];
        var order = $"{verb} {entry.Digest}";
        if (entry.Outcome.Reason is { } reason)
        {
            // The log said that it was done, and then the disk or the memory for orders refused after all.
            if (reason is "disk" or "too-many-orders" && _done.FirstOrDefault(one => one.Order == order).Undo is { } undo) undo();
            if (counts) Refused(verb, reason, entry.Count is { } count && entry.Action == AuditAction.OrderRefused ? count : 1);
            return;
        }
        var names = new List<(string Name, long Count)>();
        switch (entry.Action)
        {
            case AuditAction.OrderSearch:
                names.AddRange([("searches", 1), ("searches.results", entry.Count ?? 0), ($"searches.purpose.{entry.Purpose}", 1),
                    ($"weekly.searches.{period.WeekOf(entry.Time)}", 1)]);
                if (entry.Case is not null) names.Add(("searches.case-linked", 1));
                if (entry.Count is 0) names.Add(("searches.empty", 1));
                break;
            case AuditAction.OrderDisposition:
                names.Add(("dispositions", 1));
                break;
            default:
                names.Add((verb switch { "hold" => "holds", "release" => "releases", "export" => "exports", "revoke" => "revocations", _ => "decommissions" },
                    1));
                break;
        }
        Action undoVerdict = static () => { };
        if (entry.Action == AuditAction.OrderDisposition && _verdicts.TryGetValue(entry.Sequence!.Value, out var before))
        {
            _verdicts[entry.Sequence.Value] = entry.Kind;
            undoVerdict = () => _verdicts[entry.Sequence.Value] = before;
        }
        if (!counts) names.Clear();
        foreach (var (name, count) in names) Add(name, count);
        _done.Enqueue((order, () =>
        {
            foreach (var (name, count) in names) Add(name, -count);
            undoVerdict();
        }));
        if (_done.Count > Remembered) _done.Dequeue();
    }

    private void Refused(string verb, string reason, long count)
    {
        Add("orders.refused", count);
        if (NotAuthorised.Contains(reason)) Add("orders.refused.not-authorised", count);
        else if (NotAgainstPolicy.Contains(reason)) Add("orders.refused.not-against-policy", count);
        else OutOfPolicy(verb == "refused" ? "order" : verb, reason, count);
        Add($"orders.refused.reason.{reason}", count);
    }

    private void OutOfPolicy(string what, string? reason, long count)
    {
        Add("out-of-policy", count);
        Add($"out-of-policy.{what}", count);
        Add($"out-of-policy.reason.{reason ?? "unknown"}", count);
    }

    private void Span(AuditEntry entry)
    {
        _first ??= entry.Time;
        if (_last is { } last)
        {
            var silence = entry.Time - last.Time;
            if (last.Boot == entry.Boot && silence < _rhythm.Silent) _up += Max(TimeSpan.Zero, Clip(entry.Time) - Clip(last.Time));
            if (last.Boot != entry.Boot && entry.Time >= period.From && entry.Time < period.To)
            {
                Add("starts");
                if (last.Action != AuditAction.AgentStop) Add("starts.unclean");
            }
        }
        else if (entry.Time >= period.From && entry.Time < period.To) Add("starts");
        _rhythm.Look(entry.Boot, entry.Time, entry.Action);
        _last = (entry.Boot, entry.Time > _last?.Time || _last is null ? entry.Time : _last.Value.Time, entry.Action);
    }

    private void Retain(long hours) =>
        _retention = _retention is { } known ? (Math.Min(known.Shortest, hours), Math.Max(known.Longest, hours)) : (hours, hours);

    private DateTimeOffset Clip(DateTimeOffset time) => time < period.From ? period.From : time > period.To ? period.To : time;

    private static TimeSpan Max(TimeSpan one, TimeSpan other) => one > other ? one : other;

    private void Add(string name, long count = 1)
    {
        // Of a log that was not written by a box: no sum runs over.
        var sum = (Int128)_counts.GetValueOrDefault(name) + count;
        _counts[name] = sum > long.MaxValue ? long.MaxValue : (long)sum;
    }

    private void Add(string set, string value)
    {
        if (!_sets.TryGetValue(set, out var values)) _sets[set] = values = new(StringComparer.Ordinal);
        values.Add(value);
    }
}
