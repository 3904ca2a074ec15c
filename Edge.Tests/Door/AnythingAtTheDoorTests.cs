using System.Buffers.Binary;
using Edge.Agent.Door;
using Edge.Agent.Governance;
using Edge.Storage.Audit;
using Edge.Tests.Fuzzing;
using Edge.Tests.Support;
using Edge.Vision.Capture;

namespace Edge.Tests.Door;

/// <summary>A vision process that was taken over says anything, link after link: honest words, honest words changed, the same ones again, in any order.
/// Whatever that comes to, nothing is stored, logged or sent but hits of what is looked for, no faster than hits may come.</summary>
public sealed class AnythingAtTheDoorTests
{
    private const int Links = 24, WordsOfLink = 12;
    private static readonly string[] Passing = [DoorLab.Wanted, "XY98ZZ", "ZQ777QZ", "AB123CE"];

    [Fact]
    public async Task Whatever_is_said_only_plates_that_are_looked_for_are_stored_and_each_refusal_is_an_incident()
    {
        await using var lab = new DoorLab();
        var random = new Random(20261126);
        var mutator = new Mutator(Words(lab), [], seed: 20261126, DoorLimits.LargestCrop);
        for (var link = 0; link < Links; link++)
        {
            using var vision = await EnterAsync(lab);
            for (var word = 0; word < WordsOfLink; word++)
                await vision.SayAsync(random.Next(3) == 0 ? Framed(mutator.Next()) : Honest(lab, random, link * WordsOfLink + word));
        }
        await lab.StopAsync();
        await lab.DrainAsync();

        var plates = lab.Opened();
        Assert.NotEmpty(plates);
        Assert.All(plates, plate => Assert.Contains(plate, Passing[..2]));
        Assert.Equal((plates.Count, plates.Count), lab.Stored);
        Assert.True(lab.Keeper.Look.Refused > Links / 4, $"{lab.Keeper.Look.Refused} of {Links} links were refused");
        Assert.Equal(lab.Keeper.Look.Refused, lab.Incidents.Count);
        Assert.All(lab.Incidents, incident => Assert.Equal(IncidentKind.VisionRefused, incident.Kind));
        Assert.Equal(plates.Count, lab.Audit.Read().Count(record => record.Entry!.Action == AuditAction.HitStored));
        Assert.DoesNotContain(lab.Audit.Read(), record => record.Entry!.Action != AuditAction.HitStored);
        Assert.All(Passing, plate => Assert.DoesNotContain(plate, lab.Log.ToString(), StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task It_gets_no_more_hits_stored_by_coming_again_and_again()
    {
        await using var lab = new DoorLab();
        var number = 0;
        for (var link = 0; lab.Incidents.IsEmpty && link < 8; link++)
        {
            using var vision = link == 0 ? await lab.EnterAsync() : await lab.EnterAsTimePassesAsync();
            for (var hit = 0; hit < DoorLimits.HitsPerMinuteOfCamera / 3; hit++) await vision.SayAsync(Bytes(lab.Hit(number: hit + 1, instant: ++number)));
            var said = number;
            await Eventually.True(() => lab.Counter.Total.Hits >= said || !lab.Incidents.IsEmpty, "what is allowed is stored", seconds: 120);
        }
        Assert.Equal((IncidentKind.VisionRefused, "too-many-hits"), Assert.Single(lab.Incidents));
        // The lab's clock has gone on by what it takes to be let in again, a second or so each time.
        Assert.InRange(lab.Counter.Total.Hits, DoorLimits.HitsPerMinuteOfCamera, DoorLimits.HitsPerMinuteOfCamera * 1.3);
    }

    private static List<byte[]> Words(DoorLab lab) =>
    [
        .. Passing.Select((plate, entry) => Fields(lab.Hit(plate, entry: entry % 2))), Fields(lab.Hit(camera: 1)), Fields(Tally(10)),
            Fields(new ToAgent.Ended(1, true)),
        Fields(new ToAgent.Hello(DoorLimits.Version)), Fields(new ToAgent.ListsTaken(1)), Fields(AimAtTheDoorTests.View(lab)),
    ];

    private static byte[] Honest(DoorLab lab, Random random, int number) => random.Next(4) switch
    {
        0 => Bytes(Tally(number)),
        1 => Bytes(lab.Hit("XY98ZZ", number: number + 1, entry: 1)),
        2 => Bytes(lab.Hit(number: number + 1, instant: random.Next(1, 50))), // the same one again, now and then
        _ => Bytes(lab.Hit(Passing[random.Next(Passing.Length)], number: number + 1, entry: random.Next(2))),
    };

    /// <summary>Knocks until it is let in, as the lab's time passes: that may run ahead of a slow machine, and then nobody has waited for it.</summary>
    private static async Task<DoorLab.Guest> EnterAsync(DoorLab lab)
    {
        while (true)
        {
            var entering = lab.EnterAsync();
            await Eventually.True(() =>
            {
                if (!entering.IsCompleted) lab.Time.Advance(TimeSpan.FromSeconds(1));
                return entering.IsCompleted;
            }, "it is let in, or turned away");
            if (entering.IsCompletedSuccessfully) return await entering;
        }
    }

    private static ToAgent.Tally Tally(long frames) =>
        new(frames, 0, 0, [.. Enumerable.Range(0, 2).Select(_ => new ToAgent.CameraTally(CameraState.Running, CameraFault.None, frames, 0, 0))]);

    private static byte[] Bytes(ToAgent message)
    {
        using var written = message.Write();
        return written.Message.ToArray();
    }

    private static byte[] Fields(ToAgent message) => Bytes(message)[sizeof(int)..];

    private static byte[] Framed(byte[] fields)
    {
        var message = new byte[sizeof(int) + fields.Length];
        BinaryPrimitives.WriteInt32BigEndian(message, fields.Length);
        fields.CopyTo(message, sizeof(int));
        return message;
    }
}
