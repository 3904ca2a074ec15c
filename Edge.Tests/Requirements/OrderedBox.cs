using Edge.Agent.Governance;
using Edge.Agent.Governance.Orders;
using Edge.Agent.Matching;
using Edge.Agent.Orders;
using Edge.Agent.Publishing;
using Edge.Storage.Audit;
using Edge.Storage.Keys;
using Edge.Storage.Trust;
using Edge.Tests.Database;
using Edge.Tests.Matching;
using Edge.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Requirements;

/// <summary>The real desk of a box over the real database, log and keys, and an operator who orders.</summary>
internal sealed class OrderedBox : IDisposable
{
    public const string Case = "2026-17";
    public const string Purpose = "stolen-vehicle";

    private static readonly BoxName Box = new("riverton", "box-1");
    private readonly TemporaryFolder _folder = new();
    private readonly SigningKey _key = SigningKey.Create();
    private int _orders;

    public OrderedBox(AuditRole role = AuditRole.Investigator)
    {
        Audit = AuditLog.Open(_folder.File("audit"), Box.LogOrigin, State.Keys.Log, State.Time);
        By = new Operator("somebody-1", role, _key.Public, Now.AddDays(-1), Now.AddDays(30));
        var policy = Lists.Policy with { LongestHoldHours = 100, Roles = Duties.Roles.Values.ToDictionary(one => one, Duties.Widest) };
        Trust = new ActiveTrust
        {
            Targets = new TrustedTargets
            {
                Agency = "riverton", Policy = policy.Write(), Operators = default, Recipients = default, Hotlist = default,
                Versions = new Dictionary<string, int>(), Expiries = new Dictionary<string, DateTimeOffset> { [TrustPath.Targets] = Now.AddDays(30) },
            },
            Policy = policy, Recipients = new Recipients("riverton", 1, []), Operators = new Operators("riverton", 1, [By]),
            Matcher = new HotlistMatcher(Lists.Blind(policy, Lists.Wanted("AB123CD", Case))), Refused = [],
        };
        Desk = Open();
    }

    public StateFixture State { get; } = new();

    public AuditLog Audit { get; }

    public OrderDesk Desk { get; private set; }

    public ActiveTrust Trust { get; set; }

    public Operator By { get; }

    public List<(IncidentKind Kind, string Detail)> Incidents { get; } = [];

    /// <summary>What lies in the state folder and is not the log.</summary>
    public IReadOnlyList<string> Files => [.. Directory.EnumerateFileSystemEntries(_folder.Path, "*", SearchOption.AllDirectories)
        .Where(path => !path.StartsWith(_folder.File("audit"), StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    public AuditEntry LastEntry => Audit.ReadTail(1)[0].Entry!;

    /// <summary>Where the log is.</summary>
    public string AuditFolder => _folder.File("audit");

    /// <summary>What the last entry conceals under a name.</summary>
    public string? Disclosed(string name) => Audit.Disclosed(Audit.ReadTail(1)[0], name)?.Value;

    public DateTimeOffset Now => State.Time.GetUtcNow();

    public Order Hold(string caseId = Case, string purpose = Purpose) => new Order.Hold(caseId, purpose, Now.AddDays(2));

    public byte[] Sign(Order order, SigningKey? key = null) => OrderMessage.Write(order,
        new OrderTerms($"order-0123456789-{++_orders}", Box, Now, Now.AddHours(1)), By.Account, key ?? _key, State.Keys.Orders.Public);

    public OrderAnswer? Take(Order order) => Desk.Take(Sign(order));

    /// <summary>The desk as a restart of the agent opens it.</summary>
    public void Restart() => Desk = Open();

    public SigningKey Opened(byte[] passphrase)
    {
        Assert.True(KeeperKey.Protect(_key, passphrase, Lists.Cheap).TryOpen(passphrase, out var key));
        return key;
    }

    public void Dispose()
    {
        Audit.Dispose();
        State.Dispose();
        _key.Dispose();
        _folder.Dispose();
    }

    private OrderDesk Open() => new(_folder.Path, State.Database, Audit, new MessageSigner(Box, State.Keys.Messages, "0.1.0"), State.Keys,
        RevokedKeys.Open(_folder.Path), () => Trust, (kind, detail) => Incidents.Add((kind, detail)), State.Time, NullLogger.Instance);
}
