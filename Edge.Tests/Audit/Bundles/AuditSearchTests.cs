using Edge.Storage.Audit;
using Edge.Storage.Audit.Bundles;

namespace Edge.Tests.Audit.Bundles;

public sealed class AuditSearchTests : IDisposable
{
    private readonly LogLab _lab = new();

    public void Dispose() => _lab.Dispose();

    [Fact]
    public void What_is_found_is_what_every_entry_was_asked_for_one_by_one()
    {
        using (var log = _lab.Open())
            for (var i = 0; i < 60; i++)
            {
                log.AppendMany(LogLab.Entries(10, 10 * i));
                log.Append(new AuditEntry
                {
                    Action = AuditAction.OrderSearch, Actor = AuditEntry.APerson, Person = ConcealedValue.Person($"somebody-{i % 3}"),
                    Role = AuditRole.Investigator,
                    Case = ConcealedValue.Case($"2026-{i % 4}"), Purpose = "stolen-vehicle", Count = i,
                    Outcome = i % 7 == 0 ? AuditOutcome.Refused("no-case") : AuditOutcome.Done,
                });
                _lab.Time.Advance(TimeSpan.FromMinutes(1));
            }
        var start = new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
        (AuditQuery Query, Func<AuditEntry, bool> Is)[] queries =
        [
            (new AuditQuery(), _ => true),
            (new AuditQuery { From = start.AddMinutes(10), To = start.AddMinutes(20) },
                entry => entry.Time >= start.AddMinutes(10) && entry.Time < start.AddMinutes(20)),
            (new AuditQuery { Actions = [AuditAction.OrderSearch, AuditAction.HitStored] },
                entry => entry.Action is AuditAction.OrderSearch or AuditAction.HitStored),
            (new AuditQuery { Done = false }, entry => entry.Outcome.Reason is not null),
            (new AuditQuery { Done = true, Role = AuditRole.Investigator }, entry => entry.Outcome.Reason is null && entry.Role == AuditRole.Investigator),
            (new AuditQuery { Reason = "no-case", Actions = [AuditAction.OrderSearch] },
                entry => entry.Outcome.Reason == "no-case" && entry.Action == AuditAction.OrderSearch),
            (new AuditQuery { Purpose = "stolen-vehicle" }, entry => entry.Purpose == "stolen-vehicle"),
            (new AuditQuery { Actor = "agent" }, entry => entry.Actor == "agent"),
        ];
        using var bundle = Bundle.Open(_lab.Directory);
        var all = AuditSearch.In(bundle, new AuditQuery()).ToList();
        Assert.Equal(660, all.Count);
        foreach (var (query, @is) in queries)
        {
            var expected = all.Where(match => @is(match.Entry!)).Select(match => match.Record.Index).ToList();
            Assert.NotEmpty(expected);
            Assert.Equal(expected, AuditSearch.In(bundle, query).Select(match => match.Record.Index));
        }
        Assert.Equal(15, AuditSearch.In(bundle, new AuditQuery { Case = "2026-1", Actions = [AuditAction.OrderSearch] }).Count());
        Assert.Equal(20, AuditSearch.In(bundle, new AuditQuery { Actor = "somebody-2" }).Count());
        Assert.Empty(AuditSearch.In(bundle, new AuditQuery { Actor = "somebody-9" }));
    }
}
