using Edge.Agent.Hub;
using Edge.Agent.Publishing;
using Edge.Storage.Database;
using Edge.Tests.Support;

namespace Edge.Tests.Hub;

public sealed class ArrivalLedgerTests : IDisposable
{
    private readonly SampleBox _box = new();
    private readonly TemporaryFolder _folder = new();
    private ArrivalLedger _ledger;

    public ArrivalLedgerTests() => _ledger = ArrivalLedger.Open(Folder);

    private string Folder => _folder.File("received");

    private string Journal => Path.Combine(Folder, "arrivals");

    public void Dispose()
    {
        _ledger.Dispose();
        _folder.Dispose();
        _box.Dispose();
    }

    [Fact]
    public void What_was_kept_is_known_after_a_restart_and_what_was_not_is_not()
    {
        var (kept, lost) = (_box.Hit(1), _box.Hit(2));
        Take(kept);
        _ledger.Keep();
        Take(lost, keep: false);

        Reopen();

        Assert.Null(Take(kept));
        Assert.NotNull(Take(lost));
    }

    [Fact]
    public void A_message_that_the_broker_may_have_brought_before_a_crash_is_marked_and_one_that_was_kept_does_not_come_again()
    {
        var (kept, shown) = (_box.Hit(1), _box.Hit(2));
        Take(kept);
        Reopen();

        Assert.Null(Take(kept, again: true));
        Assert.True(Take(shown, again: true)!.Again);
        Assert.False(Take(_box.Hit(3))!.Again);
    }

    [Theory, InlineData(2), InlineData(7), InlineData(30)]
    public void A_torn_tail_costs_the_last_message_and_nothing_else(int bytes)
    {
        var hits = Enumerable.Range(1, 5).Select(number => _box.Hit(number)).ToList();
        foreach (var hit in hits) Take(hit);
        _ledger.Dispose();
        using (var file = new FileStream(Journal, FileMode.Open)) file.SetLength(file.Length - bytes);

        _ledger = ArrivalLedger.Open(Folder);
        Assert.All(hits[..^1], hit => Assert.Null(Take(hit)));
        Assert.NotNull(Take(hits[^1]));

        Reopen();
        Assert.All(hits, hit => Assert.Null(Take(hit)));
    }

    [Fact]
    public void A_gap_is_named_once_and_its_end_too_over_restarts()
    {
        Take(_box.Hit(1));
        Assert.Empty(Summary(5).Missing);
        Reopen();
        Assert.Equal([2, 3, 4], Summary(6).Missing);
        Reopen();
        Assert.Equal(3, _ledger.Missing);
        Assert.Empty(Summary(7).Missing);

        Assert.True(Take(_box.Hit(2))!.Late);
        Reopen();
        Assert.Equal([3], Summary(8, dropped: 3).GivenUp);
        Reopen();
        Assert.Equal(1, _ledger.Missing);
        Assert.Empty(Summary(9, dropped: 3).GivenUp);
    }

    [Fact]
    public void A_number_named_as_dropped_before_a_restart_is_not_missing_after_it()
    {
        Summary(1);
        Summary(4);
        Summary(6, dropped: 5);
        Reopen();
        Assert.Empty(Summary(7).Missing);
        Assert.Equal(2, _ledger.Missing); // 2 and 3
    }

    [Fact]
    public void Another_event_under_a_used_number_is_shown_once_too()
    {
        Take(_box.Hit(1));
        var restored = new MessageSigner(_box.Name, _box.Key, "0.1.0").Hit(_box.Sealed(_box.Header(1), "34A36837"u8), SampleBox.Now);

        Assert.True(Take(restored)!.NumberReused);
        Reopen();
        Assert.Null(Take(restored));
    }

    [Fact]
    public void A_box_that_was_set_back_begins_a_new_account_and_what_came_before_it_does_not_count_as_come()
    {
        for (var number = 1; number <= 20; number++) Take(_box.Hit(number));
        Summary(21);
        Summary(22);
        Assert.Equal((1L, 20L), Told());
        var restored = new MessageSigner(_box.Name, _box.Key, "0.1.0");
        byte[] Again(long number) => restored.Hit(_box.Sealed(_box.Header(number), "34A36837"u8), SampleBox.Now);
        Assert.True(Take(Again(11))!.NumberReused);
        Assert.False(Take(Again(12))!.NumberReused);
        Reopen();
        Assert.Null(Take(_box.Hit(5)) is { Again: false } ? "shown as new" : null);
        Take(restored.Summary(15, SampleBox.Summary(), SampleBox.Now), EventType.Summary);
        Reopen();
        Assert.Equal([13, 14], Take(restored.Summary(16, SampleBox.Summary(), SampleBox.Now), EventType.Summary)!.Missing);
        Assert.Equal((11L, 14L), Told());
    }

    [Fact]
    public void A_box_set_back_so_far_that_its_ids_are_forgotten_is_noticed_by_its_next_summary()
    {
        for (var number = 1; number <= 2 * BoxArrivals.Window; number++) Came(number);
        Said(2 * BoxArrivals.Window + 1, minutes: 0);
        Assert.False(Said(10, minutes: -60)!.NumberReused); // an old one, brought again by whoever has kept it
        Assert.True(Said(11, minutes: 15)!.NumberReused);
        Assert.Equal([12], Said(13, minutes: 30)!.Missing.Concat(Said(14, minutes: 45)!.Missing));

        Delivery? Said(long number, int minutes) =>
            Take(_box.Signer.Summary(number, SampleBox.Summary(), SampleBox.Now.AddMinutes(minutes)), EventType.Summary);
    }

    [Fact]
    public void A_box_under_the_name_of_another_has_an_account_of_its_own()
    {
        for (var number = 1; number <= 40; number++) Take(_box.Hit(number));
        Summary(41);
        Summary(1_000_000_000_000_000_000); // a thief of the key may say what he likes
        Summary(1_000_000_000_000_000_001);
        using var replaced = new SampleBox();
        Delivery? Anew(long number) => Take(replaced, replaced.Signer.Summary(number, SampleBox.Summary(), SampleBox.Now), EventType.Summary);
        var first = Anew(11)!;
        Assert.Equal((true, false), (first.NewKey, first.NumberReused));
        Reopen();
        Assert.Null(_ledger.ReceiptFor(_box.Name, SampleBox.Now)); // nothing is accounted for yet
        Assert.Empty(Anew(12)!.Missing);
        Assert.Equal([13, 14], Anew(15)!.Missing.Concat(Anew(16)!.Missing));
        var receipt = _ledger.ReceiptFor(_box.Name, SampleBox.Now)!;
        Assert.Equal((replaced.Key.Public.KeyId, 11L, 14L), (receipt.Key, receipt.From, receipt.Through));
    }

    [Fact]
    public void What_the_hub_never_saw_is_not_said_to_have_come()
    {
        Summary(11);
        Summary(12);
        Summary(13);
        Assert.Equal((11L, 11L), Told());
        Take(_box.Hit(8));
        Take(_box.Hit(9));
        Assert.Equal((11L, 11L), Told());
        Take(_box.Hit(10)); // sent again by a box that was told where the account begins
        Reopen();
        Assert.Equal((8L, 11L), Told());
    }

    [Fact]
    public void A_journal_of_the_format_before_keeps_its_ids_and_its_accounts_begin_anew()
    {
        var hit = _box.Hit(3);
        Take(hit);
        _ledger.Dispose();
        var came = File.ReadLines(Journal).Single(line => line.Contains(" + ", StringComparison.Ordinal));
        File.WriteAllText(Journal, $"edge-arrivals-1\n{came}\n");
        _ledger = ArrivalLedger.Open(Folder);
        Assert.Null(Take(hit));
        Assert.Null(_ledger.ReceiptFor(_box.Name, SampleBox.Now));
        for (var number = 7; number <= 9; number++) Summary(number);
        Assert.Equal((7L, 7L), Told());
    }

    [Fact]
    public void What_it_keeps_is_bounded_private_and_names_no_plate_and_no_case()
    {
        for (var number = 1; number <= 2 * BoxArrivals.Window; number++) Came(number);
        _ledger.Keep();
        Reopen();
        for (var round = 0; round < 6; round++)
        {
            for (var number = 1; number <= BoxArrivals.Window; number++) Came((2 + round) * BoxArrivals.Window + number);
            _ledger.Keep();
        }
        Reopen();

        Assert.InRange(new FileInfo(Journal).Length, 1, 12_000_000);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Journal));
        Assert.Equal(Arrival.Repeat, Came(8 * BoxArrivals.Window));
        Assert.Equal(Arrival.PerhapsForgotten, Came(3));
        Take(_box.Hit(9 * BoxArrivals.Window));
        var text = File.ReadAllText(Journal);
        Assert.DoesNotContain("34A36837", text, StringComparison.Ordinal);
        Assert.DoesNotContain("entry-7", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_belongs_to_one_hub()
    {
        var busy = Assert.Throws<StateBusyException>(() => ArrivalLedger.Open(Folder));
        Assert.Contains("--group", busy.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_hub_of_a_group_misses_nothing_that_others_got()
    {
        var inbox = new Inbox(_box.Verifier, _ledger, seesAll: false);
        for (var number = 10; number < 40; number += 10)
            inbox.Take(_box.Topic(EventType.Summary), _box.Signer.Summary(number, SampleBox.Summary(), SampleBox.Now), false, SampleBox.Now, delivery =>
            {
                Assert.Empty(delivery.Missing);
                return true;
            });
        Assert.Equal(0, _ledger.Missing);
    }

    private Arrival Came(long number)
    {
        var said = new CloudEvent($"boot.{number}", _box.Name, EventType.Checkpoint, SampleBox.Now, number, "{}"u8.ToArray());
        var arrival = _ledger.Compare(said, "key");
        if (arrival != Arrival.Repeat) _ledger.Note(new ReceivedMessage.Checkpoint(said, null!), "key", arrival);
        return arrival;
    }

    /// <summary>From and through of the receipt.</summary>
    private (long, long) Told() => _ledger.ReceiptFor(_box.Name, SampleBox.Now) is { } receipt ? (receipt.From, receipt.Through) : default;

    private void Reopen()
    {
        _ledger.Dispose();
        _ledger = ArrivalLedger.Open(Folder);
    }

    private Delivery Summary(long number, params long[] dropped) =>
        Take(_box.Signer.Summary(number, SampleBox.Summary(dropped), SampleBox.Now), EventType.Summary)!;

    private Delivery? Take(byte[] message, EventType? type = null, bool again = false, bool keep = true) => Take(_box, message, type, again, keep);

    private Delivery? Take(SampleBox box, byte[] message, EventType? type = null, bool again = false, bool keep = true)
    {
        Delivery? shown = null;
        new Inbox(box.Verifier, _ledger).Take(box.Topic(type ?? EventType.Hit), message, again, SampleBox.Now, delivery =>
        {
            shown = delivery;
            return true;
        });
        if (keep) _ledger.Keep();
        return shown;
    }

    private Delivery? Take(byte[] message, bool keep) => Take(message, null, false, keep);
}
