using Edge.Agent.Governance;
using Edge.Agent.Governance.Orders;
using Edge.Agent.Matching;
using Edge.Agent.Orders;
using Edge.Agent.Publishing;
using Edge.Storage.Audit;
using Edge.Storage.Database;
using Edge.Storage.Keys;
using Edge.Storage.Sealing;
using Edge.Storage.Trust;
using Edge.Tests.Database;
using Edge.Tests.Matching;
using Edge.Tests.Support;
using Microsoft.Extensions.Logging;
using LogLevel = Microsoft.Extensions.Logging.LogLevel;

namespace Edge.Tests.Orders;

/// <summary>The order desk of a box with a real database, log and keys, and one operator of each role who may all that a role
/// may ever. Its hotlist looks for <see cref="Plate"/> under <see cref="Case"/>.</summary>
internal sealed class OrderLab : IDisposable
{
    public const string Case = "CASE-4711";
    public const string Plate = "QX98765";
    public const string Purpose = "stolen-vehicle";
    public const string Unlisted = "CASE-0815";

    private static readonly Policy Widest = Lists.Policy with
    {
        LongestHoldHours = 100, Roles = Duties.Roles.Values.ToDictionary(role => role, Duties.Widest),
    };

    private static readonly HotlistMatcher Matcher = new(Lists.Blind(Widest, Lists.Wanted(Plate, Case)));

    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<AuditRole, SigningKey> _operators = Duties.Roles.Values.ToDictionary(role => role, _ => SigningKey.Create());
    private int _orders;

    public OrderLab()
    {
        Audit = AuditLog.Open(AuditFolder, Box.LogOrigin, State.Keys.Log, State.Time);
        Signer = new MessageSigner(Box, State.Keys.Messages, "0.1.0");
        Trust = new ActiveTrust
        {
            Targets = new TrustedTargets
            {
                Agency = "riverton", Policy = default, Operators = default, Recipients = default, Hotlist = default,
                Versions = new Dictionary<string, int>(),
                Expiries = new Dictionary<string, DateTimeOffset> { [TrustPath.Targets] = Now.AddDays(60) },
            },
            Policy = Widest,
            Recipients = new Recipients("riverton", 1, []),
            Operators = new Operators("riverton", 1, [.. _operators.Select(one => Person(one.Key, one.Value))]),
            Matcher = Matcher,
            Refused = [],
        };
        Desk = NewDesk();
    }

    public BoxName Box { get; } = new("riverton", "box-1");

    public StateFixture State { get; } = new();

    public DateTimeOffset Now => State.Time.GetUtcNow();

    public string AuditFolder => _folder.File("audit");

    public AuditLog Audit { get; private set; }

    public MessageSigner Signer { get; }

    public ActiveTrust? Trust { get; set; }

    public OrderDesk Desk { get; set; }

    public List<(IncidentKind Kind, string Detail)> Incidents { get; } = [];

    public KeptLog Log { get; } = new();

    public int Decommissions { get; private set; }

    /// <summary>What the desk believes is free of the disk.</summary>
    public long FreeSpace { get; set; } = 1L << 40;

    public Operator Person(AuditRole role, SigningKey key) => new($"{Duties.Write(role)}-1", role, key.Public, Now.AddDays(-1), Now.AddDays(300));

    public SigningKey KeyOf(AuditRole role) => _operators[role];

    public OrderDesk NewDesk(StateDatabase? state = null) => new(State.Directory, state ?? State.Database, Audit, Signer, State.Keys,
        RevokedKeys.Open(State.Directory), () => Trust, (kind, detail) => Incidents.Add((kind, detail)), State.Time, Log)
            { Decommissioned = () => Decommissions++, FreeSpace = () => FreeSpace };

    /// <summary>The power goes and comes back.</summary>
    public void Restart()
    {
        State.Reopen();
        Desk = NewDesk();
    }

    public static AuditRole RoleFor(Order order) => order.Verb switch
    {
        Verb.Export => AuditRole.Auditor,
        Verb.Revoke or Verb.Decommission => AuditRole.Oversight,
        _ => AuditRole.Investigator,
    };

    public byte[] Sign(Order order, AuditRole? role = null, string? id = null, double given = 0, double hours = 1, BoxName? box = null,
        SigningKey? key = null, string? account = null, RecipientPublicKey? to = null)
    {
        var by = role ?? RoleFor(order);
        var terms = new OrderTerms(id ?? $"order-of-the-test-{++_orders}", box ?? Box, Now.AddHours(given), Now.AddHours(given + hours));
        return OrderMessage.Write(order, terms, account ?? $"{Duties.Write(by)}-1", key ?? _operators[by], to ?? State.Keys.Orders.Public);
    }

    /// <summary>Takes an order that is answered.</summary>
    public OrderAnswer Take(Order order, AuditRole? role = null) => Desk.Take(Sign(order, role))!;

    public Order.Search Search(string of = Case, int after = 0) => new(of, Purpose, Now.AddDays(-1), Now.AddHours(1), after);

    public Order.Hold Hold(string of = Case, double hours = 50) => new(of, Purpose, Now.AddHours(hours));

    public long Commit(string of = Case, string body = "body", string purpose = Purpose) =>
        State.Commit(State.Keys.CasePseudonym(of, purpose), body: body);

    /// <summary>The answers that wait for the broker, as the agency reads them.</summary>
    public IReadOnlyList<OrderAnswer> Answers(StateDatabase? state = null) => [.. (state ?? State.Database).Outbox.Ready(1000).Select(message =>
    {
        if (!Signer.TryRead(message.Payload.Span, out var said)) return null;
        Assert.True(OrderAnswer.TryParse(said.Data.Span, out var answer, out var reason), reason);
        return answer;
    }).OfType<OrderAnswer>()];

    public IReadOnlyList<AuditEntry> Entries => [.. Audit.Read().Select(record => record.Entry!)];

    public void Dispose()
    {
        Audit.Dispose();
        State.Dispose();
        _folder.Dispose();
        foreach (var key in _operators.Values) key.Dispose();
    }

    internal sealed class KeptLog : ILogger
    {
        public List<string> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (Lines) Lines.Add(formatter(state, exception));
        }
    }
}
