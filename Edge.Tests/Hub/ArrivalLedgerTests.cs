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
        var arrival = _ledger.Compare(said);
        if (arrival != Arrival.Repeat) _ledger.Note(new ReceivedMessage.Checkpoint(said, null!));
        return arrival;
    }

    private void Reopen()
    {
        _ledger.Dispose();
        _ledger = ArrivalLedger.Open(Folder);
    }

    private Delivery Summary(long number, params long[] dropped) =>
        Take(_box.Signer.Summary(number, SampleBox.Summary(dropped), SampleBox.Now), EventType.Summary)!;

    private Delivery? Take(byte[] message, EventType? type = null, bool again = false, bool keep = true)
    {
        Delivery? shown = null;
        new Inbox(_box.Verifier, _ledger).Take(_box.Topic(type ?? EventType.Hit), message, again, SampleBox.Now, delivery =>
        {
            shown = delivery;
            return true;
        });
        if (keep) _ledger.Keep();
        return shown;
    }

    private Delivery? Take(byte[] message, bool keep) => Take(message, null, false, keep);
}
