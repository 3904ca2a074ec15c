using Edge.Storage.Keys;
using Edge.Storage.Trust;

namespace Edge.Tests.Trust;

/// <summary>A refusal says whether it looks like an attack: who is told of incidents must not be told of every half-copied
/// stick, nor miss a forgery.</summary>
public sealed class TrustFaultTests : IDisposable
{
    private static readonly DateTimeOffset Now = TrustLab.Start.AddHours(1);
    private readonly TrustLab _lab = new();

    public void Dispose() => _lab.Dispose();

    private static TrustFault FaultOf(TrustClient box, IReadOnlyDictionary<string, byte[]> files, DateTimeOffset? now = null) =>
        Assert.Throws<TrustException>(() => box.Update(TrustLab.From(files), now ?? Now)).Fault;

    private TrustClient UpToDateBox()
    {
        var box = _lab.NewBox();
        box.Update(_lab.Fetch, Now);
        return box;
    }

    [Fact]
    public void A_file_signed_by_a_stranger_is_a_refused_signature()
    {
        using var stranger = SigningKey.Create();
        var forged = new TrustForge(_lab).Targets(2, null, stranger).Above(2, 2, 1);
        Assert.Equal(TrustFault.Signature, FaultOf(UpToDateBox(), forged.Files));
    }

    [Fact]
    public void A_byte_changed_after_signing_is_a_refused_signature()
    {
        var files = _lab.Copy();
        var text = System.Text.Encoding.UTF8.GetString(files[TrustPath.Timestamp]);
        files[TrustPath.Timestamp] = TrustLab.Bytes(text.Replace("\"version\":1}", "\"version\":1 }", StringComparison.Ordinal));
        Assert.NotEqual(text.Length, files[TrustPath.Timestamp].Length);
        Assert.Equal(TrustFault.Signature, FaultOf(_lab.NewBox(), files));
        files[TrustPath.Timestamp] = TrustLab.Bytes(text.Replace("2026-11", "2027-11", StringComparison.Ordinal));
        Assert.Equal(TrustFault.Signature, FaultOf(_lab.NewBox(), files));
    }

    [Fact]
    public void What_is_older_than_what_was_seen_is_a_rollback()
    {
        var old = _lab.Copy();
        _lab.Publish("two");
        var box = UpToDateBox();
        Assert.Equal(TrustFault.Rollback, FaultOf(box, old));
        var behindNewerTimestamp = new TrustForge(_lab);
        behindNewerTimestamp.Files[TrustPath.Snapshot] = old[TrustPath.Snapshot];
        behindNewerTimestamp.Timestamp(3, behindNewerTimestamp.Claim(TrustPath.Snapshot, 1));
        Assert.Equal(TrustFault.Rollback, FaultOf(box, behindNewerTimestamp.Files));
        var oldRoot = _lab.Copy();
        oldRoot["2.root.json"] = oldRoot["1.root.json"];
        Assert.Equal(TrustFault.Rollback, FaultOf(box, oldRoot));
    }

    [Fact]
    public void Another_content_under_a_version_that_was_seen_is_a_rollback()
    {
        var box = UpToDateBox();
        var again = new TrustForge(_lab);
        again.Timestamp(1, again.Claim(TrustPath.Snapshot, 1));
        Assert.Equal(TrustFault.Rollback, FaultOf(box, again.Files));
    }

    [Fact]
    public void A_hub_that_is_away_or_freezes_its_boxes_is_neither() =>
        Assert.Equal(TrustFault.Expired, FaultOf(UpToDateBox(), _lab.Copy(), TrustLab.Start.AddDays(8)));

    [Fact]
    public void A_set_that_is_half_copied_or_cut_off_is_neither()
    {
        var box = UpToDateBox();
        _lab.Publish("two");
        foreach (var missing in new[] { TrustPath.Snapshot, TrustPath.Targets, TrustPath.Policy })
        {
            var files = _lab.Copy();
            files.Remove(missing);
            Assert.Equal(TrustFault.Unusable, FaultOf(box, files));
            files = _lab.Copy();
            files[missing] = files[missing][..^2];
            Assert.Equal(TrustFault.Unusable, FaultOf(box, files));
        }
    }

    [Fact]
    public void A_newer_timestamp_tells_when_it_was_signed_once_and_also_if_what_it_names_is_refused()
    {
        var signed = new List<DateTimeOffset>();
        var box = _lab.NewBox();
        box.Update(_lab.Fetch, Now, newer: timestamp => signed.Add(timestamp.Signed));
        box.Update(_lab.Fetch, Now, newer: timestamp => signed.Add(timestamp.Signed));
        Assert.Equal([TrustLab.Start], signed);

        _lab.Publish("two", TrustLab.Start.AddDays(1));
        var files = _lab.Copy();
        files.Remove(TrustPath.Snapshot);
        Assert.Throws<TrustException>(() => box.Update(TrustLab.From(files), Now, newer: timestamp => signed.Add(timestamp.Signed)));
        Assert.Equal([TrustLab.Start, TrustLab.Start.AddDays(1)], signed);
    }

    [Fact]
    public void A_timestamp_that_does_not_verify_or_is_not_newer_tells_nothing()
    {
        var old = _lab.Copy();
        _lab.Writer.Refresh(TrustLab.Start.AddDays(1));
        var box = UpToDateBox();
        using var stranger = SigningKey.Create();
        var forged = new TrustForge(_lab);
        forged.Files[TrustPath.Timestamp] = SignedFile.Sign(
            new TimestampMetadata(9, TrustLab.Start.AddYears(1), forged.Claim(TrustPath.Snapshot, 1)).Write(), [stranger]);
        foreach (var files in new[] { old, forged.Files })
            Assert.Throws<TrustException>(() => box.Update(TrustLab.From(files), Now, newer: _ => Assert.Fail("was believed")));
    }
}
