using Edge.Agent.Governance;
using Edge.Agent.Hub;
using Edge.Agent.Publishing;
using Edge.Storage.Keys;
using Edge.Storage.Trust;
using Edge.Tests.Matching;
using Edge.Tests.Support;

namespace Edge.Tests.Hub;

/// <summary>The agency too loses what expired.</summary>
public sealed class EpochKeysTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();
    private readonly Agency _agency;

    public EpochKeysTests() => _agency = Agency.Create(_temporary.File("agency"),
        new AgencyPlan { Agency = "demo", Cost = Lists.Cheap }, Lists.Now, null, out _)!;

    public void Dispose()
    {
        _agency.Dispose();
        _temporary.Dispose();
    }

    private string KeyFile(string keyId) => _temporary.File($"agency/keys/recipient-{keyId}.key");

    [Fact]
    public void A_new_agency_has_weekly_epochs_for_a_quarter_that_leave_no_instant_without_a_key()
    {
        var keys = _agency.PublishedRecipients.Keys;
        Assert.Equal(14, keys.Count);
        Assert.True(keys[0].NotBefore < Lists.Now);
        foreach (var (key, next) in keys.Zip(keys.Skip(1)))
        {
            Assert.Equal((TimeSpan.FromDays(7), key.Expires - EpochKeys.Overlap), (next.NotBefore - key.NotBefore, next.NotBefore));
            Assert.Equal(next.Key, _agency.PublishedRecipients.At(next.NotBefore));
            Assert.Equal(key.Key, _agency.PublishedRecipients.At(next.NotBefore.AddTicks(-1)));
        }
        Assert.Equal(keys.Select(key => key.Key), _agency.Epochs.LoadHeld().Select(key => key.Public));
        Assert.All(keys, key => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(KeyFile(key.Key.KeyId))));
    }

    [Fact]
    public void Further_epochs_follow_on_the_last_one_and_those_that_ended_leave_the_list()
    {
        var old = _agency.PublishedRecipients.Keys;
        Assert.True(_agency.Ceremony.ProposeEpochs(2, 3, Lists.Now.AddDays(20)));
        var keys = _agency.PublishedRecipients.Keys;
        Assert.Equal(2, _agency.PublishedRecipients.Version);
        Assert.Equal(old.Skip(2).Concat(keys.TakeLast(2)), keys);
        Assert.Equal(old[^1].Expires - EpochKeys.Overlap, keys[^2].NotBefore);
        Assert.Equal(TimeSpan.FromDays(3) + EpochKeys.Overlap, keys[^1].Expires - keys[^1].NotBefore);
        Assert.Contains("boxes accept 64", Assert.Throws<AgencyException>(() => _agency.Ceremony.ProposeEpochs(51, 7, Lists.Now.AddDays(20))).Message,
            StringComparison.Ordinal);
        Assert.Equal(16, _agency.Epochs.Held.Count);
    }

    [Fact]
    public void After_a_theft_new_epochs_replace_all_others_at_once_and_what_was_sealed_before_still_opens()
    {
        var old = _agency.PublishedRecipients.Keys;
        var now = Lists.Now.AddDays(10);
        Assert.True(_agency.Ceremony.ProposeEpochs(3, 7, now, replace: true));
        var next = _agency.PublishedRecipients;
        Assert.Equal(3, next.Keys.Count);
        Assert.Empty(next.Keys.IntersectBy(old.Select(key => key.Key), key => key.Key));
        Assert.Equal(next.Keys[0].Key, next.At(now.AddHours(-20))); // a clock that lags
        Assert.Equal(17, _agency.Epochs.Held.Count);
    }

    [Fact]
    public void A_key_whose_time_has_come_is_overwritten_and_gone_and_the_agency_still_opens()
    {
        var first = _agency.Epochs.Held[0];
        var raw = File.ReadAllBytes(KeyFile(first.KeyId));
        // Who has the file open still sees its blocks after the name is gone.
        using var same = new FileStream(KeyFile(first.KeyId), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);

        Assert.Empty(_agency.Epochs.DestroyEnded(first.Expires.AddHours(24).AddTicks(-1)));
        Assert.Equal([first], _agency.Epochs.DestroyEnded(first.Expires.AddHours(24)));

        Assert.False(File.Exists(KeyFile(first.KeyId)));
        var left = new byte[raw.Length];
        same.ReadExactly(left);
        Assert.NotEqual(raw, left);
        Assert.Equal(first.Expires, _agency.Epochs.EndOfDestroyed(first.KeyId));
        using var again = Agency.Open(_temporary.File("agency"));
        Assert.Equal(13, again.Epochs.LoadHeld().Count);
        Assert.Null(again.Epochs.Load(first.KeyId));
    }

    [Fact]
    public void A_longer_retention_signed_during_an_epoch_keeps_its_key_for_longer()
    {
        var first = _agency.Epochs.Held[0];
        var longer = _agency.Policy with { Version = 2, HitRetentionHours = 72 };
        Assert.True(_agency.Ceremony.Propose(new Dictionary<string, byte[]> { [TrustPath.Policy] = longer.Write() }, first.Expires.AddDays(-2)));
        Assert.Empty(_agency.Epochs.DestroyEnded(first.Expires.AddHours(71)));
        Assert.Equal([first], _agency.Epochs.DestroyEnded(first.Expires.AddHours(72)));
    }

    [Fact]
    public void A_hit_of_an_epoch_whose_key_is_destroyed_is_unopenable_not_forged()
    {
        using var box = new SampleBox();
        var first = _agency.Epochs.Held[0];
        using var body = HitBody.Write("34A36837"u8, SampleBox.Facts(8));
        var hit = box.Signer.Hit(SealedHit.Seal(_agency.Epochs.LoadHeld()[0].Public, box.Header(1), body), SampleBox.Now);
        var topic = box.Topic(EventType.Hit);
        var boxes = new Dictionary<BoxName, VerifyingKey> { [box.Name] = box.Key.Public };
        var verifier = new MessageVerifier("demo", boxes, _agency.Epochs);
        Assert.IsType<ReceivedMessage.Hit>(verifier.Verify(topic, hit, Lists.Now));
        File.Copy(KeyFile(first.KeyId), KeyFile(first.KeyId) + ".kept");

        _agency.Epochs.DestroyEnded(first.Expires.AddDays(1));

        // In the middle of a burst too, for which it keeps the key: it opens nothing more.
        using (verifier.Together())
        {
            File.Move(KeyFile(first.KeyId) + ".kept", KeyFile(first.KeyId));
            Assert.IsType<ReceivedMessage.Hit>(verifier.Verify(topic, hit, Lists.Now));
            _agency.Epochs.DestroyEnded(first.Expires.AddDays(1));
            Assert.IsType<ReceivedMessage.Unopenable>(verifier.Verify(topic, hit, Lists.Now));
        }

        // The same verifier: a hub in service keeps no copy.
        Assert.Equal(first.Expires, Assert.IsType<ReceivedMessage.Unopenable>(verifier.Verify(topic, hit, Lists.Now)).EpochEnded);
        using var other = Agency.Create(_temporary.File("other"), new AgencyPlan { Agency = "demo", Cost = Lists.Cheap }, Lists.Now, null, out _)!;
        var refused = Assert.IsType<ReceivedMessage.Refused>(new MessageVerifier("demo", boxes, other.Epochs).Verify(topic, hit, Lists.Now));
        Assert.Equal("seal: sealed to a key that this hub does not hold", refused.ToString());
    }

    [Fact]
    public void A_list_whose_private_halves_are_not_here_is_never_published()
    {
        using var elsewhere = Edge.Storage.Sealing.RecipientKey.Create();
        var foreign = _agency.PublishedRecipients with { Version = 2, Keys = [new Recipient(elsewhere.Public, Lists.Now, Lists.Now.AddDays(7))] };
        Assert.Contains("nobody could open a hit", Assert.Throws<AgencyException>(() => _agency.Ceremony.Propose(
            new Dictionary<string, byte[]> { [TrustPath.Recipients] = foreign.Write() }, Lists.Now)).Message, StringComparison.Ordinal);
        Assert.Equal(1, _agency.PublishedRecipients.Version);
    }

    [Fact]
    public void An_agency_of_before_there_were_epochs_keeps_its_key_as_long_as_any_policy_could_have_kept_a_hit()
    {
        File.Delete(_temporary.File("agency/keys/epochs.json"));
        var first = _agency.Epochs.Held[0];
        Assert.Empty(_agency.Epochs.DestroyEnded(first.Expires.AddHours(503)));
        Assert.Contains(first, _agency.Epochs.DestroyEnded(first.Expires.AddHours(504)));
        Assert.Equal(first.Expires, _agency.Epochs.EndOfDestroyed(first.KeyId));
    }
}
