using Edge.Agent.Governance;
using Edge.Agent.Hub;
using Edge.Storage.Audit;
using Edge.Storage.Trust;
using Edge.Storage.Witnessing;
using Edge.Tests.Audit;
using Microsoft.Extensions.Time.Testing;

namespace Edge.Tests.Support;

/// <summary>Witnesses of an agency's log of publications, asked without a broker.</summary>
internal sealed class PublicationWitnesses : IDisposable
{
    private readonly Agency _agency;
    private readonly FakeTimeProvider _time;
    private readonly List<LogWitness> _witnesses = [];

    public PublicationWitnesses(Agency agency, string folder, FakeTimeProvider time, int count)
    {
        (_agency, _time) = (agency, time);
        for (var i = 0; i < count; i++) _witnesses.Add(LogWitness.Open(Path.Combine(folder, $"witness-{i}"), $"witness-{i}", time, new UnsyncedSteps()));
    }

    public IReadOnlyList<NoteKey> Keys => [.. _witnesses.Select(witness => witness.Key)];

    public PublicationLog Log => _agency.PublicationsAt(_time);

    /// <summary>Publishes a policy that names the log and these witnesses.</summary>
    public void Require(int needed, NoteKey? log = null) => Publish(policy => policy with { PublicationLog = log ?? Log.PublicKey(),
        Witnesses = new Witnesses(Keys, needed) });

    public void Publish(Func<Policy, Policy> change)
    {
        var policy = change(_agency.Policy);
        Assert.True(_agency.Ceremony.Propose(new Dictionary<string, byte[]> { [TrustPath.Policy] = (policy with { Version = policy.Version + 1 }).Write() },
            _time.GetUtcNow()));
    }

    /// <summary>What one witness makes of the newest checkpoint.</summary>
    public Witnessed Ask(int witness, out SignedNote? cosigned)
    {
        var (one, key) = (_witnesses[witness], Log.PublicKey());
        var request = Log.Offer().Request(one.KnownOf(key));
        var witnessed = one.Take(request, key);
        cosigned = witnessed.Cosignature is { } line ? request.Note.Of(key).With(line) : null;
        return witnessed;
    }

    /// <summary>Has the first of the witnesses cosign, and makes the proofs that this allows.</summary>
    /// <returns>The lists that still wait.</returns>
    public IReadOnlyList<AwaitedHotlist> Cosign(int count)
    {
        Log.RecordAll();
        for (var i = 0; i < count; i++)
        {
            Ask(i, out var note);
            Log.Take([Assert.IsType<SignedNote>(note)]);
        }
        return Log.Prove();
    }

    public void Dispose()
    {
        foreach (var witness in _witnesses) witness.Dispose();
    }
}
