using Edge.Agent.Configuration;
using Edge.Agent.Matching;
using Edge.Storage.Sealing;
using Edge.Vision;
using Edge.Vision.Recognition.Regions;
using Edge.Vision.Tracking;

namespace Edge.Agent.Door;

/// <summary>What the agent says: what to watch and what to look for, blinded, and that a hit is stored. No key, no case, no plate. The format
/// is in this folder's README.</summary>
internal abstract record ToVision
{
    private const int LongestPath = 4096;
    private const int LongestSource = 2048;

    private ToVision() { }

    public sealed record Welcome(ushort Version) : ToVision;

    /// <summary>What to watch and how.</summary>
    public sealed record Configure(string ModelFolder, ReadGate Gate, RegionRules? Rules, IReadOnlyList<CameraConfiguration> Cameras) : ToVision
    {
        // A source may hold a password.
        public override string ToString() => $"Configure({Cameras.Count} cameras)";
    }

    /// <summary>What to look for, in place of what was.</summary>
    public sealed record Lists(uint Generation, IReadOnlyList<WatchedList> All) : ToVision;

    /// <summary>The hit of this number is durable.</summary>
    public sealed record Stored(long Number) : ToVision;

    /// <summary>Say the last tally and go.</summary>
    public sealed record Farewell : ToVision;

    /// <summary>Somebody looks through a camera to aim it, for so many seconds from now; 0: nobody does any more.</summary>
    public sealed record AimAt(int Camera, int Seconds) : ToVision;

    /// <summary>The message as it goes over the link. The caller disposes it, which wipes it.</summary>
    public DoorWriter Write()
    {
        DoorWriter writer;
        switch (this)
        {
            case Welcome welcome:
                writer = new DoorWriter(1);
                ToAgent.WriteMagic(writer);
                writer.Short(welcome.Version);
                break;
            case Configure configure:
                writer = new DoorWriter(2, 16 * 1024);
                WriteConfiguration(writer, configure);
                break;
            case Lists lists:
                writer = new DoorWriter(3, 64 + lists.All.Sum(list => 32 + list.Tags.Count * 33));
                writer.Whole(lists.Generation);
                writer.Byte((byte)lists.All.Count);
                foreach (var list in lists.All) WriteList(writer, list);
                break;
            case Stored stored:
                writer = new DoorWriter(4);
                writer.Long(stored.Number);
                break;
            case Farewell:
                writer = new DoorWriter(5);
                break;
            case AimAt aim:
                writer = new DoorWriter(6);
                writer.Byte((byte)aim.Camera);
                writer.Short((ushort)aim.Seconds);
                break;
            default: throw new InvalidOperationException("a message of no kind");
        }
        return writer;
    }

    /// <summary>Reads one message; null for anything that is none.</summary>
    public static ToVision? Parse(ReadOnlySpan<byte> message)
    {
        if (message.Length > DoorLimits.LargestToVision) return null;
        var fields = new DoorReader(message);
        ToVision? read = fields.Byte() switch
        {
            1 => ReadWelcome(ref fields),
            2 => ReadConfiguration(ref fields),
            3 => ReadLists(ref fields),
            4 => new Stored(fields.Count()),
            5 => new Farewell(),
            6 => new AimAt(fields.Byte(DoorLimits.MostCameras - 1), fields.Short(DoorLimits.LongestAim)),
            _ => null,
        };
        return fields.IsWhole ? read : null;
    }

    private static Welcome ReadWelcome(ref DoorReader fields)
    {
        ToAgent.DemandMagic(ref fields);
        return new Welcome(fields.Short());
    }

    private static void WriteConfiguration(DoorWriter writer, Configure configure)
    {
        writer.Text(configure.ModelFolder);
        var gate = configure.Gate;
        writer.Single(gate.Detector);
        writer.Double(gate.MaximumWrongReadRate);
        writer.Flag(gate.Evidence is not null);
        writer.Double(gate.Evidence ?? 0);
        writer.Byte((byte)gate.Frames);
        writer.Byte((byte)gate.Length.Shortest);
        writer.Byte((byte)gate.Length.Longest);
        writer.Flag(configure.Rules is not null);
        IReadOnlyList<string> regions = configure.Rules?.Regions ?? [], patterns = [.. (configure.Rules?.Own ?? []).Select(pattern => pattern.Source)];
        foreach (var texts in new[] { regions, patterns })
        {
            writer.Byte((byte)texts.Count);
            foreach (var text in texts) writer.Text(text);
        }
        writer.Byte((byte)configure.Cameras.Count);
        foreach (var camera in configure.Cameras)
        {
            writer.Text(camera.Name);
            writer.Text(camera.Source);
            var (pipeline, region) = (camera.Pipeline, camera.Pipeline.Region);
            foreach (var side in new[] { region.X, region.Y, region.Width, region.Height }) writer.Double(side);
            writer.Flag(pipeline.MotionGate);
            writer.Short((ushort)pipeline.MinimumPlateHeight);
        }
    }

    private static Configure? ReadConfiguration(ref DoorReader fields)
    {
        var models = fields.Text(LongestPath);
        var (detector, rate) = (fields.Share(), fields.Double(0, 1));
        var hasEvidence = fields.Flag();
        var evidence = fields.Double(0, double.PositiveInfinity);
        fields.Demand(hasEvidence || evidence == 0);
        var gate = new ReadGate
        {
            Detector = detector, MaximumWrongReadRate = rate, Evidence = hasEvidence ? evidence : null, Frames = fields.Byte(),
            Length = (fields.Byte(), fields.Byte()),
        };
        var ruled = fields.Flag();
        var (regions, patterns) = (ReadTexts(ref fields, 16), ReadTexts(ref fields, 80));
        var own = new List<PlatePattern>();
        foreach (var source in patterns)
            if (PlatePattern.TryParse(source, out var pattern, out _)) own.Add(pattern);
        fields.Demand(own.Count == patterns.Length && regions.All(region => RegionPatterns.Of(region) is not null)
            && ruled == (regions.Length + own.Count > 0));
        var cameras = new CameraConfiguration[fields.Byte(DoorLimits.MostCameras)];
        for (var i = 0; i < cameras.Length; i++) cameras[i] = ReadCamera(ref fields);
        fields.Demand(cameras.Length > 0);
        return fields.IsWhole ? new Configure(models, gate, ruled ? new RegionRules(regions, own) : null, cameras) : null;
    }

    private static CameraConfiguration ReadCamera(ref DoorReader fields) => new(fields.Text(40), fields.Text(LongestSource), new PipelineOptions
    {
        Region = new RegionOfInterest(fields.Double(0, 1), fields.Double(0, 1), fields.Double(0, 1), fields.Double(0, 1)),
        MotionGate = fields.Flag(), MinimumPlateHeight = fields.Short(),
    });

    private static string[] ReadTexts(ref DoorReader fields, int longest)
    {
        var texts = new string[fields.Byte(64)];
        for (var i = 0; i < texts.Length; i++) texts[i] = fields.Text(longest);
        return texts;
    }

    private static void WriteList(DoorWriter writer, WatchedList list)
    {
        writer.Bytes(list.Tags.Salt);
        writer.Whole((uint)list.Tags.Cost.MemoryKiB);
        writer.Byte((byte)list.Tags.Cost.Passes);
        writer.Whole((uint)list.Tags.Count);
        for (var i = 0; i < list.Tags.Count; i++)
        {
            writer.Bytes(list.Tags[i]);
            writer.Byte((byte)list.Tags.FormOf(i));
            writer.Long(list.Terms[i].From.Ticks);
            writer.Long(list.Terms[i].Until.Ticks);
        }
    }

    private static Lists ReadLists(ref DoorReader fields)
    {
        var generation = fields.Whole();
        var lists = new WatchedList[fields.Byte(DoorLimits.MostLists)];
        for (var i = 0; i < lists.Length; i++)
        {
            if (ReadList(ref fields) is not { } list) break;
            lists[i] = list;
        }
        return new Lists(generation, lists);
    }

    private static WatchedList? ReadList(ref DoorReader fields)
    {
        var salt = fields.Bytes(BlindTag.SaltSize).ToArray();
        var cost = new BlindCost(fields.Whole(1, 1 << 20), fields.Byte());
        fields.Demand(cost.IsSane);
        var count = fields.Whole(0, DoorLimits.MostEntries);
        var (tags, terms) = (new List<(ReadOnlyMemory<byte>, MatchForm)>(), new List<WatchedList.Term>());
        for (var i = 0; i < count; i++)
        {
            var tag = fields.Bytes(BlindTag.Size).ToArray();
            tags.Add((tag, (MatchForm)fields.Byte((int)MatchForm.Folded)));
            terms.Add(new WatchedList.Term(TimeSpan.FromTicks(fields.Long()), TimeSpan.FromTicks(fields.Long())));
            if (tag.Length == 0) break; // the message ends here
        }
        if (salt.Length == 0 || !cost.IsSane || tags.Count != count)
        {
            fields.Demand(false);
            return null;
        }
        return new WatchedList(new BlindedTags(salt, cost, tags), terms);
    }
}
