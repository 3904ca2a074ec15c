using Edge.Storage.Database;
using Edge.Storage.Keys;
using Edge.Storage.Orders;
using Edge.Storage.Retention;
using Edge.Tests.Database;
using Edge.Tests.Support;

namespace Edge.Tests.Orders;

/// <summary>The power goes, or the disk runs full, at every single operation of a hold and its release.</summary>
public sealed class OrderFaultTests : IDisposable
{
    private const int Held = 3;

    private static readonly OrderEffect Hold = new OrderEffect.Hold("held", StateFixture.Start.AddDays(10), TimeSpan.FromDays(21));
    private static readonly OrderEffect Release = new OrderEffect.Release("held");

    private readonly StateFixture _state = new();

    public void Dispose() => _state.Dispose();

    [Fact]
    public void A_power_cut_at_any_moment_leaves_all_of_an_order_or_nothing_and_it_is_done_once_when_it_comes_again()
    {
        var operations = Run(new SimulatedDisk(), out _);
        for (var cut = 0; cut <= operations; cut++)
        {
            var disk = new SimulatedDisk { DiesAt = cut };
            Run(disk, out var promised);
            foreach (var (chance, seed) in new[] { (cut % 2, 0), (0.6, cut) })
                Verify(disk.AfterPowerCut(chance, seed), promised, $"operation {cut}, {chance:P0} of the cache kept");
        }
    }

    [Fact]
    public void A_disk_that_runs_full_at_any_moment_refuses_an_order_whole()
    {
        var operations = Run(new SimulatedDisk(), out _);
        for (var full = 0; full <= operations; full++)
        {
            var disk = new SimulatedDisk { FullAt = full };
            Run(disk, out var promised);
            disk.FullAt = null;
            Verify(disk, promised, $"full at operation {full}");
        }
    }

    [Fact]
    public void On_a_full_disk_what_a_hold_keeps_is_sealed_again_and_the_keys_of_others_die_on_time()
    {
        var disk = new SimulatedDisk();
        using var database = Open(disk);
        for (var i = 0; i < 100; i++) database.Hits.Commit(_state.Entry(i % 2 == 0 ? "held" : "other", StateFixture.Start.AddDays(1)));
        Carry(database, "order", Hold);
        disk.FullAt = 0;
        _state.Time.Advance(TimeSpan.FromDays(1));
        var swept = Sweep.Run(database);
        Assert.Equal((50, 50, 1), (swept.Hits, swept.Resealed, swept.Keys));
        Assert.Equal(50, database.Hits.ReadAll().Count());
    }

    [Fact]
    public void A_hold_for_whose_keys_there_is_no_room_is_refused_whole()
    {
        _state.Commit("held");
        Directory.CreateDirectory(Path.Combine(_state.Directory, "keys/hours/2026-12-03T18.2.tmp")); // where the key would be written
        Assert.Throws<StateStorageException>(() => _state.Carry("order", Hold));
        Assert.Null(_state.Database.Orders.Find("order"));
        Assert.Equal(StateFixture.Start.AddDays(1), _state.Hits.Find(1)!.KeptUntil);
        Directory.Delete(Path.Combine(_state.Directory, "keys/hours/2026-12-03T18.2.tmp"));
        Assert.Equal(OrderUse.Carried, _state.Carry("order", Hold).Use);
    }

    [Fact]
    public void A_release_for_whose_keys_there_is_no_room_ends_what_it_ends_and_holds_up_no_other_key()
    {
        var retention = StateFixture.Start.AddDays(2);
        _state.Hits.Commit(_state.Entry("held", retention));
        _state.Commit("other");
        _state.Commit("other", TimeSpan.FromDays(9));
        Assert.Equal(OrderUse.Carried, _state.Carry("order-1", Hold).Use);
        Sweep.Run(_state.Database);
        _state.Outbox.MarkLogged(1, 0);
        _state.Outbox.Acknowledge(1); // nothing else needs the key of its hour
        _state.Keys.Hours.Destroy(KeyHour.OfExpiry(retention));
        Directory.CreateDirectory(Path.Combine(_state.Directory, "keys/hours/2026-11-25T18.tmp"));

        _state.Carry("order-2", Release);
        _state.Time.Advance(TimeSpan.FromDays(1));
        Assert.Throws<StateStorageException>(() => Sweep.Run(_state.Database));
        Assert.DoesNotContain("2026-11-24T18", _state.Keys.Hours.Names.Select(name => name.ToString()));
        Assert.True(_state.Hits.TryRead(1, out _)); // not lost
        _state.Time.SetUtcNow(retention);
        Assert.Null(_state.Hits.Find(1)); // and not held longer
        var swept = Sweep.Run(_state.Database);
        Assert.Equal((2, 1), (swept.Hits, swept.HitsOfHolds)); // what the sweep before could not tell is told now
        Assert.DoesNotContain(_state.Keys.Hours.Names, name => name.Hold != 0);
    }

    /// <summary>Hits, a hold, a sweep and a release, until the disk fails.</summary>
    /// <param name="promised">How many orders returned before that.</param>
    private int Run(SimulatedDisk disk, out int promised)
    {
        promised = 0;
        try
        {
            using var database = Open(disk);
            for (var i = 0; i < Held; i++) database.Hits.Commit(_state.Entry("held", StateFixture.Start.AddDays(1)));
            Carry(database, "hold", Hold);
            promised = 1;
            Sweep.Run(database);
            Carry(database, "release", Release);
            promised = 2;
            Sweep.Run(database);
        }
        catch (StateStorageException)
        {
        }
        return disk.Operations;
    }

    private void Verify(SimulatedDisk after, int promised, string when)
    {
        // Each outcome has keys of its own: one sweep too early would lose another's.
        using var folder = new TemporaryFolder();
        folder.Take(Path.Combine(_state.Directory, "keys"), "keys");
        using var keys = KeyFolder.Open(folder.Path, credentialsDirectory: null);
        using var database = StateDatabase.Open(_state.Directory, after.Files(_state.Directory), keys.Hours, _state.Time);
        var (held, released) = (database.Orders.Find("hold"), database.Orders.Find("release"));
        Assert.InRange(database.Orders.Count, promised, promised + 1);
        Assert.Equal(held is not null && released is null, database.Holds.ContainsKey("held"));
        Assert.Equal(new[] { held, released }.OfType<UsedOrder>().Select(order => order.Answer), database.Outbox.Ready(10).Select(message => message.Sequence));
        VerifyHits(database, held is not null && released is null, when);

        // The orders come again, as they do when nobody acknowledged them.
        Assert.Equal(held is null ? OrderUse.Carried : OrderUse.UsedBefore, Carry(database, "hold", Hold).Use);
        if (released is null) VerifyHits(database, held: true, when);
        Sweep.Run(database);
        Assert.Equal(released is null ? OrderUse.Carried : OrderUse.UsedBefore, Carry(database, "release", Release).Use);
        VerifyHits(database, held: false, when);
        Sweep.Run(database);
        VerifyHits(database, held: false, when);
        Assert.Equal(2, database.Outbox.Ready(10).Count);
        Assert.DoesNotContain(keys.Hours.Names, name => name.Hold != 0);
    }

    private static void VerifyHits(StateDatabase database, bool held, string when)
    {
        Assert.All(database.Hits.List(), hit => Assert.Equal(StateFixture.Start.AddDays(held ? 10 : 1), hit.KeptUntil));
        Assert.All(database.Hits.List(), hit => Assert.True(database.Hits.TryRead(hit.Sequence, out _), $"{when}: hit {hit.Sequence} does not open"));
    }

    private StateDatabase Open(SimulatedDisk disk) =>
        StateDatabase.Open(_state.Directory, disk.Files(_state.Directory), _state.Keys.Hours, _state.Time);

    private static OrderOutcome Carry(StateDatabase database, string id, OrderEffect effect) => database.Orders.Carry(id,
        StateFixture.Start.AddDays(1), effect, new OrderAnswer(StateFixture.Start.AddDays(3), 0, (number, _) => StateFixture.Message(number)));
}
