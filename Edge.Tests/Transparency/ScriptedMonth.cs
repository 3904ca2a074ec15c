using Edge.Storage.Audit;
using Edge.Storage.Keys;
using Edge.Tests.Audit;
using Edge.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace Edge.Tests.Transparency;

/// <summary>One for all tests of a class: it takes a second to write.</summary>
public sealed class SharedMonth : IDisposable
{
    internal ScriptedMonth Month { get; } = new();

    public void Dispose() => Month.Dispose();
}

/// <summary>A month of one box, written into a real log by a script that keeps its own account of what it did.</summary>
internal sealed class ScriptedMonth : IDisposable
{
    public static readonly string[] Cases = ["2026-4711", "SPD/26/00815", "MISSING-CHILD-3"];
    public static readonly string[] People = ["jane.doe@springfield", "martin-oversight", "auditor-k.lang"];
    public static readonly string[] Plates = ["AB123CD", "B777XYZ", "34A36837"];

    private readonly TemporaryFolder _folder = new();
    private readonly Random _random;
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 9, 30, 20, 0, 0, TimeSpan.Zero));
    private readonly SigningKey _key = SigningKey.Create();
    private readonly Dictionary<string, long> _truth = [];
    private readonly List<long> _hits = [];
    private readonly Dictionary<long, string> _verdicts = [];
    private readonly string _box;
    private long _sequence;

    public ScriptedMonth(string box = "box-1", int seed = 1)
    {
        (_box, _random) = (box, new Random(seed));
        Write();
    }

    public string Origin => $"edge/v1/springfield/{_box}";

    public string Vkey => new NoteKey(Origin, _key.Public).ToString();

    public string Log => _folder.File("audit");

    /// <summary>By the report's names.</summary>
    public IReadOnlyDictionary<string, long> Truth => _truth;

    public string File(string name) => _folder.File(name);

    public void Dispose()
    {
        _key.Dispose();
        _folder.Dispose();
    }

    private void Write()
    {
        // The evening before the quarter: nothing of it counts, but the rules that were in force then still are.
        var log = Open();
        log.Append(Entry(AuditAction.AgentStart));
        Rules(log, 3, 17);
        Summary(log, counts: false);
        _time.SetUtcNow(new DateTimeOffset(2026, 10, 1, 0, 0, 0, TimeSpan.Zero));
        for (var day = 0; day < 31; day++)
        {
            if (day == 12)
            {
                Rules(log, 4, 18);
                Count("policy.changes");
                Count("hotlist.changes");
                log.Append(Entry(AuditAction.HotlistEntryRefused) with { Agency = "springfield", Outcome = AuditOutcome.Refused("no-case"), Count = 1 });
                Count("out-of-policy");
                Count("out-of-policy.hotlist-entry");
            }
            // The same set again, as after every restart and every renewed timestamp: no change, and no second refusal.
            else if (day % 5 == 0) Rules(log, day > 12 ? 4 : 3, day > 12 ? 18 : 17, again: day > 12);
            for (var hour = 0; hour < 24; hour++) Hour(log, day, hour);
            if (day is not (7 or 20)) continue;
            // One night in order, the other one a power cut.
            if (day == 7) log.Append(Entry(AuditAction.AgentStop));
            else Count("starts.unclean");
            log.Dispose();
            _time.Advance(TimeSpan.FromMinutes(20));
            log = Open();
            log.Append(Entry(AuditAction.AgentStart));
            Count("starts");
        }
        log.Dispose();
        foreach (var verdict in _hits.Select(hit => _verdicts.GetValueOrDefault(hit)))
            if (verdict is null) Count("hits.unjudged");
            else
            {
                Count("hits.judged");
                Count($"hits.judged.{verdict}");
            }
    }

    private AuditLog Open() => AuditLog.Open(Log, Origin, _key, _time, new UnsyncedSteps());

    private void Hour(AuditLog log, int day, int hour)
    {
        Summary(log, counts: true);
        _time.Advance(TimeSpan.FromMinutes(59));
        var what = (day * 24 + hour) % 29;
        var (caseId, person) = (Cases[day % Cases.Length], People[hour % 2]);
        if (what < 6) Search(log, caseId, person, found: what % 3);
        else if (what == 6) Order(log, AuditAction.OrderHold, "holds", caseId, person);
        else if (what == 7) Order(log, AuditAction.OrderRelease, "releases", caseId, person);
        else if (what == 8) RefusedOrder(log, AuditAction.OrderSearch, "purpose-not-allowed", caseId, person, "out-of-policy");
        else if (what == 9) RefusedOrder(log, AuditAction.OrderHold, "beyond-longest-hold", caseId, person, "out-of-policy");
        else if (what == 10) RefusedOrder(log, AuditAction.OrderSearch, "expired", caseId, person, "orders.refused.not-against-policy");
        else if (what == 11) Stranger(log);
        else if (what == 12) Incident(log);
        else if (what == 13 && _hits.Count > 0) Disposition(log, caseId, person);
        else if (what == 14) DoneAndThenNot(log, caseId, person);
        else if (what == 15) Sweep(log);
        else if (what == 16)
        {
            log.Append(Entry(AuditAction.OrderExport) with
                { Actor = AuditEntry.APerson, Person = ConcealedValue.Person(People[2]), Role = AuditRole.Auditor, Digest = Digest() });
            Count("exports");
        }
        else if (what > 24) Hit(log, caseId, shared: what == 28 ? day % 4 : -1);
        _time.Advance(TimeSpan.FromMinutes(1));
    }

    private void Summary(AuditLog log, bool counts)
    {
        var (discarded, hits) = (_random.Next(500), _random.Next(2));
        // A hit is stored before the summary that counts it.
        for (var i = 0; i < hits; i++) Hit(log, Cases[_random.Next(Cases.Length)], -1, counts);
        log.Append(new AuditEntry { Action = AuditAction.IntervalSummary, Frames = 9000, Reads = discarded + hits, Discarded = discarded, Hits = hits });
        if (!counts) return;
        Count("frames", 9000);
        Count("reads", discarded + hits);
        Count("reads.discarded", discarded);
        Count("reads.hits", hits);
    }

    private void Hit(AuditLog log, string caseId, int shared, bool counts = true)
    {
        var stored = new AuditEntry
        {
            Action = AuditAction.HitStored, Sequence = ++_sequence, Digest = Digest(), Case = ConcealedValue.Case(caseId), Purpose = "stolen-vehicle",
            Agency = "springfield",
        };
        if (shared < 0) log.Append(stored);
        else
        {
            var kind = shared == 0 ? "federal" : "local";
            log.AppendMany([stored, stored with { Action = AuditAction.HitShared, Agency = shared == 0 ? "bureau" : "riverton", Kind = kind }]);
            Count("shares");
            Count("shares.case-linked");
            Count($"shares.{kind}");
        }
        if (!counts) return;
        _hits.Add(_sequence);
        Count("hits");
        Count("hits.case-linked");
    }

    private void Search(AuditLog log, string caseId, string person, int found)
    {
        log.Append(Order(AuditAction.OrderSearch, caseId, person) with { Count = found });
        Count("searches");
        Count("searches.case-linked");
        Count("searches.results", found);
        if (found == 0) Count("searches.empty");
    }

    private void Order(AuditLog log, AuditAction action, string name, string caseId, string person)
    {
        log.Append(Order(action, caseId, person));
        Count(name);
    }

    private void RefusedOrder(AuditLog log, AuditAction action, string reason, string caseId, string person, string name)
    {
        var order = Order(action, caseId, person) with { Outcome = AuditOutcome.Refused(reason) };
        log.Append(reason == "purpose-not-allowed" ? order with { Purpose = "outside-policy", Claim = ConcealedValue.Claim("neighbour-jane") } : order);
        Count("orders.refused");
        Count(name);
    }

    private void Stranger(AuditLog log)
    {
        log.Append(Entry(AuditAction.OrderRefused) with { Outcome = AuditOutcome.Refused("unknown-operator"), Actor = "unknown", Count = 3 });
        Count("orders.refused", 3);
        Count("orders.refused.not-authorised", 3);
    }

    private void Incident(AuditLog log)
    {
        log.Append(Entry(AuditAction.Incident) with { Kind = "clock-jump", Detail = "forwards", Count = 2 });
        log.Append(Entry(AuditAction.IncidentReported) with { Kind = "clock-jump", Count = 2, Sequence = ++_sequence, Digest = Digest() });
        Count("incidents", 2);
        Count("incidents.messages");
    }

    private void Disposition(AuditLog log, string caseId, string person)
    {
        var hit = _hits[_random.Next(_hits.Count)];
        var verdict = _random.Next(4) == 0 ? "misread" : "confirmed";
        log.Append(Order(AuditAction.OrderDisposition, caseId, person) with { Sequence = hit, Kind = verdict });
        _verdicts[hit] = verdict;
        Count("dispositions");
    }

    // The disk refused after the log had said that it was done.
    private void DoneAndThenNot(AuditLog log, string caseId, string person)
    {
        var order = Order(AuditAction.OrderSearch, caseId, person) with { Count = 2 };
        log.AppendMany([order, order with { Outcome = AuditOutcome.Refused("disk") }]);
        Count("orders.refused");
        Count("orders.refused.not-against-policy");
    }

    private void Sweep(AuditLog log)
    {
        log.Append(Entry(AuditAction.SweepDone) with { Count = 5 });
        Count("sweeps");
        Count("swept", 5);
    }

    private static void Rules(AuditLog log, int policy, int list, bool again = false)
    {
        log.AppendMany(
        [
            Entry(AuditAction.TrustActivated) with { Agency = "springfield", Version = 100 },
            Entry(AuditAction.PolicyActivated) with
            { Agency = "springfield", Version = policy, Digest = Sha256Hash.Of([(byte)policy]), Count = policy == 3 ? 24 : 48 },
            Entry(AuditAction.HotlistActivated) with { Agency = "springfield", Version = list, Digest = Sha256Hash.Of([(byte)list]), Count = 12 },
        ]);
        if (again) log.Append(Entry(AuditAction.HotlistEntryRefused) with { Agency = "springfield", Outcome = AuditOutcome.Refused("no-case"), Count = 1 });
    }

    private AuditEntry Order(AuditAction action, string caseId, string person) => Entry(action) with
    {
        Actor = AuditEntry.APerson, Person = ConcealedValue.Person(person), Role = AuditRole.Investigator, Case = ConcealedValue.Case(caseId),
        Purpose = "stolen-vehicle",
        Agency = "springfield", Digest = Digest(),
    };

    private static AuditEntry Entry(AuditAction action) => new() { Action = action };

    private Sha256Hash Digest()
    {
        var bytes = new byte[16];
        _random.NextBytes(bytes);
        return Sha256Hash.Of(bytes);
    }

    private void Count(string name, long count = 1) => _truth[name] = _truth.GetValueOrDefault(name) + count;
}
