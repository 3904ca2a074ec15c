using CsCheck;
using Edge.Agent.Configuration;
using Edge.Agent.Door;
using Edge.Agent.Hits;
using Edge.Agent.Matching;
using Edge.Storage.Sealing;
using Edge.Tests.Matching;
using Edge.Vision;
using Edge.Vision.Aiming;
using Edge.Vision.Capture;
using Edge.Vision.Recognition;
using Edge.Vision.Recognition.Regions;
using Edge.Vision.Tracking;

namespace Edge.Tests.Door;

/// <summary>One strict parser and one writer: what is read is what was written, and nothing else is read.</summary>
public sealed class DoorMessageTests
{
    private static readonly Gen<ToAgent> FromVision = Gen.OneOf<ToAgent>(
        Gen.UShort.Select(version => (ToAgent)new ToAgent.Hello(version)),
        Gen.UInt.Select(generation => (ToAgent)new ToAgent.ListsTaken(generation)),
        Gen.Select(Gen.Int[0, 15], Gen.Bool).Select((camera, whole) => (ToAgent)new ToAgent.Ended(camera, whole)),
        Gen.Bool.Select(taken => (ToAgent)new ToAgent.Configured(taken)),
        Gen.Select(Gen.Long[0, (1L << 53) - 1].Array[3], Gen.Select(Gen.Int[0, 4], Gen.Int[0, 8], Gen.Long[0, 1000]).Array[0, 16]).Select((counts, cameras) =>
            (ToAgent)new ToAgent.Tally(counts[0], counts[1], counts[2],
                [.. cameras.Select(camera => new ToAgent.CameraTally((CameraState)camera.Item1, (CameraFault)camera.Item2, camera.Item3, 1, 2)
                {
                    Brightness = camera.Item3 < 256 ? (int)camera.Item3 : null, Plates = camera.Item3 % 2 == 0 ? ((int)camera.Item3, 9) : null,
                })])),
        Gen.Select(Gen.Byte.Array[1, 300], Gen.Double[0, 255], Gen.Double[-180, 180], Gen.Bool)
        .Select((jpeg, level, angle, seen) => (ToAgent)new ToAgent.View(2, TimeSpan.FromSeconds(3), jpeg,
            new AimFigures
            {
                Width = 1920, Height = 1080, Brightness = level, Plates = 1, FramesWithPlate = 5, Seconds = 9.5, Reads = 2, Unread = 3,
                Now = seen ? new PlateFigures(24, 110, 0.1, level, level, 0.5, angle, -angle) : null,
            })),
        Gen.Select(Gen.String["ABCXYZ0189"].Where(text => text.Length is > 0 and <= 16), Gen.Byte.Array[1, 300], Gen.Int[0, 60_000].Array[1, 64], Gen.Bool)
        .Select((text, crop, entries, known) =>
            (ToAgent)new ToAgent.Hit(5, [.. entries.Distinct().Order()], 3, TimeSpan.FromSeconds(9), new Sighting
            {
                Plate = Lists.Plate(text), Confidences = [.. text.Select(letter => letter / 256f)], Right = known ? 0.75 : null,
                Region = known ? new PlateRegion("US-CA", 0.5f) : PlateRegion.Unknown, RegionVerified = known, RuleChanged = known ? [0] : [], Frames = 4,
                Crop = crop,
            })));

    private static readonly Gen<ToVision> FromAgent = Gen.OneOf<ToVision>(
        Gen.UShort.Select(version => (ToVision)new ToVision.Welcome(version)),
        Gen.Long[0, (1L << 53) - 1].Select(number => (ToVision)new ToVision.Stored(number)),
        Gen.Const((ToVision)new ToVision.Farewell()),
        Gen.Select(Gen.Int[0, 15], Gen.Int[0, 300]).Select((camera, seconds) => (ToVision)new ToVision.AimAt(camera, seconds)),
        Gen.Select(Gen.Double[0, 1], Gen.Bool, Gen.String.Array[1, 3]).Select((rate, ruled, sources) => (ToVision)new ToVision.Configure("/models",
            new ReadGate { MaximumWrongReadRate = rate, Evidence = ruled ? double.PositiveInfinity : null },
            ruled ? new RegionRules(["RO"], [Pattern("@@ ## @@@")]) : null,
            [.. sources.Select((source, i) => new CameraConfiguration($"camera-{i}", Printable(source), new PipelineOptions { MotionGate = ruled }))])),
        Gen.Select(Gen.UInt, Gen.Byte.Array[BlindTag.Size].Array[0, 9], Gen.Byte.Array[BlindTag.SaltSize])
        .Select((generation, tags, salt) => (ToVision)new ToVision.Lists(generation,
            [new WatchedList(new BlindedTags(salt, BlindCost.Default, [.. tags.Select((tag, i) => ((ReadOnlyMemory<byte>)tag, (MatchForm)(i % 2)))]),
                [.. tags.Select((_, i) => new WatchedList.Term(TimeSpan.FromSeconds(-i), TimeSpan.MaxValue))])])));

    [Fact]
    public void What_vision_says_is_read_as_it_was_written() => FromVision.Sample(message => Rewritten(message).SequenceEqual(Written(message)));

    [Fact]
    public void What_the_agent_says_is_read_as_it_was_written() => FromAgent.Sample(message =>
    {
        using var again = ToVision.Parse(Written(message))!.Write();
        return again.Message.Span[4..].SequenceEqual(Written(message));
    });

    [Fact]
    public void No_bytes_make_the_agent_s_parser_throw_and_what_it_reads_has_one_spelling() => Gen.Byte.Array[0, 400].Sample(HasOneSpelling);

    [Fact]
    public void No_change_of_a_message_makes_it_throw_and_what_it_reads_has_one_spelling() =>
        Gen.Select(FromVision, Gen.Select(Gen.Int[0, 2000], Gen.Byte).Array[1, 4], Gen.Int[0, 40]).Sample((message, changes, cut) =>
        {
            var bytes = Written(message);
            foreach (var (at, value) in changes) bytes[at % bytes.Length] = value;
            return HasOneSpelling(bytes) && HasOneSpelling(bytes[..Math.Max(0, bytes.Length - cut)]) && HasOneSpelling([.. bytes, (byte)cut]);
        });

    [Fact]
    public void No_change_of_what_the_agent_says_makes_vision_s_parser_throw() =>
        Gen.Select(FromAgent, Gen.Select(Gen.Int[0, 2000], Gen.Byte).Array[1, 4], Gen.Int[0, 40]).Sample((message, changes, cut) =>
        {
            var bytes = Written(message);
            foreach (var (at, value) in changes) bytes[at % bytes.Length] = value;
            ToVision.Parse(bytes);
            ToVision.Parse(bytes.AsSpan(0, Math.Max(0, bytes.Length - cut)));
        });

    [Fact]
    public void Nothing_that_vision_can_say_has_room_for_a_read_that_matched_nothing()
    {
        // The only message with a text of vision's own choice is a hit, whose text the agent holds against the list. And a view has pixels, for
        // somebody who looks at that moment; nothing keeps them.
        var texts = typeof(ToAgent).GetNestedTypes().SelectMany(type => type.GetProperties())
            .Where(property => property.PropertyType == typeof(string) || property.PropertyType == typeof(byte[]) || property.PropertyType == typeof(PlateText))
            .Select(property => property.Name);
        Assert.Equal([nameof(ToAgent.View.Jpeg)], texts);
    }

    private static bool HasOneSpelling(byte[] bytes) => ToAgent.Parse(bytes) is not { } read || Written(read).SequenceEqual(bytes);

    private static byte[] Rewritten(ToAgent message) => Written(ToAgent.Parse(Written(message))!);

    private static byte[] Written(ToAgent message)
    {
        using var written = message.Write();
        return written.Message[4..].ToArray();
    }

    private static byte[] Written(ToVision message)
    {
        using var written = message.Write();
        return written.Message[4..].ToArray();
    }

    private static PlatePattern Pattern(string source) =>
        PlatePattern.TryParse(source, out var pattern, out _) ? pattern : throw new ArgumentException("no pattern");

    // Half a surrogate pair is no text that a configuration could hold.
    private static string Printable(string text) => new([.. text.Where(letter => !char.IsSurrogate(letter)).Take(600)]);
}
