using Edge.Agent.Enrolment;
using Edge.Agent.Governance;
using Edge.Agent.Hits;
using Edge.Agent.Hub;
using Edge.Agent.Publishing;
using Edge.Storage.Audit;
using Edge.Storage.Database;
using Edge.Storage.Keys;
using Edge.Storage.Trust;
using Edge.Tests.Hits;
using Edge.Tests.Matching;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Edge.Tests.Support;

/// <summary>A box of an agency with the real trust client, matcher, recorder, database and log; only the camera is missing.</summary>
internal sealed class RoadsideBox : IDisposable
{
    private readonly Agency _agency;
    private readonly KeyFolder _keys;
    private readonly Func<TrustWatch> _openTrust;
    private TrustWatch _trust;
    private readonly MessageSigner _signer;

    public RoadsideBox(Agency agency, string folder)
    {
        _agency = agency;
        _keys = KeyFolder.Open(Path.Combine(folder, "state"), credentialsDirectory: null);
        var enrolment = new EnrolmentFolder(Path.Combine(folder, "enrolment"));
        var name = new BoxName(agency.Name, "box-1");
        enrolment.Accept(agency.Enrol(enrolment.Prepare(name, _keys), Lists.Now), Lists.Now);
        State = StateDatabase.Open(Path.Combine(folder, "state"), _keys.Hours, Time);
        Audit = AuditLog.Open(Path.Combine(folder, "audit"), name.LogOrigin, _keys.Log, Time);
        Revoked = RevokedKeys.Open(Path.Combine(folder, "state"));
        _openTrust = () => new TrustWatch(TrustClient.Open(Path.Combine(folder, "trust"), enrolment.Root(), agency.Name, "box-1"), Audit,
            NullLogger.Instance) { IsRevoked = Revoked.Contains };
        _trust = _openTrust();
        _signer = new MessageSigner(name, _keys.Messages, "0.1.0");
    }

    public FakeTimeProvider Time { get; } = new(Lists.Now);

    public StateDatabase State { get; }

    public AuditLog Audit { get; }

    public ReadCounter Counter { get; } = new();

    /// <summary>Whom a <c>revoke</c> order shut out.</summary>
    public RevokedKeys Revoked { get; }

    public ActiveTrust? Trust => _trust.Current;

    /// <summary>The log's entries of one action, in order.</summary>
    public IEnumerable<AuditEntry> Logged(AuditAction action) => Audit.Read().Select(record => record.Entry!).Where(entry => entry.Action == action);

    public void Refresh() => _trust.Refresh(TrustSource.Folder(_agency.TrustFolder), Time.GetUtcNow());

    /// <summary>Begins anew with what is on the disk, without a hub.</summary>
    public void Restart()
    {
        _trust = _openTrust();
        _trust.Restore(Time.GetUtcNow());
    }

    /// <summary>Of the cases that look for a plate now, each with its agency.</summary>
    public IEnumerable<(string For, string Case)> WhoLooksFor(string text)
    {
        using var plate = Lists.Plate(text);
        return _trust.Current!.Match(plate, Time.GetUtcNow()).Select(match => (match.For, match.Entry.Case));
    }

    public HitRecorder Recorder() => new(State, Audit, _signer, _keys, Counter, Time, NullLogger.Instance);

    /// <summary>A vehicle passes: matched and recorded, or forgotten.</summary>
    public async Task SeeAsync(string plate)
    {
        using var passage = Passages.Of(plate);
        var matches = _trust.Current!.Match(passage.Plate, Time.GetUtcNow());
        if (matches.Count == 0)
        {
            Counter.Discarded();
            return;
        }
        using var recorder = Recorder();
        using var seen = Sighting.Of(passage);
        recorder.Record(seen, passage.Camera, passage.SeenAt, matches, _trust.Current, Time.GetUtcNow());
        recorder.Complete();
        await recorder.RunAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>What may leave, as the broker gets it.</summary>
    public IReadOnlyList<(string Topic, ReadOnlyMemory<byte> Payload)> Leaving() =>
        [.. State.Outbox.Ready(64).Select(message => (_signer.Address(message).Topic, message.Payload))];

    public SummaryWriter Summary() => new(State, Audit, _signer, _trust, Time, () => Counter.Total, () => []) { TakeShared = Counter.TakeShared };

    public void Dispose()
    {
        Audit.Dispose();
        State.Dispose();
        _keys.Dispose();
    }
}
