using Edge.Agent.Hits;
using Edge.Vision.Aiming;
using Edge.Vision.Capture;
using Edge.Vision.Recognition;

namespace Edge.Agent.Door;

/// <summary>What vision may say: that it is there, that a plate which is looked for passed, counters and how its cameras are. There is no
/// message for a read that matched nothing. The format is in this folder's README.</summary>
internal abstract record ToAgent
{
    private static ReadOnlySpan<byte> Magic => "EDGE-DOOR"u8;

    private ToAgent() { }

    public sealed record Hello(ushort Version) : ToAgent;

    /// <summary>Hits that follow were matched against these lists.</summary>
    public sealed record ListsTaken(uint Generation) : ToAgent;

    /// <summary>A match. Whoever receives it disposes the sighting.</summary>
    /// <param name="Number">Rising on a link.</param>
    /// <param name="Entries">Which entries of the lists taken, rising.</param>
    /// <param name="Camera">Its place in the configuration.</param>
    /// <param name="Seen">When, by the machine's monotonic clock.</param>
    public sealed record Hit(long Number, IReadOnlyList<int> Entries, int Camera, TimeSpan Seen, Sighting What) : ToAgent
    {
        public override string ToString() => "Hit(redacted)";
    }

    /// <summary>Counters since the link began, and every camera.</summary>
    /// <param name="Discarded">Reads that matched nothing, or that were given up.</param>
    /// <param name="GivenUp">Hits that could not be handed over in time; part of <paramref name="Discarded"/>.</param>
    public sealed record Tally(long Frames, long Discarded, long GivenUp, IReadOnlyList<CameraTally> Cameras) : ToAgent;

    /// <summary>A recording is over.</summary>
    /// <param name="Whole">False where it could not be read to its end.</param>
    public sealed record Ended(int Camera, bool Whole) : ToAgent;

    /// <summary>A look through a camera that somebody asked for: every plate painted over.</summary>
    /// <param name="Seen">When, by the machine's monotonic clock.</param>
    public sealed record View(int Camera, TimeSpan Seen, byte[] Jpeg, AimFigures Figures) : ToAgent
    {
        public override string ToString() => "View(redacted)";
    }

    /// <summary>The answer to a <see cref="ToVision.Configure"/> that came after the greeting.</summary>
    /// <param name="Taken">From here on places are of that configuration; false: it could not be opened, and all is as it was.</param>
    public sealed record Configured(bool Taken) : ToAgent;

    /// <summary>One camera; counters since it was opened.</summary>
    public sealed record CameraTally(CameraState State, CameraFault Fault, long Frames, long Dropped, long Reconnects)
    {
        /// <summary>Mean brightness of a late picture, 0 to 255; null before the first.</summary>
        public int? Brightness { get; init; }

        /// <summary>Height of the plates seen of late, pixels, and their blur in hundredths of it: the middle of each; null before the first.</summary>
        public (int Height, int Blur)? Plates { get; init; }
    }

    /// <summary>The message as it goes over the link. The caller disposes it, which wipes it.</summary>
    public DoorWriter Write()
    {
        DoorWriter writer;
        switch (this)
        {
            case Hello hello:
                writer = new DoorWriter(1);
                writer.Bytes(Magic);
                writer.Short(hello.Version);
                break;
            case ListsTaken taken:
                writer = new DoorWriter(2);
                writer.Whole(taken.Generation);
                break;
            case Hit hit:
                writer = new DoorWriter(3, hit.What.Crop.Length + 1024);
                WriteHit(writer, hit);
                break;
            case Tally tally:
                writer = new DoorWriter(4);
                foreach (var count in new[] { tally.Frames, tally.Discarded, tally.GivenUp }) writer.Long(count);
                writer.Byte((byte)tally.Cameras.Count);
                foreach (var camera in tally.Cameras)
                {
                    writer.Byte((byte)camera.State);
                    writer.Byte((byte)camera.Fault);
                    foreach (var count in new[] { camera.Frames, camera.Dropped, camera.Reconnects }) writer.Long(count);
                    writer.Flag(camera.Brightness is not null);
                    writer.Byte((byte)(camera.Brightness ?? 0));
                    writer.Flag(camera.Plates is not null);
                    writer.Short((ushort)(camera.Plates?.Height ?? 0));
                    writer.Byte((byte)(camera.Plates?.Blur ?? 0));
                }
                break;
            case Ended ended:
                writer = new DoorWriter(5);
                writer.Byte((byte)ended.Camera);
                writer.Flag(ended.Whole);
                break;
            case View view:
                writer = new DoorWriter(6, view.Jpeg.Length + 1024);
                WriteView(writer, view);
                break;
            case Configured configured:
                writer = new DoorWriter(7);
                writer.Flag(configured.Taken);
                break;
            default: throw new InvalidOperationException("a message of no kind");
        }
        return writer;
    }

    /// <summary>Reads one message; null for anything that is none. What it holds was copied: the caller wipes <paramref name="message"/>.</summary>
    public static ToAgent? Parse(ReadOnlySpan<byte> message)
    {
        if (message.Length > DoorLimits.LargestToAgent) return null;
        var fields = new DoorReader(message);
        ToAgent? read = fields.Byte() switch
        {
            1 => ReadHello(ref fields),
            2 => new ListsTaken(fields.Whole()),
            3 => ReadHit(ref fields),
            4 => ReadTally(ref fields),
            5 => new Ended(fields.Byte(DoorLimits.MostCameras - 1), fields.Flag()),
            6 => ReadView(ref fields),
            7 => new Configured(fields.Flag()),
            _ => null,
        };
        if (fields.IsWhole) return read;
        if (read is Hit half) half.What.Dispose();
        return null;
    }

    internal static void WriteMagic(DoorWriter writer) => writer.Bytes(Magic);

    internal static void DemandMagic(ref DoorReader fields) => fields.Demand(fields.Bytes(Magic.Length).SequenceEqual(Magic));

    private static Hello ReadHello(ref DoorReader fields)
    {
        DemandMagic(ref fields);
        return new Hello(fields.Short());
    }

    private static void WriteHit(DoorWriter writer, Hit hit)
    {
        var what = hit.What;
        writer.Long(hit.Number);
        writer.Byte((byte)hit.Entries.Count);
        foreach (var entry in hit.Entries) writer.Whole((uint)entry);
        writer.Byte((byte)hit.Camera);
        writer.Long(hit.Seen.Ticks);
        writer.Byte((byte)what.Plate.Length);
        writer.Bytes(what.Plate.Ascii);
        foreach (var confidence in what.Confidences) writer.Single(confidence);
        writer.Flag(what.Right is not null);
        writer.Double(what.Right ?? 0);
        writer.Text(what.Region.Code ?? "");
        writer.Single(what.Region.Sure);
        writer.Flag(what.RegionVerified);
        writer.Byte((byte)what.RuleChanged.Count);
        foreach (var position in what.RuleChanged) writer.Byte((byte)position);
        writer.Whole((uint)what.Frames);
        writer.Whole((uint)what.Crop.Length);
        writer.Bytes(what.Crop);
    }

    private static Hit? ReadHit(ref DoorReader fields)
    {
        var number = fields.Count();
        var entries = new int[fields.Byte(DoorLimits.MostEntriesOfHit)];
        for (var i = 0; i < entries.Length; i++) entries[i] = fields.Whole(i == 0 ? 0 : entries[i - 1] + 1, DoorLimits.MostLists * DoorLimits.MostEntries);
        fields.Demand(entries.Length > 0);
        var camera = fields.Byte(DoorLimits.MostCameras - 1);
        var seen = fields.Moment();
        var ascii = fields.Bytes(fields.Byte(PlateText.MaxLength));
        var confidences = new float[ascii.Length];
        for (var i = 0; i < confidences.Length; i++) confidences[i] = fields.Share();
        var known = fields.Flag();
        var right = fields.Double(0, 1);
        fields.Demand(known || right == 0);
        var code = fields.Text(8);
        var sure = fields.Share();
        var verified = fields.Flag();
        fields.Demand(code.Length == 0 ? sure == 0 && !verified : PlateRegion.IsCode(code));
        var changed = new int[fields.Byte(confidences.Length)];
        for (var i = 0; i < changed.Length; i++) changed[i] = fields.Byte(confidences.Length - 1);
        for (var i = 1; i < changed.Length; i++) fields.Demand(changed[i] > changed[i - 1]);
        var frames = fields.Whole(1, Sighting.MostFrames);
        var crop = fields.Bytes(fields.Whole(1, DoorLimits.LargestCrop));
        if (!fields.IsWhole || !PlateText.TryOfCanonical(ascii, out var plate))
        {
            fields.Demand(false);
            return null;
        }
        return new Hit(number, entries, camera, seen, new Sighting
        {
            Plate = plate, Confidences = confidences, Right = known ? right : null, Region = new PlateRegion(code.Length == 0 ? null : code, sure),
            RegionVerified = verified, RuleChanged = changed, Frames = frames, Crop = crop.ToArray(),
        });
    }

    private static Tally ReadTally(ref DoorReader fields)
    {
        var (frames, discarded, givenUp) = (fields.Count(), fields.Count(), fields.Count());
        var cameras = new CameraTally[fields.Byte(DoorLimits.MostCameras)];
        for (var i = 0; i < cameras.Length; i++)
        {
            cameras[i] = new CameraTally((CameraState)fields.Byte((int)CameraState.Stopped), (CameraFault)fields.Byte((int)CameraFault.Other),
                fields.Count(), fields.Count(), fields.Count());
            var (measured, brightness) = (fields.Flag(), fields.Byte());
            fields.Demand(measured || brightness == 0);
            if (measured) cameras[i] = cameras[i] with { Brightness = brightness };
            var (seen, height, blur) = (fields.Flag(), fields.Short(), fields.Byte());
            fields.Demand(seen || (height == 0 && blur == 0));
            if (seen) cameras[i] = cameras[i] with { Plates = (height, blur) };
        }
        return new Tally(frames, discarded, givenUp, cameras);
    }

    private static void WriteView(DoorWriter writer, View view)
    {
        var figures = view.Figures;
        writer.Byte((byte)view.Camera);
        writer.Long(view.Seen.Ticks);
        writer.Short((ushort)figures.Width);
        writer.Short((ushort)figures.Height);
        writer.Double(figures.Brightness);
        writer.Short((ushort)figures.Plates);
        foreach (var plate in new[] { figures.Now, figures.Minute })
        {
            writer.Flag(plate is not null);
            if (plate is null) continue;
            foreach (var value in new[] { plate.Height, plate.Width, plate.Blur, plate.Brightness, plate.Contrast, plate.Blown, plate.Roll, plate.Yaw })
                writer.Double(value + 0.0); // no minus zero
        }
        writer.Whole((uint)figures.FramesWithPlate);
        writer.Double(figures.Seconds);
        writer.Whole((uint)figures.Reads);
        writer.Whole((uint)figures.Unread);
        writer.Whole((uint)view.Jpeg.Length);
        writer.Bytes(view.Jpeg);
    }

    private static View ReadView(ref DoorReader fields)
    {
        var (camera, seen) = (fields.Byte(DoorLimits.MostCameras - 1), fields.Moment());
        var (width, height, brightness, plates) = (fields.Short(), fields.Short(), fields.Double(0, 255), fields.Short());
        var (now, minute) = (ReadPlate(ref fields), ReadPlate(ref fields));
        var (frames, seconds, reads, unread) =
            (fields.Whole(0, int.MaxValue), fields.Double(0, 60), fields.Whole(0, int.MaxValue), fields.Whole(0, int.MaxValue));
        var jpeg = fields.Bytes(fields.Whole(1, DoorLimits.LargestView));
        return new View(camera, seen, jpeg.ToArray(), new AimFigures
        {
            Width = width, Height = height, Brightness = brightness, Plates = plates, Now = now, Minute = minute, FramesWithPlate = frames, Seconds = seconds,
            Reads = reads, Unread = unread,
        });
    }

    private static PlateFigures? ReadPlate(ref DoorReader fields) => !fields.Flag() ? null : new PlateFigures(fields.Double(0, ushort.MaxValue),
        fields.Double(0, ushort.MaxValue), fields.Double(0, ushort.MaxValue), fields.Double(0, 255), fields.Double(0, 255), fields.Double(0, 1), fields.Angle(),
        fields.Angle());
}
