using System.Text;
using Edge.Agent.Hub;
using Edge.Agent.Publishing;
using Edge.Storage.Sealing;
using Edge.Tests.Support;

namespace Edge.Tests.Hub;

public sealed class HeldHitsTests : IDisposable
{
    private const string Plate = "34A36837";

    private static readonly DateTimeOffset Now = new(2026, 3, 4, 5, 0, 0, TimeSpan.Zero);

    private readonly TemporaryFolder _folder = new();
    private readonly SampleBox _box = new();
    private readonly HeldHits _held;

    public HeldHitsTests() => _held = new HeldHits(_folder.Path);

    public void Dispose()
    {
        _box.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void A_held_hit_opens_without_its_epoch_key_after_its_own_retention_ended()
    {
        var header = new HitHeader(_box.Name, 5, "entry-7", Now.AddHours(1));
        Assert.Empty(_held.Keep("order-1", [new HeldHit(_box.Sealed(header, "34A36837"u8), Now.AddDays(9))], [_box.Agency], Now));
        var (opened, body) = Assert.Single(_held.Open("order-1", Now.AddDays(8)));
        Assert.Equal((header, Plate), (opened, body.Text));
    }

    [Fact]
    public void The_epoch_key_opens_nothing_of_what_is_kept_and_the_key_of_the_hold_no_other_hit_of_the_epoch()
    {
        var other = _box.Sealed(_box.Header(6), "ZZ999"u8);
        _held.Keep("order-1", [Held(5, days: 9)], [_box.Agency], Now);
        Assert.True(SealedHit.TryParse(File.ReadAllBytes(KeptFile("order-1")), out var kept, out _));
        Assert.False(kept.TryOpen(_box.Agency, out _));
        using var holdKey = RecipientKey.FromRaw(File.ReadAllBytes(KeyFile("order-1")));
        Assert.True(kept.TryOpen(holdKey, out _));
        Assert.False(other.TryOpen(holdKey, out _));
    }

    [Fact]
    public void Each_hit_ends_in_its_own_hour_and_its_key_is_overwritten_before_it_is_unlinked()
    {
        _held.Keep("order-1", [Held(5, days: 2), Held(6, days: 3), Held(7, days: 3)], [_box.Agency], Now);
        var key = Directory.EnumerateFiles(_folder.File("held/order-1"), "key", SearchOption.AllDirectories).Order(StringComparer.Ordinal).First();
        var raw = File.ReadAllBytes(key);
        using var open = File.OpenRead(key); // keeps the unlinked file readable

        Assert.Equal(0, _held.Sweep(Now.AddDays(2).AddTicks(-1)));
        Assert.Equal(1, _held.Sweep(Now.AddDays(2)));
        var left = new byte[raw.Length];
        open.ReadExactly(left);
        Assert.NotEqual(raw, left);
        Assert.Equal([6, 7], Sequences("order-1", Now.AddDays(2)));
        Assert.Equal(2, _held.Sweep(Now.AddDays(3)));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.File("held")));
        Assert.Empty(_held.Orders);
    }

    [Fact]
    public void A_copy_of_what_was_kept_opens_with_none_of_the_keys_that_are_left()
    {
        _held.Keep("order-1", [Held(5, days: 2)], [_box.Agency], Now);
        _held.Keep("order-2", [Held(6, days: 9)], [_box.Agency], Now);
        Assert.True(SealedHit.TryParse(File.ReadAllBytes(KeptFile("order-1")), out var copy, out _));
        _held.Sweep(Now.AddDays(2));
        using var left = RecipientKey.FromRaw(File.ReadAllBytes(KeyFile("order-2")));
        Assert.False(copy.TryOpen(left, out _));
        Assert.False(copy.TryOpen(_box.Agency, out _));
    }

    [Fact]
    public void What_has_ended_is_not_opened_even_before_the_sweep()
    {
        _held.Keep("order-1", [Held(5, days: 2)], [_box.Agency], Now);
        Assert.Equal([5], Sequences("order-1", Now.AddDays(2).AddTicks(-1)));
        Assert.Empty(_held.Open("order-1", Now.AddDays(2)));
    }

    [Fact]
    public void An_end_within_an_hour_is_rounded_down_never_up()
    {
        var held = new HeldHit(_box.Sealed(_box.Header(5), "AB123"u8), Now.AddHours(3).AddMinutes(59));
        Assert.Empty(_held.Keep("order-1", [held], [_box.Agency], Now));
        Assert.Equal(1, _held.Sweep(Now.AddHours(3)));
        Assert.Single(_held.Keep("order-1", [held with { Until = Now.AddMinutes(59) }], [_box.Agency], Now));
    }

    [Fact]
    public void A_release_destroys_all_that_its_hold_kept_and_nothing_of_another()
    {
        _held.Keep("order-1", [Held(5, days: 2), Held(6, days: 3)], [_box.Agency], Now);
        _held.Keep("order-2", [Held(7, days: 3)], [_box.Agency], Now);
        Assert.Equal(2, _held.End("order-1"));
        Assert.Equal(["order-2"], _held.Orders);
        Assert.Equal([7], Sequences("order-2", Now));
        Assert.Equal(0, _held.End("order-1"));
    }

    [Fact]
    public void An_answer_that_comes_twice_or_in_pages_keeps_each_hit_once()
    {
        _held.Keep("order-1", [Held(5, days: 2), Held(6, days: 2)], [_box.Agency], Now);
        var before = Directory.EnumerateFiles(_folder.Path, "*", SearchOption.AllDirectories).ToDictionary(file => file, File.ReadAllBytes);
        Assert.Equal([7], _held.Keep("order-1", [Held(5, days: 2), Held(6, days: 2), Held(7, days: 2)], [], Now).Select(header => header.Sequence));
        Assert.All(before, file => Assert.Equal(file.Value, File.ReadAllBytes(file.Key)));
        Assert.Empty(_held.Keep("order-1", [Held(7, days: 2)], [_box.Agency], Now));
        Assert.Equal([5, 6, 7], Sequences("order-1", Now));
    }

    [Fact]
    public void An_attempt_that_was_cut_off_in_destroying_the_key_is_repaired_by_the_next()
    {
        _held.Keep("order-1", [Held(5, days: 2)], [_box.Agency], Now);
        File.WriteAllBytes(KeyFile("order-1"), Enumerable.Repeat((byte)7, 32).ToArray()); // overwritten, not yet unlinked
        Assert.Empty(_held.Keep("order-1", [Held(5, days: 2)], [_box.Agency], Now));
        Assert.Equal([5], Sequences("order-1", Now));
    }

    [Fact]
    public void A_hit_that_the_epoch_keys_do_not_open_is_named_and_not_kept()
    {
        using var later = RecipientKey.Create();
        Assert.Equal([5], _held.Keep("order-1", [Held(5, days: 2)], [later], Now).Select(header => header.Sequence));
        Assert.Empty(_held.Open("order-1", Now));
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData(".hidden")]
    [InlineData("a/b")]
    [InlineData("../keys")]
    public void An_order_id_that_would_name_another_folder_is_refused(string id)
    {
        Assert.Throws<ArgumentException>(() => _held.Keep(id, [Held(5, days: 2)], [_box.Agency], Now));
        Assert.Throws<ArgumentException>(() => _held.End(id));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void No_plate_is_on_the_disk_and_every_file_is_its_owners()
    {
        _held.Keep("order-1", [Held(5, days: 2)], [_box.Agency], Now);
        foreach (var file in Directory.EnumerateFiles(_folder.Path, "*", SearchOption.AllDirectories))
        {
            Assert.Equal(-1, File.ReadAllBytes(file).AsSpan().IndexOf(Encoding.ASCII.GetBytes(Plate)));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        }
        Assert.All(Directory.EnumerateDirectories(_folder.Path, "*", SearchOption.AllDirectories), folder =>
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(folder)));
    }

    [Fact]
    public void A_kept_hit_that_was_changed_is_named()
    {
        _held.Keep("order-1", [Held(5, days: 2)], [_box.Agency], Now);
        var bytes = File.ReadAllBytes(KeptFile("order-1"));
        bytes[^10] ^= 1;
        File.WriteAllBytes(KeptFile("order-1"), bytes);
        Assert.Contains("box-1-5.json", Assert.Throws<AgencyException>(() => _held.Open("order-1", Now).Count()).Message, StringComparison.Ordinal);
    }

    private HeldHit Held(long sequence, int days) => new(_box.Sealed(_box.Header(sequence), "34A36837"u8), Now.AddDays(days));

    private IEnumerable<long> Sequences(string order, DateTimeOffset now) => _held.Open(order, now).Select(hit => hit.Header.Sequence);

    private string KeyFile(string order) => Directory.EnumerateFiles(_folder.File($"held/{order}"), "key", SearchOption.AllDirectories).First();

    private string KeptFile(string order) => Directory.EnumerateFiles(_folder.File($"held/{order}"), "*.json", SearchOption.AllDirectories).First();
}
