using Edge.Agent.Governance;
using Edge.Agent.Governance.Orders;
using Edge.Agent.Hub;
using Edge.Agent.Orders;
using Edge.Agent.Publishing;
using Edge.Storage.Audit;
using Edge.Storage.Keys;
using Edge.Storage.Trust;
using Edge.Tests.Matching;
using Edge.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace Edge.Tests.Orders;

/// <summary>What the broker brings to a box, in the order in which it comes: what was published before an order judges that order.</summary>
public sealed class BoxLetterboxTests : IAsyncDisposable
{
    private readonly OrderLab _lab = new();
    private readonly TemporaryFolder _folder = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly SigningKey _auditor = SigningKey.Create();
    private readonly Agency _agency;
    private readonly TrustWatch _trust;
    private readonly TrustMailbox _mailbox;
    private readonly OrderDesk _desk;
    private readonly BoxLetterbox _letterbox;
    private Task _looking = Task.CompletedTask;

    public BoxLetterboxTests()
    {
        _agency = Agency.Create(_folder.File("agency"), new AgencyPlan
        {
            Agency = "riverton", Cost = Lists.Cheap,
            Policy = AgencyPlan.ExamplePolicy("riverton") with { Roles = Duties.Roles.Values.ToDictionary(role => role, Duties.Widest) },
        }, _lab.Now, null, out _)!;
        _trust = new TrustWatch(TrustClient.Open(_folder.File("trust"), File.ReadAllBytes(Path.Combine(_agency.TrustFolder, "1.root.json")),
            "riverton", "box-1"),
            _lab.Audit, _lab.Log);
        _mailbox = new TrustMailbox(_trust, Time, _lab.Log);
        _desk = new OrderDesk(_lab.State.Directory, _lab.State.Database, _lab.Audit, _lab.Signer, _lab.State.Keys, RevokedKeys.Open(_lab.State.Directory),
            () => _trust.Current, (kind, detail) => _lab.Incidents.Add((kind, detail)), Time, _lab.Log);
        var receipts = new ReceiptTray(_lab.Box, _lab.State.Keys.Messages.Public.KeyId, _lab.State.Database, () => _trust.Current, (_, _) => { },
            Time, _lab.Log);
        _letterbox = new BoxLetterbox(_lab.Box, _desk, receipts, _mailbox, _ => throw new InvalidOperationException(OrderLab.Plate), _lab.Log);
    }

    private FakeTimeProvider Time => _lab.State.Time;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _looking.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
        _agency.Dispose();
        _auditor.Dispose();
        _lab.Dispose();
        _folder.Dispose();
    }

    private void Look() => _looking = _mailbox.RunAsync(_stop.Token);

    private Task TakeAsync(string topic, byte[] payload) => _letterbox.TakeAsync(topic, payload, again: false, Cancel);

    private async Task PublishAsync()
    {
        foreach (var file in TrustRepositoryWriter.SendingOrder(_agency.TrustFolder, "riverton"))
            await TakeAsync(Topics.Trust("riverton", file), await File.ReadAllBytesAsync(Path.Combine(_agency.TrustFolder, file), Cancel));
    }

    private void AddOperator() => Assert.True(_agency.Ceremony.ProposeOperator(
        new Operator("auditor-9", AuditRole.Auditor, _auditor.Public, _lab.Now.AddMinutes(-1), _lab.Now.AddDays(30)), _lab.Now));

    private Task OrderAsync() =>
        TakeAsync(Topics.Order(_lab.Box), _lab.Sign(new Order.Export(), AuditRole.Auditor, key: _auditor, account: "auditor-9"));

    [Theory, InlineData(true), InlineData(false)]
    public async Task An_order_of_a_new_operator_that_comes_right_behind_the_publication_is_carried_out(bool boxHadAPolicy)
    {
        Look();
        if (boxHadAPolicy)
        {
            await PublishAsync();
            await Eventually.TrueAsTimePasses(Time, () => _trust.Current is not null, "the set is in use");
        }
        AddOperator();
        await PublishAsync();

        var ordered = OrderAsync();
        Assert.False(ordered.IsCompleted);
        await Eventually.TrueAsTimePasses(Time, () => ordered.IsCompleted, "the order was judged");

        await ordered;
        Assert.Equal((1, 0), _desk.Counts);
        Assert.Empty(_lab.Incidents);
    }

    [Fact]
    public async Task An_order_that_comes_right_behind_its_operator_s_revocation_is_refused()
    {
        Look();
        AddOperator();
        await PublishAsync();
        await Eventually.TrueAsTimePasses(Time, () => _trust.Current is not null, "the set is in use");
        Assert.True(_agency.Ceremony.ProposeRevocation("auditor-9", _lab.Now));
        await PublishAsync();

        var ordered = OrderAsync();
        await Eventually.TrueAsTimePasses(Time, () => ordered.IsCompleted, "the order was judged");

        await ordered;
        Assert.Equal((0, 1), _desk.Counts);
        Assert.Equal([(IncidentKind.RefusedSignature, "unknown-operator")], _lab.Incidents);
    }

    [Fact]
    public async Task Where_no_files_wait_an_order_does_not_either()
    {
        Look();
        AddOperator();
        await PublishAsync();
        await Eventually.TrueAsTimePasses(Time, () => _trust.Current is not null, "the set is in use");
        await _mailbox.LookedAtAsync(Cancel);

        Assert.True(OrderAsync().IsCompletedSuccessfully);
        Assert.Equal((1, 0), _desk.Counts);
    }

    [Fact]
    public async Task Files_that_are_never_looked_at_hold_an_order_up_for_fifteen_seconds()
    {
        AddOperator();
        await PublishAsync();

        var ordered = OrderAsync();
        Time.Advance(TrustMailbox.LongestWait - TimeSpan.FromSeconds(0.1));
        Assert.False(ordered.IsCompleted);
        await Eventually.TrueAsTimePasses(Time, () => ordered.IsCompleted, "the order was judged");

        Assert.Equal((0, 1), _desk.Counts);
        Assert.Empty(_lab.Incidents); // no policy yet: that accuses nobody
    }

    [Fact]
    public async Task A_message_that_nobody_foresaw_is_dropped_and_its_content_not_logged()
    {
        await TakeAsync(Topics.Cosignature(_lab.Box), [1]);
        Assert.Contains(_lab.Log.Lines, line => line.Contains("was dropped: unexpected InvalidOperationException", StringComparison.Ordinal));
        Assert.DoesNotContain(_lab.Log.Lines, line => line.Contains(OrderLab.Plate, StringComparison.Ordinal));
    }
}
