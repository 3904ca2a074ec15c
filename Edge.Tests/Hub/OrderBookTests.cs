using Edge.Agent.Governance;
using Edge.Agent.Governance.Orders;
using Edge.Agent.Hub;
using Edge.Agent.Publishing;
using Edge.Storage.Audit;
using Edge.Storage.Keys;
using Edge.Storage.Sealing;
using Edge.Storage.Signing;
using Edge.Tests.Matching;
using Edge.Tests.Support;

namespace Edge.Tests.Hub;

public sealed class OrderBookTests : IDisposable
{
    private const string Case = "2026-17";
    private static readonly DateTimeOffset Now = Lists.Now;

    private readonly TemporaryFolder _folder = new();
    private readonly SigningKey _investigator = SigningKey.Create();
    private readonly SigningKey _overseer = SigningKey.Create();
    private readonly Agency _agency;
    private readonly KeyFolder _box;
    private readonly BoxName _name = new("riverton", "box-1");
    private long _sequence;

    public OrderBookTests()
    {
        var policy = AgencyPlan.ExamplePolicy("riverton") with
        {
            LongestHoldHours = 240, Roles = Duties.Roles.Values.ToDictionary(role => role, Duties.Widest),
        };
        _agency = Agency.Create(_folder.File("riverton"), new AgencyPlan { Agency = "riverton", Cost = Lists.Cheap, Policy = policy }, Now, null, out _)!;
        Assert.True(_agency.Ceremony.ProposeOperator(new Operator("investigator-7", AuditRole.Investigator, _investigator.Public, Now, Now.AddDays(90)), Now));
        Assert.True(_agency.Ceremony.ProposeOperator(new Operator("overseer-1", AuditRole.Oversight, _overseer.Public, Now, Now.AddDays(90)), Now));
        _box = KeyFolder.Open(Path.Combine(_agency.PrepareBox("box-1", Now), "state"), credentialsDirectory: null);
    }

    public void Dispose()
    {
        _box.Dispose();
        _agency.Dispose();
        _investigator.Dispose();
        _overseer.Dispose();
        _folder.Dispose();
    }

    private GivenOrder Give(Order order, SigningKey? key = null) => _agency.Orders.Give(order, "box-1", key ?? _investigator, Now).Given;

    private ReceivedMessage Answered(OrderAnswer answer, DateTimeOffset? now = null) => _agency.Verifier().Verify(
        Topics.Of(_name, EventType.Answer), new MessageSigner(_name, _box.Messages, "0.1.0").Answer(++_sequence, answer, Now), now ?? Now);

    private GivenOrder? Take(OrderAnswer answer) => _agency.Orders.Take(Assert.IsType<ReceivedMessage.Answer>(Answered(answer)), Now);

    private OrderAnswer Found(GivenOrder search, DateTimeOffset until, string forAgency = "riverton", BoxName? box = null, string entry = "entry-7",
        DateTimeOffset? read = null)
    {
        var header = new HitHeader(box ?? _name, 5, entry, Now.AddHours(20)) { For = forAgency };
        using var body = HitBody.Write("34A36837"u8, SampleBox.Facts(8, entry) with { Time = read ?? Now });
        return new OrderAnswer(search.Id, "search", AuditOutcome.Done, 1, null, 0, null,
            [new AnsweredHit(until, SealedHit.Seal(_agency.PublishedRecipients.At(Now)!, header, body).ToJson())]);
    }

    private static Order.Search Search() => new(Case, "stolen-vehicle", Now.AddDays(-1), Now, 0);

    private GivenOrder Held(DateTimeOffset? at = null)
    {
        var hold = _agency.Orders.Give(new Order.Hold(Case, "stolen-vehicle", Now.AddDays(9)), "box-1", _investigator, at ?? Now).Given;
        Take(new OrderAnswer(hold.Id, "hold", AuditOutcome.Done, 1, Now.AddDays(9)));
        return hold;
    }

    [Fact]
    public void A_release_answered_again_ends_no_later_hold()
    {
        Held();
        var release = Give(new Order.Release(Case, "stolen-vehicle"));
        Take(new OrderAnswer(release.Id, "release", AuditOutcome.Done));
        var again = Held(Now.AddMinutes(5));
        Take(Found(Give(Search()), Now.AddDays(9)));
        Take(new OrderAnswer(release.Id, "release", AuditOutcome.Done)); // a broker that has kept it
        Assert.Equal([again.Id], _agency.Orders.Held.Orders);
        Assert.Single(_agency.Orders.Held.Open(again.Id, Now));
    }

    [Fact]
    public void What_was_found_before_a_release_is_not_kept_again_when_it_is_answered_again()
    {
        Held();
        var search = Give(Search());
        Take(Found(search, Now.AddDays(9)));
        Take(new OrderAnswer(Give(new Order.Release(Case, "stolen-vehicle")).Id, "release", AuditOutcome.Done));
        Take(Found(search, Now.AddDays(9)));
        Assert.Empty(_agency.Orders.Held.Orders);
    }

    [Fact]
    public void A_box_does_not_say_how_long_the_agency_keeps_a_hit_nor_keeps_there_what_is_of_another_case()
    {
        var hold = Held();
        Take(Found(Give(Search()), Now.AddYears(70)));
        Assert.Single(_agency.Orders.Held.Open(hold.Id, Now.AddHours(239)));
        Assert.Empty(_agency.Orders.Held.Open(hold.Id, Now.AddHours(241)));

        Assert.NotNull(Lists.Replace(_agency, [Lists.Wanted("CD456", "C-9")]).Next);
        var other = Assert.Single(_agency.Hotlists.Published(out _).Entries).Id;
        Take(Found(Give(Search()), Now.AddDays(9), entry: other));
        Assert.Single(_agency.Orders.Held.Open(hold.Id, Now));
    }

    [Theory, InlineData("9999-12-31T23:59:59.000Z"), InlineData("0001-01-01T00:00:00.000Z")]
    public void A_read_at_the_end_or_the_beginning_of_time_is_kept_no_longer_than_others_and_ends_no_hub(string read)
    {
        var hold = Held();
        var found = Found(Give(Search()), Now.AddYears(70), read: DateTimeOffset.Parse(read, System.Globalization.CultureInfo.InvariantCulture));
        Take(found);
        Assert.Empty(_agency.Orders.Held.Open(hold.Id, Now.AddHours(241)));
    }

    [Fact]
    public void A_copy_that_was_refused_as_replayed_and_overtook_the_answer_does_not_hide_it()
    {
        var hold = Give(new Order.Hold(Case, "stolen-vehicle", Now.AddDays(9)));
        Take(new OrderAnswer(hold.Id, null, AuditOutcome.Refused("replayed")));
        Take(new OrderAnswer(hold.Id, "hold", AuditOutcome.Done, 1, Now.AddDays(9)));
        Take(new OrderAnswer(hold.Id, null, AuditOutcome.Refused("replayed")));
        Assert.Equal(AuditOutcome.Done, Assert.Single(_agency.Orders.Given).Outcome);
    }

    [Fact]
    public void The_box_opens_what_the_operator_gave_and_the_agency_remembers_it()
    {
        var (given, message) = _agency.Orders.Give(Search(), "box-1", _investigator, Now);
        Assert.True(Jws.TryVerify(message, _investigator.Public, CloudEvent.ContentType, out var json));
        Assert.True(OrderMessage.TryParse(json, out var order));
        Assert.Equal((given.Id, "investigator-7", _name), (order.Terms.Id, order.Account, order.Terms.Box));
        Assert.True(order.TryOpen(_box.Orders, out var content));
        Assert.Equal(Search().Write(), content);
        Assert.Equal(given, Assert.Single(_agency.Orders.Given));
        Assert.Null(given.Outcome);
        var file = Assert.Single(Directory.GetFiles(_folder.File("riverton/orders")));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.DoesNotContain(Case, file, StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_box_would_refuse_is_not_sent()
    {
        Refused("wrong-role", Search(), _overseer);
        Refused("wrong-role", new Order.Revoke(new string('k', 43)), _investigator);
        Refused("purpose-not-allowed", Search() with { Purpose = "curiosity" }, _investigator);
        Refused("beyond-longest-hold", new Order.Hold(Case, "stolen-vehicle", Now.AddHours(241)), _investigator);
        using var stranger = SigningKey.Create();
        Assert.Contains("no operator's", Assert.Throws<AgencyException>(() => Give(Search(), stranger)).Message, StringComparison.Ordinal);
        Assert.Contains("no box box-2 is enrolled; enrolled: box-1",
            Assert.Throws<AgencyException>(() => _agency.Orders.Give(Search(), "box-2", _investigator, Now)).Message, StringComparison.Ordinal);
        Assert.Empty(_agency.Orders.Given);

        void Refused(string reason, Order order, SigningKey key) =>
            Assert.StartsWith(reason, Assert.Throws<OrderRefusedException>(() => Give(order, key)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_searchs_hits_are_opened_while_the_box_keeps_them()
    {
        var given = Give(Search());
        var found = Found(given, Now.AddHours(20));
        var hit = Assert.IsType<ReceivedMessage.Hit>(Assert.Single(Assert.IsType<ReceivedMessage.Answer>(Answered(found)).Hits).Opened);
        Assert.Equal("34A36837", hit.Body.Text);
        Assert.IsType<ReceivedMessage.Refused>(Assert.Single(Assert.IsType<ReceivedMessage.Answer>(Answered(found, Now.AddHours(20))).Hits).Opened);
        Assert.Equal(AuditOutcome.Done, Take(found)!.Outcome);
    }

    [Fact]
    public void An_answer_with_another_boxs_or_another_agencys_hits_is_refused()
    {
        var given = Give(Search());
        Assert.IsType<ReceivedMessage.Refused>(Answered(Found(given, Now.AddHours(20), "sheriff")));
        Assert.IsType<ReceivedMessage.Refused>(Answered(Found(given, Now.AddHours(20), box: new BoxName("riverton", "box-2"))));
    }

    [Fact]
    public void The_first_answer_counts_because_a_replay_is_refused_and_says_nothing_of_what_was_done()
    {
        var given = Give(Search());
        Take(new OrderAnswer(given.Id, "search", AuditOutcome.Done));
        Take(new OrderAnswer(given.Id, null, AuditOutcome.Refused("replayed")));
        Assert.Equal(AuditOutcome.Done, Assert.Single(_agency.Orders.Given).Outcome);
        Assert.Null(Take(new OrderAnswer("an-order-nobody-gave", "search", AuditOutcome.Done)));
    }

    [Fact]
    public void Held_hits_are_kept_here_until_the_hold_is_released()
    {
        var hold = Give(new Order.Hold(Case, "stolen-vehicle", Now.AddDays(9)));
        Take(new OrderAnswer(hold.Id, "hold", AuditOutcome.Done, 1, Now.AddDays(9)));
        Take(Found(Give(Search()), Now.AddDays(9)));
        Assert.Equal("34A36837", Assert.Single(_agency.Orders.Held.Open(hold.Id, Now.AddDays(8))).Body.Text);

        // The release of another case ends nothing, a refused one neither.
        Take(new OrderAnswer(Give(new Order.Release("2026-18", "stolen-vehicle")).Id, "release", AuditOutcome.Done));
        Take(new OrderAnswer(Give(new Order.Release(Case, "stolen-vehicle")).Id, "release", AuditOutcome.Refused("wrong-role")));
        Assert.Single(_agency.Orders.Held.Open(hold.Id, Now));
        Take(new OrderAnswer(Give(new Order.Release(Case, "stolen-vehicle")).Id, "release", AuditOutcome.Done));
        Assert.Empty(_agency.Orders.Held.Orders);
    }

    [Fact]
    public void Hits_that_are_not_held_leave_no_copy_here()
    {
        Take(Found(Give(Search()), Now.AddHours(20)));
        Assert.Empty(_agency.Orders.Held.Orders);
    }

    [Fact]
    public void A_note_opens_to_the_agency_alone()
    {
        var note = _agency.Orders.Seal("it was parked", Now);
        Assert.False(note.TryOpen(_box.Orders, "riverton"u8, out _, SealedUse.Note));
        Assert.Contains(_agency.Epochs.LoadHeld(),
            key => note.TryOpen(key, "riverton"u8, out var words, SealedUse.Note) && words.AsSpan().SequenceEqual("it was parked"u8));
        Assert.Throws<AgencyException>(() => _agency.Orders.Seal("", Now));
    }

    [Fact]
    public void A_case_that_no_published_entry_has_is_named_with_the_nearest_one_before_anything_is_sent()
    {
        var agency = _agency;
        agency.Hotlists.Change(new HotlistChange { Wanted = [Lists.Wanted("AB123")], Sources = new HashSet<string> { "test" } }, Now, null,
            TestContext.Current.CancellationToken);
        var entry = Assert.Single(agency.Hotlists.Published(out _).Entries);
        agency.Orders.RequireKnown(new Order.Search(entry.Case, entry.Purpose, Now.AddDays(-1), Now, 0));
        agency.Orders.RequireKnown(new Order.Export());
        Assert.Contains($"did you mean {entry.Case}?", Refusal(new Order.Search(entry.Case + "1", entry.Purpose, Now.AddDays(-1), Now, 0)),
            StringComparison.Ordinal);
        Assert.Contains($"for {entry.Purpose}, not for missing-person", Refusal(new Order.Search(entry.Case, "missing-person", Now.AddDays(-1), Now, 0)),
            StringComparison.Ordinal);
        Refusal(Search());
        Held();
        agency.Orders.RequireKnown(Search()); // the box has confirmed this case before

        string Refusal(Order order) => Assert.Throws<OrderRefusedException>(() => agency.Orders.RequireKnown(order)).Message;
    }
}
