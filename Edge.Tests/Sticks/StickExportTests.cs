using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using Edge.Agent.Governance;
using Edge.Agent.Governance.Orders;
using Edge.Agent.Publishing;
using Edge.Agent.Sticks;
using Edge.Storage.Audit;
using Edge.Storage.Database;
using Edge.Storage.Keys;
using Edge.Storage.Sealing;
using Edge.Tests.Audit;
using Edge.Tests.Orders;

namespace Edge.Tests.Sticks;

/// <summary>An auditor's stick: refused and left as it is, or finished whole.</summary>
public sealed class StickExportTests : IAsyncDisposable
{
    private readonly StickLab _lab = new();

    public ValueTask DisposeAsync() => _lab.DisposeAsync();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_export_by_USB_is_a_bundle_that_verifies_with_its_answer_beside_it_and_an_entry_of_the_log()
    {
        _lab.Put(_lab.Order());
        File.WriteAllText(_lab.At("holiday.jpg"), "mine");
        Assert.Equal(AuditOutcome.Done, await _lab.PlugInAsync());
        var bundle = _lab.Verified();
        Assert.Matches("^box-1-[0-9]{8}T[0-9]{6}Z.tar$", Path.GetFileName(bundle));
        Assert.Equal([Path.ChangeExtension(bundle, ".json"), bundle, _lab.At("edge/export.order")],
            Directory.GetFileSystemEntries(_lab.At("edge")).Order(StringComparer.Ordinal));
        Assert.Equal("mine", File.ReadAllText(_lab.At("holiday.jpg")));
        Assert.Equal(UnixFileMode.OtherRead, File.GetUnixFileMode(bundle) & UnixFileMode.OtherRead); // whoever reads it at home is another user
        Assert.Equal([StickSign.Writing, StickSign.Done], _lab.Signs);
        var entry = Assert.Single(_lab.Exports);
        Assert.Equal((AuditOutcome.Done, Sha256Hash.Of(File.ReadAllBytes(bundle))), (entry.Outcome, entry.Digest!.Value));
        Assert.Equal(AuditOutcome.Done, Assert.Single(_lab.Orders.Entries, one => one.Action == AuditAction.OrderExport).Outcome);
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(_lab.Orders.State.Directory, "exports"))); // the copy that the order made has left
    }

    [Fact]
    public async Task Nothing_that_the_log_conceals_and_no_hit_leaves_on_a_stick()
    {
        _lab.Put(_lab.Order());
        await _lab.PlugInAsync();
        var written = Directory.GetFiles(_lab.At("edge")).Where(file => !file.EndsWith(".order", StringComparison.Ordinal));
        var bytes = Encoding.Latin1.GetString([.. written.SelectMany(File.ReadAllBytes)]);
        Assert.All([OrderLab.Case, OrderLab.Plate, "investigator-1", "auditor-1", "disclosures"],
            secret => Assert.DoesNotContain(secret, bytes, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("none", "no-order")]
    [InlineData("empty", "no-order")]
    [InlineData("forged", "not-an-operators")]
    [InlineData("changed", "not-an-operators")]
    [InlineData("expired", "expired")]
    [InlineData("other box", "other-box")]
    [InlineData("sealed to another", "not-sealed-to-this-box")]
    [InlineData("wrong role", "wrong-role")]
    [InlineData("decommission", "not-at-this-door")]
    [InlineData("search", "not-at-this-door")]
    [InlineData("too large", "too-large")]
    public async Task A_stick_whose_order_is_not_a_good_export_is_refused_logged_and_left_as_it_is(string what, string reason)
    {
        using var stranger = SigningKey.Create();
        using var elsewhere = RecipientKey.Create();
        var orders = _lab.Orders;
        var order = what switch
        {
            "none" => null,
            "empty" => [],
            "forged" => orders.Sign(new Order.Export(), key: stranger),
            "changed" => [.. _lab.Order()[..^4], (byte)'A', (byte)'A', (byte)'A', (byte)'A'],
            "expired" => orders.Sign(new Order.Export(), given: -2),
            "other box" => orders.Sign(new Order.Export(), box: new BoxName("riverton", "box-2")),
            "sealed to another" => orders.Sign(new Order.Export(), to: elsewhere.Public),
            "wrong role" => orders.Sign(new Order.Export(), AuditRole.Investigator),
            "decommission" => orders.Sign(new Order.Decommission(), AuditRole.Oversight),
            "search" => orders.Sign(orders.Search()),
            _ => new byte[OrderMessage.MaxBytes + 1],
        };
        if (order is not null) _lab.Put(order);
        var (before, entries) = (_lab.Content(), orders.Audit.Latest.Size);
        Assert.Equal(AuditOutcome.Refused(reason), await _lab.OfferAsync());
        Assert.Equal(AuditOutcome.Refused("no-such-stick"), await _lab.WriteAsync()); // also a process that asks for it all the same
        await _lab.EndAsync();
        Assert.Equal(before, _lab.Content());
        Assert.Equal(entries + 1, orders.Audit.Latest.Size);
        Assert.NotNull(orders.Entries[^1].Outcome.Reason);
        Assert.Equal([StickSign.Refused], _lab.Signs);
        Assert.Equal(0, orders.Decommissions);
        Assert.False(Directory.Exists(Path.Combine(orders.State.Directory, "exports")));
    }

    [Fact]
    public async Task A_used_order_is_refused_and_its_stick_keeps_what_it_got()
    {
        _lab.Put(_lab.Order());
        await _lab.PlugInAsync();
        _lab.Orders.State.Time.Advance(TimeSpan.FromMinutes(1));
        var before = _lab.Content();
        Assert.Equal(AuditOutcome.Refused("replayed"), await _lab.PlugInAsync());
        Assert.Equal(before, _lab.Content());
        Assert.Contains(_lab.Orders.Entries, entry => entry is { Action: AuditAction.OrderRefused, Outcome.Reason: "replayed" });
    }

    [Fact]
    public async Task One_stick_may_carry_the_orders_of_many_boxes()
    {
        _lab.Put("of another"u8.ToArray(), "box-2.order");
        _lab.Put(_lab.Order(), "box-1.order");
        _lab.Put("whatever"u8.ToArray());
        Assert.Equal(AuditOutcome.Done, await _lab.PlugInAsync());
        _lab.Verified();
    }

    [Theory]
    [InlineData("link to the order")]
    [InlineData("link to a secret")]
    [InlineData("link to nothing")]
    [InlineData("pipe")]
    [InlineData("device")]
    [InlineData("disk")]
    [InlineData("folder")]
    [InlineData("socket")]
    [InlineData("folder is a link")]
    [InlineData("folder is a file")]
    public async Task Links_pipes_and_devices_on_a_stick_are_neither_followed_nor_read(string what)
    {
        var (order, edge) = (_lab.At("edge/export.order"), _lab.At("edge"));
        File.WriteAllBytes(_lab.At("real"), _lab.Order());
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        switch (what)
        {
            case "link to the order": File.CreateSymbolicLink(order, _lab.At("real")); break;
            case "link to a secret": File.CreateSymbolicLink(order, "/etc/shadow"); break;
            case "link to nothing": File.CreateSymbolicLink(order, "/nowhere"); break;
            case "pipe": Run("mkfifo", order); break;
            case "device": if (!Run("mknod", order, "c", "1", "5")) Assert.Skip("devices are made by root only"); break;
            case "disk": if (!Run("mknod", order, "b", "7", "0") || !File.Exists("/dev/loop0")) Assert.Skip("devices are made by root only"); break;
            case "folder": Directory.CreateDirectory(order); break;
            case "socket": socket.Bind(new UnixDomainSocketEndPoint(order)); break;
            case "folder is a link":
                File.Copy(_lab.At("real"), order);
                Directory.Move(edge, _lab.At("other"));
                Directory.CreateSymbolicLink(edge, _lab.At("other"));
                break;
            default:
                Directory.Delete(edge);
                File.WriteAllText(edge, "");
                break;
        }
        var before = _lab.Content();
        Assert.Equal(AuditOutcome.Refused("not-a-plain-file"), await _lab.PlugInAsync());
        Assert.Equal(before, _lab.Content());
        Assert.Equal("not-a-plain-file", Assert.Single(_lab.Exports).Outcome.Reason);
    }

    [Fact]
    public async Task Hostile_names_thousands_of_files_and_a_huge_one_change_nothing_and_are_not_looked_at()
    {
        string[] names = ["\u202Egpj.exe", "...", "-rf", "$(reboot)", "`id`", "\u001b[2J", "a\nb", new string('x', 255), "con", "edge.tmp", "autorun.inf"];
        foreach (var name in names)
        {
            File.WriteAllText(_lab.At(name), name);
            if (name != "edge.tmp") File.WriteAllText(_lab.At($"edge/{name}"), name);
        }
        for (var i = 0; i < 3000; i++) File.WriteAllText(_lab.At($"edge/{i}.order"), "");
        using (var huge = File.Create(_lab.At("edge/huge.order"))) huge.SetLength(1L << 40);
        var before = _lab.Content();
        Assert.Equal(AuditOutcome.Refused("no-order"), await _lab.PlugInAsync());
        Assert.Equal(before, _lab.Content());
        _lab.Put(_lab.Order());
        Assert.Equal(AuditOutcome.Done, await _lab.PlugInAsync());
        var bundle = Path.GetFileNameWithoutExtension(_lab.Verified());
        Assert.Equal(before, string.Concat(_lab.Content().Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(line => !line.StartsWith($"edge/{bundle}", StringComparison.Ordinal) && !line.StartsWith("edge/export.order", StringComparison.Ordinal))
            .Select(line => line + "\n")));
        Assert.DoesNotContain(_lab.Orders.Log.Lines, line => names.Any(name => name.Length > 3 && line.Contains(name, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task What_a_pulled_stick_was_left_with_goes_and_a_link_in_its_place_is_removed_and_not_followed()
    {
        var other = _lab.At("other");
        File.WriteAllText(other, "kept");
        File.CreateSymbolicLink(_lab.At("edge/edge.tmp"), other);
        _lab.Put(_lab.Order());
        Assert.Equal(AuditOutcome.Done, await _lab.PlugInAsync());
        _lab.Verified();
        Assert.Equal("kept", File.ReadAllText(other));
        Assert.False(Path.Exists(_lab.At("edge/edge.tmp")));
    }

    [Fact]
    public async Task A_folder_where_the_bundle_is_to_be_written_is_left_alone_and_the_stick_is_refused()
    {
        Directory.CreateDirectory(_lab.At("edge/edge.tmp/full"));
        _lab.Put(_lab.Order());
        var before = _lab.Content();
        Assert.Equal(AuditOutcome.Refused("stick-failing"), await _lab.PlugInAsync());
        Assert.Equal(before, _lab.Content());
    }

    [Theory]
    [InlineData(Fault.Refused)]
    [InlineData(Fault.Torn)]
    [InlineData(Fault.DoneButFailed)]
    public async Task Whichever_step_of_the_write_fails_the_stick_has_all_or_nothing_and_the_order_is_finished_when_it_comes_again(Fault fault)
    {
        var failed = 0;
        for (var step = 0; ; step++)
            foreach (var dead in new[] { false, true })
            {
                await using var lab = new StickLab();
                lab.Put(lab.Order());
                var before = lab.Content();
                var steps = new FaultySteps(fault);
                steps.FailAt(step, dead);
                var outcome = await lab.PlugInAsync(steps);
                if (!steps.Failed)
                {
                    Assert.Equal(AuditOutcome.Done, outcome);
                    Assert.True(failed >= 14, $"{failed} steps were failed");
                    return;
                }
                failed++;
                Assert.Equal(AuditOutcome.Refused("stick-failing"), outcome);
                Assert.Equal([StickSign.Writing, StickSign.Refused], lab.Signs.Take(2));
                // A stick that was gone at once keeps what was on it; an answer stands for a whole bundle, always.
                if (dead && Directory.GetFiles(lab.At("edge"), "*.json").Length > 0) lab.Verified();
                if (!dead) Assert.Equal(before, lab.Content());
                Assert.Equal("stick-failing", Assert.Single(lab.Exports).Outcome.Reason);

                lab.Orders.State.Time.Advance(TimeSpan.FromMinutes(1));
                foreach (var left in Directory.GetFiles(lab.At("edge"), "box-1-*")) File.Delete(left);
                Assert.Equal(AuditOutcome.Done, await lab.PlugInAsync());
                lab.Verified();
                Assert.Single(lab.Orders.Entries, entry => entry.Action == AuditAction.OrderExport);
            }
    }

    [Fact]
    public async Task A_stick_pulled_half_way_is_logged_and_finished_within_the_hour_and_later_its_order_is_used_up()
    {
        _lab.Put(_lab.Orders.Sign(new Order.Export(), hours: 5));
        Assert.Equal(AuditOutcome.Done, await _lab.OfferAsync());
        await PullAsync();
        Assert.Equal("stick-lost", Assert.Single(_lab.Exports).Outcome.Reason);
        Assert.Equal(AuditOutcome.Done, await _lab.OfferAsync("sdc1")); // a stick that comes back has another name
        await PullAsync("sdc1");
        _lab.Orders.State.Time.Advance(StickDesk.AgainWithin);
        _lab.Desk.Look();
        Assert.Equal(AuditOutcome.Refused("replayed"), await _lab.PlugInAsync());
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(_lab.Orders.State.Directory, "exports")));
    }

    [Fact]
    public async Task A_stick_that_is_heard_of_no_more_is_given_up()
    {
        _lab.Put(_lab.Order());
        await _lab.OfferAsync();
        _lab.Orders.State.Time.Advance(StickDesk.Patience - TimeSpan.FromSeconds(1));
        _lab.Desk.Look();
        Assert.Empty(_lab.Exports);
        _lab.Orders.State.Time.Advance(TimeSpan.FromSeconds(1));
        _lab.Desk.Look();
        Assert.Equal("not-finished", Assert.Single(_lab.Exports).Outcome.Reason);
        Assert.Equal([StickSign.Writing, StickSign.Refused], _lab.Signs);
    }

    [Fact]
    public void A_stick_without_room_is_refused_before_its_order_is_used()
    {
        var order = _lab.Order();
        Assert.Equal(AuditOutcome.Refused("stick-full"), _lab.Desk.Offer(new StickOffer("sdb1", 100_000, order, null)));
        Assert.Equal("stick-full", Assert.Single(_lab.Exports).Outcome.Reason);
        Assert.Equal(AuditOutcome.Done, _lab.Desk.Offer(new StickOffer("sdc1", 100_000_000, order, null)));
    }

    [Fact]
    public void A_thousand_sticks_in_an_hour_are_61_entries_of_the_log()
    {
        for (var i = 0; i < 1000; i++) _lab.Desk.Offer(new StickOffer("sdb1", 0, default, StickOffer.NoOrder));
        Assert.Equal(60, _lab.Exports.Count);
        _lab.Orders.State.Time.Advance(TimeSpan.FromHours(1));
        _lab.Desk.Look();
        Assert.Equal(("further-sticks", 940), (_lab.Exports[^1].Outcome.Reason, _lab.Exports[^1].Count));
        Assert.Equal(61, _lab.Exports.Count);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("""{"verb":"offer","stick":"../sda","free":1}""")]
    [InlineData("""{"verb":"mount","stick":"sdb1"}""")]
    [InlineData("""{"verb":"write","stick":"sdb1","path":"/etc"}""")]
    public async Task A_sentence_that_is_not_understood_ends_the_talk_and_not_the_door(string said)
    {
        using var visitor = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await visitor.ConnectAsync(new UnixDomainSocketEndPoint(_lab.Socket), Cancel);
        var link = new StickLink(new NetworkStream(visitor));
        await link.ReadAsync(StickLink.Sentence, Cancel);
        await link.WriteAsync(Encoding.UTF8.GetBytes(said), Cancel);
        await Assert.ThrowsAnyAsync<IOException>(() => link.ReadAsync(StickLink.Sentence, Cancel));
        _lab.Put(_lab.Order());
        Assert.Equal(AuditOutcome.Done, await _lab.PlugInAsync());
    }

    [Fact]
    public async Task A_stick_that_could_not_be_mounted_is_logged_and_shown_and_one_that_was_refused_is_so_once()
    {
        Assert.Equal(AuditOutcome.Refused("unreadable"), await _lab.EndAsync());
        Assert.Equal("no-order", (await _lab.PlugInAsync()).Reason);
        Assert.Equal(["unreadable", "no-order"], _lab.Exports.Select(entry => entry.Outcome.Reason));
        Assert.Equal([StickSign.Refused, StickSign.Refused], _lab.Signs);
    }

    [Fact]
    public async Task Without_an_agent_the_process_at_the_stick_says_so()
    {
        var errand = new StickErrand(_lab.At("none.sock"), "sdb1");
        Assert.Contains("see that edge-agent runs", (await Assert.ThrowsAsync<StickException>(() => errand.OfferAsync(_lab.Stick, Cancel))).Message,
            StringComparison.Ordinal);
    }

    /// <summary>The process at the stick asks for the bundle and is gone.</summary>
    private async Task PullAsync(string stick = "sdb1")
    {
        var refused = _lab.Exports.Count;
        using (var visitor = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            await visitor.ConnectAsync(new UnixDomainSocketEndPoint(_lab.Socket), Cancel);
            var link = new StickLink(new NetworkStream(visitor));
            await link.ReadAsync(StickLink.Sentence, Cancel);
            await link.WriteAsync(StickTalk.Ask("write", stick), Cancel);
            await link.ReadAsync(StickLink.Sentence, Cancel);
        }
        await Support.Eventually.True(() => _lab.Exports.Count > refused, "the pulled stick is logged");
    }

    private static bool Run(string program, params string[] arguments)
    {
        using var made = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        made.WaitForExit();
        return made.ExitCode == 0;
    }
}
