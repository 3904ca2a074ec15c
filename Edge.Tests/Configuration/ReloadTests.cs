using Edge.Agent.Configuration;
using Edge.Storage.Audit;
using Edge.Tests.Audit;
using Edge.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Configuration;

/// <summary>A configuration that is taken anew, and the log: the entry comes first. With a running box: <see cref="Scenarios.ReloadTests"/>.</summary>
public sealed class ReloadTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly LogLab _lab = new();
    private readonly FaultySteps _steps = new(Fault.Refused);
    private readonly AuditLog _audit;

    public ReloadTests() => _audit = _lab.Open(_steps);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _audit.Dispose();
        _lab.Dispose();
        _folder.Dispose();
    }

    private IEnumerable<(AuditOutcome Outcome, Sha256Hash? Digest)> Logged => _audit.Read().Select(record => (record.Entry!.Outcome, record.Entry.Digest));

    private AgentConfiguration Write(int outboxMegabytes)
    {
        File.WriteAllText(_folder.File("edge.json"),
            $$"""{ "broker": { "host": "broker.example" }, "cameras": [{ "name": "lane-1", "source": "rtsp://camera.example/stream" }], "outboxMegabytes": {{outboxMegabytes}} }""");
        return AgentConfiguration.Load(_folder.File("edge.json"));
    }

    private Reload Started(AgentConfiguration with, Func<AgentConfiguration, string?> apply) =>
        new(with, (next, _) => Task.FromResult(apply(next)), _audit, _lab.Time, NullLogger.Instance);

    [Fact]
    public async Task What_is_taken_over_stands_in_the_log_before_it_is_in_force()
    {
        List<(AuditOutcome, Sha256Hash?)> before = [];
        using var reload = Started(Write(64), _ =>
        {
            before.AddRange(Logged);
            return null;
        });
        var next = Write(128);
        Assert.Null(await reload.RunAsync(Cancel));
        Assert.Equal([(AuditOutcome.Done, ConfigurationKeys.Digest(next.Keys))], before);
        Assert.Equal(before, Logged);
    }

    [Fact]
    public async Task What_could_not_be_put_into_force_after_all_is_taken_back_by_the_next_entry()
    {
        using var reload = Started(Write(64), _ => "lane-1 cannot be opened");
        var next = Write(128);
        Assert.NotNull(await reload.RunAsync(Cancel));
        Assert.Equal([(AuditOutcome.Done, ConfigurationKeys.Digest(next.Keys)), (AuditOutcome.Refused("not-applied"), null)], Logged);
    }

    [Fact]
    public async Task Where_the_log_refuses_nothing_is_put_into_force()
    {
        using var reload = Started(Write(64), _ => throw new InvalidOperationException("put into force"));
        Write(128);
        _steps.FailAt(0, thenDead: true);
        Assert.NotNull(await reload.RunAsync(Cancel));
        Assert.NotNull(reload.Look.Refused);
    }

    [Fact]
    public async Task A_damaged_log_is_not_passed_over()
    {
        using var reload = Started(Write(64), _ => throw new InvalidOperationException("put into force"));
        Write(128);
        _audit.Append(new AuditEntry { Action = AuditAction.AgentStart });
        _steps.FailAt(0, thenDead: false);
        Assert.Throws<AuditWriteException>(() => _audit.Append(new AuditEntry { Action = AuditAction.AgentStart }));
        File.Delete(Path.Combine(_lab.Directory, "checkpoint")); // what a failed write makes it look at again
        await Assert.ThrowsAsync<AuditDamagedException>(() => reload.RunAsync(Cancel));
    }
}
