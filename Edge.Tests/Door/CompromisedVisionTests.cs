using System.Buffers.Binary;
using System.Text;
using Edge.Agent.Door;
using Edge.Agent.Governance;
using Edge.Agent.Hits;
using Edge.Tests.Support;
using Edge.Vision.Capture;

namespace Edge.Tests.Door;

/// <summary>A vision process that was taken over, over a real socket: whatever it sends, the agent stores, publishes and logs no plate that
/// nobody looks for.</summary>
public sealed class CompromisedVisionTests
{
    private const string Unwanted = "ZQ777QZ";

    /// <summary>What it sends once it was let in, and the word it is refused with.</summary>
    private static readonly Dictionary<string, (string Word, Func<DoorLab, IEnumerable<byte[]>> Bytes)> Attacks = new()
    {
        ["a plate that nobody looks for, as the first entry"] = ("not-on-list", lab => [Bytes(lab.Hit(Unwanted))]),
        ["a plate that is looked for, as somebody else's entry"] = ("not-on-list", lab => [Bytes(lab.Hit(entry: 1))]),
        ["a plate that is looked for, as two entries"] = ("not-on-list", lab => [Bytes(lab.Hit(entries: [0, 1]))]),
        ["an entry that is none"] = ("not-on-list", lab => [Bytes(lab.Hit(entry: 2))]),
        ["a camera that is none"] = ("unknown-camera", lab => [Bytes(lab.Hit(camera: 7))]),
        ["the end of a camera that never ends"] = ("unknown-camera", _ => [Bytes(new ToAgent.Ended(0, true))]),
        ["the end of a recording twice"] = ("unknown-camera", _ => [Bytes(new ToAgent.Ended(1, true)), Bytes(new ToAgent.Ended(1, true))]),
        ["a hit of a recording that is over"] = ("unknown-camera", lab => [Bytes(new ToAgent.Ended(1, true)), Bytes(lab.Hit(camera: 1))]),
        ["a passage of tomorrow"] = ("bad-time", lab => [Bytes(lab.Hit(age: TimeSpan.FromDays(-1)))]),
        ["a passage of an hour ago"] = ("bad-time", lab => [Bytes(lab.Hit(age: TimeSpan.FromHours(1)))]),
        ["a picture that is none"] = ("bad-crop", lab => [Bytes(lab.Hit(crop: Encoding.ASCII.GetBytes(Unwanted)))]),
        ["a picture with words in it"] = ("bad-crop", lab => [Bytes(lab.Hit(crop: WithComment(lab)))]),
        ["a picture with words behind it"] = ("bad-crop", lab => [Bytes(lab.Hit(crop: [.. Crop(lab), .. Encoding.ASCII.GetBytes(Unwanted), 0xff, 0xd9]))]),
        ["a picture that ends in the middle"] = ("bad-crop", lab => [Bytes(lab.Hit(crop: CropPictureTests.WithScanOfNothing(Crop(lab))))]),
        ["a picture of the whole street"] = ("bad-crop", lab => [Bytes(lab.Hit(crop: Wider(lab)))]),
        ["the same hit again and again"] = ("out-of-order", lab => [Bytes(lab.Hit()), Bytes(lab.Hit())]),
        ["a view that nobody asked for"] = ("out-of-order", lab => [Bytes(AimAtTheDoorTests.View(lab))]),
        ["a view that is no picture"] = ("bad-crop", lab => [Bytes(AimAtTheDoorTests.View(lab) with { Jpeg = Encoding.ASCII.GetBytes(Unwanted) })]),
        ["a view of a camera that is none"] = ("unknown-camera", lab => [Bytes(AimAtTheDoorTests.View(lab) with { Camera = 7 })]),
        ["another greeting"] = ("out-of-order", _ => [Bytes(new ToAgent.Hello(DoorLimits.Version))]),
        ["lists that it was not given"] = ("out-of-order", _ => [Bytes(new ToAgent.ListsTaken(9))]),
        ["more reads than frames can have"] = ("bad-count", _ => [Bytes(Tally(frames: 10, discarded: 1_000_000))]),
        ["counters that shrink"] = ("bad-count", _ => [Bytes(Tally(frames: 10)), Bytes(Tally(frames: 9))]),
        ["reads that are taken back"] = ("bad-count", _ => [Bytes(Tally(frames: 10, discarded: 5)), Bytes(Tally(frames: 10, discarded: 4))]),
        ["a camera's counters that shrink"] = ("bad-count", _ => [Bytes(Tally(decoded: 10)), Bytes(Tally(decoded: 9))]),
        ["more frames than time"] = ("bad-count", _ => [Bytes(Tally(frames: 10)), Bytes(Tally(frames: 10_000_000))]),
        ["more frames than time, some in each of many tallies"] = ("bad-count", _ => [.. Enumerable.Range(1, 9).Select(i => Bytes(Tally(frames: i * 19_000)))]),
        ["more reads than frames can have, some in each of many tallies"] = ("bad-count", _ =>
            [.. Enumerable.Range(1, 9).Select(i => Bytes(Tally(frames: i, discarded: i * 31_000)))]),
        ["tallies without end"] = ("too-many-messages", _ => [.. Enumerable.Repeat(Bytes(Tally()), DoorLimits.TalliesPerMinute + 1)]),
        ["a camera's counter that no reader of the summary can hold"] = ("malformed", _ => [Bytes(Tally(decoded: 1L << 53))]),
        ["more given up than was read"] = ("bad-count", _ => [Bytes(Tally(frames: 10, givenUp: 1))]),
        ["a camera more than there are"] = ("bad-count", _ => [Bytes(Tally(cameras: 3))]),
        ["a message of no kind"] = ("malformed", _ => [Framed(200, Encoding.ASCII.GetBytes(Unwanted))]),
        ["an empty message"] = ("malformed", _ => [[0, 0, 0, 0]]),
        ["a message of two gigabytes"] = ("malformed", _ => [[0x7f, 0xff, 0xff, 0xff]]),
        ["a length below nothing"] = ("malformed", _ => [[0xff, 0xff, 0xff, 0xff]]),
        ["a hit with a byte too many"] = ("malformed", lab => [Changed(lab.Hit(), bytes => [.. bytes, 0])]),
        ["a hit cut short"] = ("malformed", lab => [Changed(lab.Hit(), bytes => bytes[..^1])]),
        ["a plate in lower case"] = ("malformed", lab => [Changed(lab.Hit(), bytes => Replaced(bytes, DoorLab.Wanted, DoorLab.Wanted.ToLowerInvariant()))]),
        ["a plate with a line break"] = ("malformed", lab => [Changed(lab.Hit(), bytes => Replaced(bytes, DoorLab.Wanted, "AB\n23CD"))]),
        ["a hit that names no entry"] = ("malformed", lab => [Bytes(lab.Hit(entries: []))]),
        ["entries out of order"] = ("malformed", lab => [Bytes(lab.Hit(entries: [1, 0]))]),
        ["a crop larger than any"] = ("malformed", lab => [Bytes(lab.Hit(crop: new byte[DoorLimits.LargestCrop + 1]))]),
    };

    public static TheoryData<string> Names => [.. Attacks.Keys];

    [Theory, MemberData(nameof(Names))]
    public async Task Whatever_it_sends_ends_the_link_is_an_incident_and_leaves_nothing(string attack)
    {
        await using var lab = new DoorLab();
        using var vision = await lab.EnterAsync();
        var (word, bytes) = Attacks[attack];
        foreach (var message in bytes(lab)) await vision.SayAsync(message);
        await Eventually.True(() => !lab.Incidents.IsEmpty, "an incident");

        Assert.Equal((IncidentKind.VisionRefused, word), Assert.Single(lab.Incidents));
        Assert.Equal(1, lab.Keeper.Look.Refused);
        await AssertShutAsync(vision);
        // Where an honest hit came before, that one is stored and no other.
        var honest = attack is "the same hit again and again" ? 1 : 0;
        await Eventually.True(() => lab.Stored == (honest, honest), "what was honest is stored");
        Assert.DoesNotContain(lab.Audit.Read(), record => record.Entry!.Action != Edge.Storage.Audit.AuditAction.HitStored);
        Assert.DoesNotContain(Unwanted, lab.Log.ToString(), StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(DoorLab.Wanted, lab.Log.ToString(), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task It_cannot_knock_in_the_place_of_a_hit_before_it_has_taken_the_lists()
    {
        await using var lab = new DoorLab();
        using var vision = await lab.GreetAsync();
        await vision.SayAsync(lab.Hit());
        await Eventually.True(() => !lab.Incidents.IsEmpty, "an incident");
        Assert.Equal((IncidentKind.VisionRefused, "out-of-order"), Assert.Single(lab.Incidents));
        Assert.Equal((0, 0), lab.Stored);
    }

    [Fact]
    public async Task It_cannot_flood_the_box_with_hits_of_a_plate_that_it_knows()
    {
        await using var lab = new DoorLab();
        using var vision = await lab.EnterAsync();
        for (var number = 1; number <= DoorLimits.HitsPerMinuteOfCamera + 20 && lab.Incidents.IsEmpty; number++)
            await vision.SayAsync(Bytes(lab.Hit(number: number)));
        await Eventually.True(() => !lab.Incidents.IsEmpty, "an incident", seconds: 120);
        Assert.Equal((IncidentKind.VisionRefused, "too-many-hits"), Assert.Single(lab.Incidents));
        await Eventually.True(() => lab.Counter.Total.Hits == DoorLimits.HitsPerMinuteOfCamera, "what came before is stored", seconds: 120);
    }

    [Fact]
    public async Task It_cannot_say_more_by_coming_again_and_again()
    {
        await using var lab = new DoorLab();
        using (var vision = await lab.EnterAsync())
        {
            await vision.SayAsync(Tally(frames: DoorLimits.MostFramesAtOnce, discarded: 1000));
            await Eventually.True(() => lab.Keeper.Frames == DoorLimits.MostFramesAtOnce, "what happened while nobody listened is counted");
        }
        var again = lab.EnterAsync();
        await Eventually.TrueAsTimePasses(lab.Time, () => again.IsCompleted, "it is let in again");
        using (var vision = await again)
        {
            await vision.SayAsync(Bytes(Tally(frames: DoorLimits.MostFramesAtOnce)));
            await Eventually.True(() => !lab.Incidents.IsEmpty, "an incident");
        }
        Assert.Equal((IncidentKind.VisionRefused, "bad-count"), Assert.Single(lab.Incidents));
        Assert.Equal((DoorLimits.MostFramesAtOnce, 1000L), (lab.Keeper.Frames, lab.Counter.Total.Discarded));
    }

    [Fact]
    public async Task It_cannot_fill_the_journal_with_what_it_says_to_have_lost()
    {
        await using var lab = new DoorLab();
        using var vision = await lab.EnterAsync();
        for (var i = 1; i <= 100; i++) await vision.SayAsync(Tally(frames: i, discarded: i, givenUp: i));
        await Eventually.True(() => lab.Keeper.Look.GivenUp == 100, "all is counted");
        Assert.Single(lab.Log.ToString().Split('\n'), line => line.Contains("handed over in time", StringComparison.Ordinal));
    }

    [Fact]
    public async Task After_a_refusal_nobody_is_let_in_for_a_minute()
    {
        await using var lab = new DoorLab();
        using (var vision = await lab.EnterAsync()) await vision.SayAsync([0, 0, 0, 0]);
        await Eventually.True(() => !lab.Incidents.IsEmpty, "an incident");
        using var next = await lab.ConnectAsync();
        await next.SayAsync(new ToAgent.Hello(DoorLimits.Version));
        var heard = next.HearAsync();
        lab.Time.Advance(DoorLimits.ShutFor - TimeSpan.FromSeconds(1));
        Assert.False(heard.IsCompleted);
        await Eventually.TrueAsTimePasses(lab.Time, () => heard.IsCompleted, "the next one is let in");
        Assert.IsType<ToVision.Welcome>(await heard);
    }

    [Fact]
    public async Task Another_user_is_not_let_in()
    {
        await using var lab = new DoorLab(user: "4242");
        using var vision = await lab.ConnectAsync();
        await Eventually.True(() => !lab.Incidents.IsEmpty, "an incident");
        Assert.Equal((IncidentKind.VisionRefused, "wrong-user"), Assert.Single(lab.Incidents));
        await AssertShutAsync(vision);
    }

    [Fact]
    public async Task A_vision_of_another_version_is_sent_away_and_is_no_enemy()
    {
        await using var lab = new DoorLab();
        using var vision = await lab.ConnectAsync();
        await vision.SayAsync(new ToAgent.Hello(DoorLimits.Version + 1));
        Assert.Equal(new ToVision.Welcome(DoorLimits.Version), await vision.HearAsync());
        await AssertShutAsync(vision);
        Assert.Empty(lab.Incidents);
        Assert.Contains("version 3 of the door", lab.Log.ToString(), StringComparison.Ordinal);
    }

    private static async Task AssertShutAsync(DoorLab.Guest vision)
    {
        // What was on its way may still come: then the end.
        while (await vision.HearAsync() is { } said) Assert.IsType<ToVision.Stored>(said);
    }

    private static byte[] Bytes(ToAgent message)
    {
        using var written = message.Write();
        return written.Message.ToArray();
    }

    private static byte[] Framed(byte kind, byte[] fields)
    {
        byte[] message = [0, 0, 0, 0, kind, .. fields];
        BinaryPrimitives.WriteInt32BigEndian(message, message.Length - 4);
        return message;
    }

    private static byte[] Changed(ToAgent message, Func<byte[], byte[]> change)
    {
        var bytes = change(Bytes(message));
        BinaryPrimitives.WriteInt32BigEndian(bytes, bytes.Length - 4);
        return bytes;
    }

    private static byte[] Replaced(byte[] bytes, string from, string to)
    {
        var at = bytes.AsSpan().IndexOf(Encoding.ASCII.GetBytes(from));
        Encoding.ASCII.GetBytes(to).CopyTo(bytes, at);
        return bytes;
    }

    private static ToAgent.Tally Tally(long frames = 0, long discarded = 0, long givenUp = 0, long decoded = 0, int cameras = 2) =>
        new(frames, discarded, givenUp,
        [.. Enumerable.Range(0, cameras).Select(_ => new ToAgent.CameraTally(CameraState.Running, CameraFault.None, decoded, 0, 0))]);

    private static byte[] Crop(DoorLab lab) => lab.Hit().What.Crop;

    private static byte[] WithComment(DoorLab lab)
    {
        var crop = Crop(lab);
        return [.. crop[..2], 0xff, 0xfe, 0, (byte)(2 + Unwanted.Length), .. Encoding.ASCII.GetBytes(Unwanted), .. crop[2..]];
    }

    private static byte[] Wider(DoorLab lab)
    {
        var crop = Crop(lab);
        var frame = crop.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xff, 0xc0]);
        BinaryPrimitives.WriteUInt16BigEndian(crop.AsSpan(frame + 7), 1920);
        return crop;
    }
}
