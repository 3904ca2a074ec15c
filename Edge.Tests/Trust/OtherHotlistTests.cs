using System.Text;
using Edge.Storage.Keys;
using Edge.Storage.Trust;
using Edge.Tests.Support;

namespace Edge.Tests.Trust;

/// <summary>Hotlists of other agencies in the repository of one: what each can do wrong costs it its own list and nothing else.</summary>
public sealed class OtherHotlistTests : IDisposable
{
    private static readonly DateTimeOffset Now = TrustLab.Start.AddHours(1);
    private const string Metadata = "hotlists-sheriff.json";
    private const string List = "hotlists/sheriff.json";

    private readonly TrustLab _lab = new();
    private readonly TemporaryFolder _folder = new();
    private readonly SigningKey _sheriff = SigningKey.Create();
    private readonly TrustClient _box;

    public OtherHotlistTests() => _box = _lab.NewBox();

    public void Dispose()
    {
        _sheriff.Dispose();
        _folder.Dispose();
        _lab.Dispose();
    }

    private SigningKey Own => _lab.Signers.Targets.Keys[0];

    private void Delegate(params IReadOnlyDictionary<string, SigningKey>[] others)
    {
        var proposal = new TrustProposal(_folder.File("pending"), _lab.Repository, TrustLab.Agency);
        proposal.Propose(new Dictionary<string, byte[]> { [TrustPath.Grants] = TrustLab.Bytes("grants") }, Now,
            others.SelectMany(one => one).ToDictionary(other => other.Key, other => RoleKeys.Of(1, other.Value.Public)));
        proposal.Sign(Own);
        Assert.True(proposal.TryPublish([Own], Now));
    }

    private void Delegate() => Delegate(new Dictionary<string, SigningKey> { ["sheriff"] = _sheriff });

    private void Offer(string text, SigningKey? key = null, string audience = TrustLab.Agency, DateTimeOffset? now = null) =>
        OtherHotlist.Write(_folder.File("offer"), "sheriff", audience, key ?? _sheriff, TrustLab.Bytes(text), now ?? Now);

    private OtherHotlist? Take(DateTimeOffset? now = null) => _lab.Writer.Take("sheriff", TrustSource.Folder(_folder.File("offer")), now ?? Now);

    private TrustedTargets Update(DateTimeOffset? now = null) => _box.Update(_lab.Fetch, now ?? Now);

    private static string? Text(TrustedTargets set) =>
        set.OtherHotlists.TryGetValue("sheriff", out var list) ? Encoding.UTF8.GetString(list.Span) : null;

    private void Shared(string text = "list one")
    {
        Delegate();
        Offer(text);
        Take();
        Assert.Equal(text, Text(Update()));
    }

    [Fact]
    public void A_delegated_list_comes_into_use_beside_the_own_one_and_is_there_after_a_restart()
    {
        Shared();
        var set = _lab.OpenBox(1).Current!;
        Assert.Equal(("list one", "hotlist one", "grants"),
            (Text(set), Encoding.UTF8.GetString(set.Hotlist.Span), Encoding.UTF8.GetString(set.Grants!.Value.Span)));
        Assert.Same(_box.Current, Update());
    }

    [Fact]
    public void Without_a_delegation_another_agency_s_files_are_never_asked_for()
    {
        Delegate([]);
        Offer("list");
        Assert.Contains("no grant names it", Assert.Throws<TrustException>(() => Take()).Message, StringComparison.Ordinal);
        var asked = new List<string>();
        _box.Update((path, most) =>
        {
            asked.Add(path);
            return _lab.Fetch(path, most);
        }, Now);
        Assert.DoesNotContain(asked, path => path.Contains("sheriff", StringComparison.Ordinal));
    }

    [Fact]
    public void Wrong_signer_a_list_by_the_own_hotlist_key_or_a_third_one_is_refused()
    {
        Delegate();
        using var third = SigningKey.Create();
        foreach (var key in new[] { Own, third })
        {
            Offer("forged", key);
            Assert.Contains("threshold not met", Assert.Throws<TrustException>(() => Take()).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Wrong_path_the_other_agency_s_role_cannot_name_the_own_list()
    {
        Shared();
        var forged = new TrustForge(_lab);
        forged.Files["evil"] = TrustLab.Bytes("everything");
        forged.Files[Metadata] = SignedFile.Sign(new TargetsMetadata(2, Now.AddDays(1), new Dictionary<string, TargetClaim>
        {
            [List] = forged.Target(List), [TrustPath.Hotlist(TrustLab.Agency)] = forged.Target("evil"), [TrustPath.Policy] = forged.Target("evil"),
        }, null).Write(), [_sheriff]);
        Above(forged, 2);
        var set = _box.Update(forged.Fetch, Now);
        Assert.Equal(("hotlist one", "policy one", "list one"),
            (Encoding.UTF8.GetString(set.Hotlist.Span), Encoding.UTF8.GetString(set.Policy.Span), Text(set)));
        Assert.Equal(2, set.Versions[Metadata]);
    }

    [Fact]
    public void Wrong_audience_a_list_that_was_made_for_another_agency_s_boxes_is_refused()
    {
        Delegate();
        Offer("list", audience: "sheriff");
        Assert.Contains("is for boxes of sheriff", Assert.Throws<TrustException>(() => Take()).Message, StringComparison.Ordinal);
        var forged = new TrustForge(_lab);
        foreach (var path in new[] { Metadata, List }) forged.Files[path] = File.ReadAllBytes(Path.Combine(_folder.File("offer"), path));
        Above(forged, 1);
        var set = _box.Update(forged.Fetch, Now);
        Assert.Equal("hotlists/sheriff.json: is for agency sheriff; this box belongs to riverton", set.RefusedHotlists["sheriff"].Message);
    }

    [Fact]
    public void A_broken_list_is_refused_by_itself_and_taken_as_soon_as_it_is_whole_again()
    {
        Shared();
        var path = Path.Combine(_lab.Repository, List);
        var whole = File.ReadAllBytes(path);
        File.WriteAllBytes(path, [.. whole, 1]);
        _lab.Publish("two", Now);
        var set = Update();
        Assert.Equal(("policy two", null), (Encoding.UTF8.GetString(set.Policy.Span), Text(set)));
        Assert.Contains("bytes", set.RefusedHotlists["sheriff"].Reason, StringComparison.Ordinal);
        Assert.Same(set, Update());

        File.WriteAllBytes(path, whole);
        Assert.Equal("list one", Text(Update()));
    }

    [Fact]
    public void An_expired_list_is_refused_by_itself()
    {
        Shared();
        var later = Now + TrustLifetimes.Default.Hotlists;
        _lab.Writer.Renew(later);
        var set = Update(later);
        Assert.Null(Text(set));
        Assert.StartsWith("expired at", set.RefusedHotlists["sheriff"].Reason, StringComparison.Ordinal);
        Assert.Equal("hotlist one", Encoding.UTF8.GetString(set.Hotlist.Span));
    }

    [Fact]
    public void Rollback_a_stale_list_is_refused_by_itself_by_hub_and_box()
    {
        Delegate();
        Offer("old");
        var old = new[] { Metadata, List }.ToDictionary(path => path, path => File.ReadAllBytes(Path.Combine(_folder.File("offer"), path)));
        Offer("new");
        Take();
        Update();
        foreach (var (path, bytes) in old) File.WriteAllBytes(Path.Combine(_folder.File("offer"), path), bytes);
        Assert.Contains("rollback", Assert.Throws<TrustException>(() => Take()).Message, StringComparison.Ordinal);

        _lab.Writer.Drop("sheriff", Now); // a hub that has forgotten what it took before
        Take();
        var set = Update();
        Assert.Null(Text(set));
        Assert.StartsWith("rollback", set.RefusedHotlists["sheriff"].Reason, StringComparison.Ordinal);
        Assert.Equal("hotlist one", Encoding.UTF8.GetString(set.Hotlist.Span));
    }

    [Fact]
    public void Role_removal_of_the_other_agency_stops_its_list_and_nothing_else()
    {
        Shared();
        _lab.Writer.Drop("sheriff", Now);
        Assert.Null(Text(Update()));
        Delegate([]);
        var set = Update();
        Assert.Empty(set.RefusedHotlists);
        Assert.Equal("policy one", Encoding.UTF8.GetString(set.Policy.Span));
    }

    [Fact]
    public void Grants_that_were_seen_do_not_become_absent_again()
    {
        Shared();
        File.Delete(Path.Combine(_lab.Repository, TrustPath.Grants));
        _lab.Writer.Renew(Now);
        Assert.Equal("grants.json: rollback: targets.json no longer names it; publish one without entries",
            Assert.Throws<TrustException>(() => Update()).Message);
        Assert.Equal("list one", Text(_box.Current!));
    }

    [Fact]
    public void Endless_data_a_list_beyond_the_bound_is_refused_before_it_is_read()
    {
        Shared();
        Assert.Contains("accept at most", Assert.Throws<TrustException>(() => Offer(new string('x', TrustPath.MaxOtherHotlist + 1))).Message,
            StringComparison.Ordinal);
        var forged = new TrustForge(_lab);
        forged.Files[List] = new byte[TrustPath.MaxOtherHotlist + 1];
        forged.Files[Metadata] = SignedFile.Sign(new TargetsMetadata(2, Now.AddDays(1), new Dictionary<string, TargetClaim> { [List] = forged.Target(List) },
            null).Write(), [_sheriff]);
        Above(forged, 2);
        var set = _box.Update((path, most) => path == List ? throw new InvalidOperationException("was asked for") : forged.Files.GetValueOrDefault(path), Now);
        Assert.Contains("of another agency at most", set.RefusedHotlists["sheriff"].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_box_takes_the_lists_of_eight_other_agencies_and_refuses_the_ninth()
    {
        Delegate(Enumerable.Range(1, 9).ToDictionary(i => $"agency-{i}", _ => _sheriff));
        foreach (var i in Enumerable.Range(1, 9))
        {
            OtherHotlist.Write(_folder.File("offer"), $"agency-{i}", TrustLab.Agency, _sheriff, TrustLab.Bytes($"list {i}"), Now);
            _lab.Writer.Take($"agency-{i}", TrustSource.Folder(_folder.File("offer")), Now);
        }
        var set = Update();
        Assert.Equal(TrustPath.MostOtherHotlists, set.OtherHotlists.Count);
        Assert.StartsWith("too-many", set.RefusedHotlists["agency-9"].Reason, StringComparison.Ordinal);
        Assert.Equal(TrustPath.MostOtherHotlists, _lab.OpenBox(1).Current!.OtherHotlists.Count);
    }

    [Fact]
    public void The_sending_order_and_the_expiries_name_the_other_lists_too()
    {
        Shared();
        var order = TrustRepositoryWriter.SendingOrder(_lab.Repository, TrustLab.Agency).ToList();
        Assert.InRange(order.IndexOf(List), 0, order.IndexOf(Metadata) - 1);
        Assert.InRange(order.IndexOf(Metadata), 0, order.IndexOf(TrustPath.Targets) - 1);
        Assert.Contains(TrustPath.Grants, order);
        Assert.Contains(Metadata, TrustRepositoryWriter.Expiries(_lab.Repository, TrustLab.Agency).Keys);
        var received = order.ToDictionary(path => path, path => File.ReadAllBytes(Path.Combine(_lab.Repository, path)));
        Assert.Equal("list one", Text(_lab.NewBox().Update(TrustLab.From(received), Now)));
    }

    /// <summary>A snapshot and a timestamp over a forged list, by the lab's own online key.</summary>
    private void Above(TrustForge forged, int list)
    {
        var now = _lab.Copy();
        int Version<T>(string name, Func<Storage.Json.JsonFields, T> read) where T : class, ITrustMetadata =>
            SignedFile<T>.Parse(name, now[name], read).Metadata.Version;
        var own = TrustPath.HotlistMetadata(TrustLab.Agency);
        forged.Snapshot(50, new Dictionary<string, FileClaim>
        {
            [TrustPath.Targets] = forged.Claim(TrustPath.Targets, Version(TrustPath.Targets, TargetsMetadata.ReadTopLevel)),
            [own] = forged.Claim(own, Version(own, TargetsMetadata.ReadDelegated)),
            [Metadata] = forged.Claim(Metadata, list),
        }).Timestamp(50, forged.Claim(TrustPath.Snapshot, 50));
    }
}
