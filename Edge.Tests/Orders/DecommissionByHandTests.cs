using Edge.Agent.Governance;
using Edge.Agent.Orders;
using Edge.Storage.Audit;
using Edge.Tests.Audit;
using Edge.Tests.Support;

namespace Edge.Tests.Orders;

/// <summary>Whoever is root asks for it on a disk that is full.</summary>
public sealed class DecommissionByHandTests : IAsyncDisposable
{
    private readonly OrderLab _lab = new();
    private readonly TemporaryFolder _folder = new();
    private readonly FaultySteps _steps = new(Fault.Refused);
    private readonly CancellationTokenSource _stop = new();
    private readonly AuditLog _audit;
    private readonly DecommissionByHand _byHand;
    private Task _running = Task.CompletedTask;
    private int _done;

    public DecommissionByHandTests()
    {
        _audit = AuditLog.Open(_folder.File("audit"), _lab.Box.LogOrigin, _lab.State.Keys.Log, _lab.State.Time, _steps);
        var desk = new OrderDesk(_lab.State.Directory, _lab.State.Database, _audit, _lab.Signer, _lab.State.Keys, RevokedKeys.Open(_lab.State.Directory),
            () => null, (kind, detail) => _lab.Incidents.Add((kind, detail)), _lab.State.Time, _lab.Log) { Decommissioned = () => _done++ };
        _byHand = new DecommissionByHand(_lab.State.Directory, _lab.Box, desk, _lab.State.Time, _lab.Log);
    }

    private IEnumerable<AuditEntry> Logged => _audit.Read().Select(record => record.Entry!);

    private string Marker => Path.Combine(_lab.State.Directory, OrderDesk.DecommissionedName);

    private int Refusals
    {
        get
        {
            lock (_lab.Log.Lines) return _lab.Log.Lines.Count(line => line.Contains("once it can be logged", StringComparison.Ordinal));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
        _audit.Dispose();
        _lab.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_full_disk_does_not_end_the_box_which_goes_out_of_service_once_there_is_room()
    {
        _steps.FailAt(0, thenDead: true);
        DecommissionByHand.Ask(_lab.State.Directory, _lab.Box);
        _byHand.Look(); // as at the start
        _running = _byHand.RunAsync(_stop.Token);
        _lab.State.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(_running.IsCompleted);
        Assert.Equal((0, 1, false), (_done, Refusals, File.Exists(Marker)));

        _steps.FailAt(int.MaxValue, thenDead: false);
        await Eventually.TrueAsTimePasses(_lab.State.Time, () => _done > 0, "it is out of service");
        Assert.True(File.Exists(Marker));
        Assert.Equal(AuditAction.OrderDecommission, Assert.Single(Logged).Action);
        Assert.Equal([(IncidentKind.Tamper, "decommissioned-by-hand")], _lab.Incidents);
    }

    [Fact]
    public void It_is_logged_once_however_often_the_disk_refuses_the_rest()
    {
        DecommissionByHand.Ask(_lab.State.Directory, _lab.Box);
        var blocked = Directory.CreateDirectory(Marker + ".tmp"); // where the marker would be written
        for (var i = 0; i < 3; i++) _byHand.Look();
        Assert.Equal(0, _done);
        blocked.Delete();
        _byHand.Look();
        Assert.Equal(1, _done);
        Assert.Single(Logged);
    }
}
