using Edge.Agent.Governance;
using Edge.Agent.Governance.Orders;
using Edge.Agent.Orders;
using Edge.Storage.Audit;

namespace Edge.Tests.Orders;

public sealed class LogCopiesTests : IDisposable
{
    private readonly OrderLab _lab = new();

    public void Dispose() => _lab.Dispose();

    private string Folder => Path.Combine(_lab.State.Directory, OrderDesk.ExportsName);

    private IEnumerable<string> Copies =>
        Directory.Exists(Folder) ? Directory.GetDirectories(Folder).Select(copy => Path.GetFileName(copy)!).Order(StringComparer.Ordinal) : [];

    private AuditOutcome Export(string id, Verb? only = null)
    {
        _lab.State.Time.Advance(TimeSpan.FromMinutes(1));
        return _lab.Desk.Take(_lab.Sign(new Order.Export(), id: id), only: only)!.Outcome;
    }

    [Fact]
    public void Without_room_for_the_log_twice_and_a_reserve_nothing_is_copied()
    {
        _lab.Take(_lab.Search());
        _lab.FreeSpace = 2 * _lab.Audit.BytesOfCopy() + LogCopies.Reserve - 1;
        Assert.Equal(AuditOutcome.Refused("no-room"), Export("order-of-the-test-a"));
        Assert.Equal(AuditOutcome.Refused("no-room"), _lab.Entries[^1].Outcome);
        Assert.Empty(Copies);

        _lab.FreeSpace = 2 * _lab.Audit.BytesOfCopy() + LogCopies.Reserve;
        Assert.Equal(AuditOutcome.Done, Export("order-of-the-test-b"));
        Assert.Equal(["order-of-the-test-b"], Copies);
    }

    [Fact]
    public void However_many_are_ordered_the_newest_two_stay()
    {
        // Neither in the order of their names nor, when the box starts again, of its memory.
        foreach (var id in new[] { "c", "d", "a" }) Assert.Equal(AuditOutcome.Done, Export($"order-of-the-test-{id}"));
        Assert.Equal(["order-of-the-test-a", "order-of-the-test-d"], Copies);
        _lab.Restart();
        Assert.Equal(AuditOutcome.Done, Export("order-of-the-test-b"));
        Assert.Equal(["order-of-the-test-a", "order-of-the-test-b"], Copies);
    }

    [Fact]
    public void One_goes_after_seven_days_and_what_was_cut_off_at_the_next_sweep()
    {
        Assert.Equal(AuditOutcome.Done, Export("order-of-the-test-a"));
        Directory.CreateDirectory(Path.Combine(Folder, "order-of-the-test-b~", "tile"));
        _lab.State.Time.Advance(LogCopies.KeptFor - TimeSpan.FromMinutes(1));
        _lab.Desk.SweepExports();
        Assert.Equal(["order-of-the-test-a"], Copies);
        _lab.State.Time.Advance(TimeSpan.FromMinutes(1));
        _lab.Desk.SweepExports();
        Assert.Empty(Copies);
    }

    [Fact]
    public void What_a_stick_is_to_take_away_stays_until_it_has_it_and_pushes_nothing_out()
    {
        foreach (var id in new[] { "a", "b" }) Assert.Equal(AuditOutcome.Done, Export($"order-of-the-test-{id}"));
        Assert.Equal(AuditOutcome.Done, Export("order-of-the-test-s", only: Verb.Export));
        Assert.Equal(["order-of-the-test-a", "order-of-the-test-b", "order-of-the-test-s"], Copies);
        foreach (var id in new[] { "c", "d" }) Assert.Equal(AuditOutcome.Done, Export($"order-of-the-test-{id}"));
        Assert.Equal(["order-of-the-test-c", "order-of-the-test-d", "order-of-the-test-s"], Copies);
    }
}
