using System.Diagnostics;
using System.Text.Json;
using Edge.Agent.Governance;
using Edge.Agent.Orders;
using Edge.Agent.Publishing;
using Edge.Storage.Database;
using Edge.Tests.Database;
using Edge.Tests.Support;

namespace Edge.Tests.Orders;

/// <summary>The folder door: the same desk, and nothing that lies there holds up what lies beside it.</summary>
public sealed class OrderInboxTests : IDisposable
{
    private readonly OrderLab _lab = new();
    private readonly TemporaryFolder _folder = new();
    private OrderInbox _inbox;

    public OrderInboxTests() => _inbox = new OrderInbox(_folder.Path, _lab.Desk, _lab.State.Time, _lab.Log);

    public void Dispose()
    {
        _lab.Dispose();
        _folder.Dispose();
    }

    private void Put(string name, byte[] bytes) => File.WriteAllBytes(_folder.File(name + OrderInbox.OrderEnding), bytes);

    private string? Outcome(string name)
    {
        if (!File.Exists(_folder.File(name + OrderInbox.OutcomeEnding))) return null;
        using var said = JsonDocument.Parse(File.ReadAllBytes(_folder.File(name + OrderInbox.OutcomeEnding)));
        Assert.Equal(["order", "verb", "outcome", "count"], said.RootElement.EnumerateObject().Select(member => member.Name)); // and no hits
        return said.RootElement.GetProperty("outcome").GetString();
    }

    [Fact]
    public void An_order_brought_by_hand_is_judged_as_any_other_and_its_outcome_lies_beside_it()
    {
        _lab.Commit();
        Put("good", _lab.Sign(_lab.Search()));
        Put("wrong-role", _lab.Sign(_lab.Search(), Edge.Storage.Audit.AuditRole.Oversight));
        Put("nonsense", "nonsense"u8.ToArray());
        Put("empty", []);
        Put("large", new byte[OrderMessage.MaxBytes + 1]);
        _inbox.Look();
        Assert.Equal(("done", "refused:wrong-role", "refused:not-an-operators", "refused:not-an-operators", "refused:not-an-operators"),
            (Outcome("good"), Outcome("wrong-role"), Outcome("nonsense"), Outcome("empty"), Outcome("large")));
        Assert.Empty(Directory.EnumerateFiles(_folder.Path, "*" + OrderInbox.OrderEnding));
        Assert.Equal((1, 4), _lab.Desk.Counts);
    }

    [Fact]
    public void Pipes_and_links_are_not_followed_and_hold_up_no_order()
    {
        for (var i = 0; i < 100; i++) File.CreateSymbolicLink(_folder.File($"a-{OrderLab.Plate}-{i}.order"), "/etc/passwd");
        using (var made = Process.Start("mkfifo", _folder.File("b.order"))!) made.WaitForExit();
        Directory.CreateDirectory(_folder.File("c.order"));
        Put("z", _lab.Sign(_lab.Search()));
        _inbox.Look();
        _inbox.Look();
        Assert.Equal("done", Outcome("z"));
        Assert.Equal(101, _lab.Log.Lines.Count(line => line.Contains("not taken", StringComparison.Ordinal)));
        Assert.DoesNotContain(_lab.Log.Lines, line => line.Contains(OrderLab.Plate, StringComparison.Ordinal));
    }

    [Fact]
    public void An_outcome_that_cannot_be_written_is_said_later_and_its_order_is_not_taken_twice()
    {
        Put("a", _lab.Sign(_lab.Search()));
        Put("b", _lab.Sign(_lab.Search()));
        var blocking = Directory.CreateDirectory(_folder.File("a" + OrderInbox.OutcomeEnding));
        _inbox.Look();
        _inbox.Look();
        Assert.Equal("done", Outcome("b"));
        blocking.Delete();
        _inbox.Look();
        Assert.Equal("done", Outcome("a"));
        Assert.Equal((2, 0), _lab.Desk.Counts);
        Assert.Empty(_lab.Incidents);
    }

    [Fact]
    public void On_a_full_disk_an_order_waits_and_is_carried_out_once_there_is_room()
    {
        var disk = new SimulatedDisk();
        using var folder = new TemporaryFolder();
        using var database = StateDatabase.Open(folder.Path, disk.Files(folder.Path), _lab.State.Keys.Hours, _lab.State.Time);
        _inbox = new OrderInbox(_folder.Path, _lab.NewDesk(database), _lab.State.Time, _lab.Log);
        Put("a", _lab.Sign(_lab.Search()));
        disk.FullAt = 0;
        _inbox.Look();
        Assert.Null(Outcome("a"));
        disk.FullAt = null;
        _inbox.Look();
        Assert.Equal("done", Outcome("a"));
    }

    [Fact]
    public void An_order_on_which_the_box_fails_is_said_to_be_refused_and_does_not_lie_there_for_the_next_start()
    {
        var desk = new OrderDesk(_lab.State.Directory, _lab.State.Database, _lab.Audit, _lab.Signer, _lab.State.Keys, RevokedKeys.Open(_lab.State.Directory),
            () => throw new InvalidOperationException(OrderLab.Plate), (_, _) => { }, _lab.State.Time, _lab.Log);
        _inbox = new OrderInbox(_folder.Path, desk, _lab.State.Time, _lab.Log);
        Put("a", _lab.Sign(_lab.Search()));
        _inbox.Look();
        Assert.Equal(OrderInbox.NotJudged, Outcome("a"));
        Assert.False(File.Exists(_folder.File("a" + OrderInbox.OrderEnding)));
        Assert.DoesNotContain(_lab.Log.Lines, line => line.Contains(OrderLab.Plate, StringComparison.Ordinal));
    }

    [Fact]
    public void A_folder_that_is_gone_or_closed_stops_nothing_and_what_cannot_be_read_is_said_again_when_it_comes_back()
    {
        File.CreateSymbolicLink(_folder.File("a.order"), "/etc/passwd");
        _inbox.Look();
        File.Delete(_folder.File("a.order"));
        _inbox.Look();
        File.CreateSymbolicLink(_folder.File("a.order"), "/etc/passwd");
        _inbox.Look();
        Assert.Equal(2, _lab.Log.Lines.Count(line => line.Contains("not taken", StringComparison.Ordinal)));
        Directory.Delete(_folder.Path, recursive: true);
        _inbox.Look();
        File.WriteAllText(_folder.Path, "");
        _inbox.Look();
        File.Delete(_folder.Path);
        Directory.CreateDirectory(_folder.Path);
        Put("z", _lab.Sign(_lab.Search()));
        _inbox.Look();
        Assert.Equal("done", Outcome("z"));
    }
}
