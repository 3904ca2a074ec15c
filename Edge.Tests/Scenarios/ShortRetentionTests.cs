using Edge.Agent.Clock;
using Edge.Agent.Hub;
using Edge.Agent.Publishing;
using Edge.Storage.Database;
using Edge.Storage.Hits;
using Edge.Storage.Keys;
using Edge.Storage.Orders;
using Edge.Storage.Outbox;
using Edge.Storage.Retention;
using Edge.Storage.Sealing;
using Edge.Storage.Signing;
using Edge.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace Edge.Tests.Scenarios;

/// <summary>Short retention; longer only for a documented case: after expiry neither box nor agency can open what is left on the
/// disk, whoever copied it, and when.</summary>
public sealed class ShortRetentionTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 11, 23, 18, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Retention = TimeSpan.FromHours(24), LongestHold = TimeSpan.FromDays(21);

    private readonly TemporaryFolder _folder = new();
    private readonly MachineClock _machine = new(Start);
    private readonly RecipientKey _epoch = RecipientKey.Create(), _nextEpoch = RecipientKey.Create();
    private KeyFolder _keys = null!;
    private TimeProvider _time = null!;
    private StateDatabase _state = null!;
    private int _orders, _images;

    public ShortRetentionTests() => Open();

    public void Dispose()
    {
        Close();
        _epoch.Dispose();
        _nextEpoch.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void After_expiry_neither_box_nor_agency_can_open_what_is_left_on_the_disk()
    {
        Store("C-1");
        Store("C-1");
        Store("C-2");
        Assert.Equal([1, 2, 3], Opened(Image(), _epoch, _nextEpoch)); // a thief on time has all of it, if he has the agency's key as well
        _machine.Advance(Retention);
        Sweep.Run(_state);
        Assert.Empty(Opened(Image(), _epoch, _nextEpoch));
        Store("C-1");
        Assert.Equal([4], Opened(Image(), _epoch, _nextEpoch)); // and life goes on
    }

    [Fact]
    public void Keys_are_destroyed_with_the_record_so_that_a_copy_taken_before_opens_nothing_either()
    {
        Store("C-1");
        Store("C-2");
        var early = Image();
        Hold("C-1", days: 10);
        Sweep.Run(_state);
        var held = Image();
        _machine.Advance(Retention);
        Sweep.Run(_state);
        Assert.Empty(Opened(Bytes(early, keysOf: Image()), _epoch));
        Assert.Equal([1], Opened(Bytes(held, keysOf: Image()), _epoch));
        Release("C-1");
        Sweep.Run(_state);
        Assert.Empty(Opened(Image(), _epoch));
        Assert.Empty(Opened(Bytes(held, keysOf: Image()), _epoch)); // nine days before the hold would have ended
        Assert.Empty(Opened(Bytes(early, keysOf: Image()), _epoch));
    }

    [Fact]
    public void A_case_bound_hold_extends_retention_up_to_the_bound_of_the_policy_and_moves_no_other_case()
    {
        Store("C-1");
        Store("C-2");
        Hold("C-1", days: 60);
        _machine.Advance(Retention);
        Sweep.Run(_state);
        Assert.Equal([1], Opened(Image(), _epoch));
        _machine.Advance(LongestHold - Retention - TimeSpan.FromSeconds(1));
        Sweep.Run(_state);
        Assert.Equal([1], Opened(Image(), _epoch));
        _machine.Advance(TimeSpan.FromSeconds(1));
        var swept = Sweep.Run(_state);
        Assert.Equal((1, 1), (swept.Hits, swept.HitsOfHolds));
        Assert.Empty(Opened(Image(), _epoch));
    }

    [Fact]
    public void A_hold_that_ends_by_itself_leaves_nothing_that_opens()
    {
        Store("C-1");
        Hold("C-1", days: 5);
        Sweep.Run(_state);
        var held = Image();
        _machine.Advance(TimeSpan.FromDays(5));
        Assert.Equal(1, Sweep.Run(_state).HoldsEnded);
        Assert.Empty(Opened(Image(), _epoch));
        Assert.Empty(Opened(Bytes(held, keysOf: Image()), _epoch));
    }

    [Fact]
    public void A_clock_set_back_a_year_keeps_nothing_longer()
    {
        Store("C-1");
        Store("C-2");
        Hold("C-1", days: 5);
        _machine.Set(Start.AddYears(-1));
        _machine.Advance(Retention);
        Sweep.Run(_state);
        Assert.Equal([1], Opened(Image(), _epoch));
        Restart();
        _machine.Advance(TimeSpan.FromDays(4));
        Sweep.Run(_state);
        Assert.Empty(Opened(Image(), _epoch));
    }

    [Fact]
    public void A_held_hit_outlives_the_agencys_epoch_key_and_no_other_hit_of_the_epoch_does()
    {
        var sent = new[] { Store("C-1"), Store("C-2") }.Select(sequence => Read(sequence).Hit).ToList(); // as the hub received them
        Hold("C-1", days: 10);
        IReadOnlyList<HeldHit> answered = [];
        Carry(new OrderEffect.Search(new CaseQuery(_keys.CasePseudonym("C-1", "stolen-vehicle"), Start, Start.AddDays(1), 0, 100, 130 * 1024)), (_, finding) =>
        {
            answered = [.. finding.Page!.Hits.Select(hit => new HeldHit(Parsed(hit.Record.Span), hit.Heading.KeptUntil))];
            return [1];
        });
        var agency = new HeldHits(_folder.File("agency"));
        Assert.Empty(agency.Keep("order-1", answered, [_epoch], Start));

        // The epoch is over and its key is destroyed: what the agency has left is this.
        var left = HoldKeys().Append(_nextEpoch).ToList();
        Assert.All(sent, hit => Assert.DoesNotContain(left, key => hit.TryOpen(key, out _)));
        var (header, body) = Assert.Single(agency.Open("order-1", Start.AddDays(9)));
        Assert.Equal((1, "AB123CD"), (header.Sequence, body.Text));

        var copy = _folder.Take(_folder.File("agency"), "copy-of-agency");
        agency.Sweep(Start.AddDays(10));
        Assert.Empty(HoldKeys());
        var file = Assert.Single(Directory.EnumerateFiles(copy, "*.json", SearchOption.AllDirectories));
        Assert.False(Parsed(File.ReadAllBytes(file)).TryOpen(_nextEpoch, out _));
    }

    /// <summary>Every number whose plate comes out of a copy of the state folder, with every key in it and the agency's given ones, by a
    /// clock that stands where it suits the thief.</summary>
    private static SortedSet<long> Opened(string image, params RecipientKey[] agency)
    {
        var opened = new SortedSet<long>();
        using var keys = KeyFolder.Open(image, credentialsDirectory: null);
        using (var state = StateDatabase.Open(image, keys.Hours, new FakeTimeProvider(Start)))
        {
            var messages = state.Outbox.Ready(100).Where(message => message.Kind == MessageKind.Hit).Select(message => Sent(message, keys));
            foreach (var hit in state.Hits.ReadAll().Select(hit => Parsed(hit.Record.Span)).Concat(messages))
                if (agency.Any(key => hit.TryOpen(key, out _))) opened.Add(hit.Header.Sequence);
        }
        return opened;
    }

    private static SealedHit Sent(OutboxMessage message, KeyFolder keys)
    {
        Assert.True(Jws.TryVerify(message.Payload.Span, keys.Messages.Public, out var json));
        Assert.True(CloudEvent.TryParse(json, out var said, out _));
        return Parsed(said.Data.Span);
    }

    private static SealedHit Parsed(ReadOnlySpan<byte> json)
    {
        Assert.True(SealedHit.TryParse(json, out var hit, out _));
        return hit;
    }

    private IEnumerable<RecipientKey> HoldKeys() => Directory.EnumerateFiles(_folder.File("agency/held"), "key", SearchOption.AllDirectories)
        .Select(file => RecipientKey.FromRaw(File.ReadAllBytes(file)));

    /// <summary>A byte-for-byte copy of the whole state folder, taken while the box runs, wrapping key included.</summary>
    private string Image() => _folder.Take(_folder.File("state"), $"image-{++_images}");

    /// <summary>The rows of one copy with the keys of another.</summary>
    private string Bytes(string rowsOf, string keysOf)
    {
        var image = _folder.Take(rowsOf, $"image-{++_images}");
        Directory.Delete(Path.Combine(image, "keys"), recursive: true);
        _folder.Take(Path.Combine(keysOf, "keys"), Path.Combine(Path.GetFileName(image), "keys"));
        return image;
    }

    private long Store(string caseId)
    {
        var found = _time.GetUtcNow();
        var signer = new MessageSigner(new BoxName("riverton", "box-1"), _keys.Messages, "0.1.0");
        var sequence = _state.Hits.Commit(number =>
        {
            using var body = HitBody.Write("AB123CD"u8, SampleBox.Facts(7));
            var hit = SealedHit.Seal(_epoch.Public, new HitHeader(signer.Box, number, "entry-7", found + Retention), body);
            return new HitEntry(new NewHit(_keys.CasePseudonym(caseId, "stolen-vehicle"), found, found + Retention, hit.ToJson()),
                new OutboxMessage(number, MessageKind.Hit, signer.Hit(hit, found), found + Retention));
        });
        _state.Outbox.MarkLogged(sequence, 0);
        return sequence;
    }

    private (StoredHit Stored, SealedHit Hit) Read(long sequence)
    {
        Assert.True(_state.Hits.TryRead(sequence, out var stored));
        return (stored, Parsed(stored.Record.Span));
    }

    private void Hold(string caseId, int days) =>
        Carry(new OrderEffect.Hold(_keys.CasePseudonym(caseId, "stolen-vehicle"), Start.AddDays(days), LongestHold), (_, _) => [1]);

    private void Release(string caseId) => Carry(new OrderEffect.Release(_keys.CasePseudonym(caseId, "stolen-vehicle")), (_, _) => [1]);

    private void Carry(OrderEffect effect, Func<long, OrderFinding, byte[]> answer) => Assert.Equal(OrderUse.Carried, _state.Orders.Carry(
        $"order-{++_orders}", _time.GetUtcNow().AddHours(1), effect, new AnswerMessage(_time.GetUtcNow().AddHours(1), 0, answer)).Use);

    private void Open()
    {
        _keys = KeyFolder.Open(_folder.File("state"), credentialsDirectory: null);
        _time = EffectiveTime.Open(_folder.File("state"), _machine, _machine);
        _state = StateDatabase.Open(_folder.File("state"), _keys.Hours, _time);
    }

    private void Restart()
    {
        ((EffectiveTime)_time).Save();
        Close();
        Open();
    }

    private void Close()
    {
        _state.Dispose();
        _keys.Dispose();
    }
}
