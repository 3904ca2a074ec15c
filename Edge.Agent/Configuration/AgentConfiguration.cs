using Edge.Agent.Commissioning;
using Edge.Agent.Device.Gpio;
using Edge.Agent.LanConsole;
using Edge.Agent.Publishing;
using Edge.Storage.Json;
using Edge.Storage.Outbox;
using Edge.Storage.Trust;
using Edge.Vision;
using Edge.Vision.Capture;
using Edge.Vision.Recognition.Regions;
using Edge.Vision.Tracking;

namespace Edge.Agent.Configuration;

/// <summary>
/// What a technician sets on a box: where things are and how the cameras are read. What may be looked for, how long
/// anything is kept and who may see it is not here: the agency signs that. Unknown keys are refused, all problems are
/// reported at once. The page for people is <c>docs/configuration.md</c>.
/// </summary>
public sealed record AgentConfiguration(
    string StateFolder, string ModelFolder, string EnrolmentFolder, string TrustFolder, BrokerAddress Broker,
    IReadOnlyList<CameraConfiguration> Cameras, ReadGate Gate, RegionRules? Rules)
{
    public const int MaxBytes = 256 * 1024;

    private const int DefaultOutboxMegabytes = (int)(Outbox.DefaultLimit >> 20);

    /// <summary>What may wait for the broker, in MiB; see <see cref="Outbox.Limit"/>.</summary>
    public int OutboxMegabytes { get; init; } = DefaultOutboxMegabytes;

    /// <summary>Where the running agent says how it is; in memory.</summary>
    public string RunFolder { get; init; } = DefaultRunFolder;

    /// <summary>Brokers that stand in for <see cref="Broker"/> while it is away, in this order; up to three.</summary>
    public IReadOnlyList<BrokerAddress> StandIns { get; init; } = [];

    /// <summary>The file that it was loaded from; null if from none.</summary>
    public string? File { get; init; }

    /// <summary>What that file says, by key: <see cref="ConfigurationKeys"/>.</summary>
    public IReadOnlyDictionary<string, string> Keys { get; init; } = new Dictionary<string, string>();

    private const string DefaultRunFolder = "/run/edge-agent";

    /// <summary>Where the console listens; null for a box without one.</summary>
    public ConsoleConfiguration? Console { get; init; }

    /// <summary>The port of the numbers for programs on this machine; null for none.</summary>
    public int? MetricsPort { get; init; }

    /// <summary>What hangs on the machine's pins; null for nothing.</summary>
    public GpioConfiguration? Gpio { get; init; }

    /// <summary>The most cameras one box reads.</summary>
    public const int MaxCameras = 16;

    /// <summary>Reads the file at <paramref name="path"/>.</summary>
    /// <exception cref="ConfigurationException">It cannot be read or is refused; <see cref="ConfigurationException.Problems"/>
    /// lists everything that is wrong with it.</exception>
    public static AgentConfiguration Load(string path)
    {
        byte[] bytes;
        try
        {
            bytes = new FileInfo(path) is { Exists: true, Length: > MaxBytes }
                ? throw new ConfigurationException(path, [new JsonProblem("", $"larger than {MaxBytes} bytes")])
                : System.IO.File.ReadAllBytes(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException(path, [new JsonProblem("", exception is FileNotFoundException or DirectoryNotFoundException
                ? "no such file; name it with --config" : "cannot be read; let this user read it")]);
        }
        return StrictJson.TryRead<AgentConfiguration>(bytes, MaxBytes, Read, out var configuration, out var problems)
            ? configuration with { File = path, Keys = ConfigurationKeys.Of(bytes) }
            : throw new ConfigurationException(path, problems);
    }

    internal static AgentConfiguration Read(JsonFields fields)
    {
        var cameras = fields.Objects("cameras", 1, MaxCameras, CameraConfiguration.Read);
        foreach (var name in cameras.GroupBy(camera => camera.Name).Where(same => same.Count() > 1))
            fields.Fail("cameras", $"two cameras are named {name.Key}");
        var brokers = ReadBrokers(fields);
        return new AgentConfiguration(
            Folder(fields, "stateFolder", Enrolled.DefaultStateFolder),
            Folder(fields, "modelFolder", Path.Combine(AppContext.BaseDirectory, "models")),
            Folder(fields, "enrolmentFolder", "/etc/edge/enrolment"),
            Folder(fields, "trustFolder", "/var/lib/edge-agent/trust-inbox"),
            brokers[0],
            cameras,
            fields.Section("gate", ReadGateFields),
            fields.Has("rules") ? fields.Child("rules", ReadRules) : null)
        {
            StandIns = [.. brokers.Skip(1)],
            RunFolder = Folder(fields, "runFolder", DefaultRunFolder),
            Console = fields.Has("console") ? fields.Child("console", ConsoleConfiguration.Read) : null,
            MetricsPort = fields.Has("metricsPort") ? fields.Whole("metricsPort", 1, 65535) : null,
            Gpio = fields.Has("gpio") ? fields.Child("gpio", GpioConfiguration.Read) : null,
            OutboxMegabytes = fields.Whole("outboxMegabytes", 16, 65536, DefaultOutboxMegabytes),
        };
    }

    private static IReadOnlyList<BrokerAddress> ReadBrokers(JsonFields fields)
    {
        if (!fields.Has("brokers")) return [fields.Child("broker", ReadBroker)];
        if (fields.Has("broker")) fields.Fail("broker", "stands beside brokers; put it into that list, first");
        var brokers = fields.Objects("brokers", 1, LinkSettings.MostBrokers, ReadBroker);
        foreach (var twice in brokers.GroupBy(broker => broker).Where(same => same.Count() > 1)) fields.Fail("brokers", $"{twice.Key} stands here twice");
        return brokers.Count > 0 ? brokers : [new BrokerAddress("", BrokerAddress.DefaultPort)];
    }

    private static BrokerAddress ReadBroker(JsonFields fields) => new(
        fields.Text("host", host => Uri.CheckHostName(host) is not (UriHostNameType.Unknown or UriHostNameType.Basic),
            "must be a host name or an address"),
        fields.Whole("port", 1, 65535, BrokerAddress.DefaultPort));

    private static string Folder(JsonFields fields, string key, string otherwise) =>
        fields.Text(key, path => path.Length <= 4096 && Path.IsPathRooted(path), "must be an absolute path", otherwise);

    private static ReadGate ReadGateFields(JsonFields fields)
    {
        var defaults = new ReadGate();
        if (fields.Has("weakest")) fields.Fail("weakest", "unknown key; replaced by gate.maximumWrongReadRate, the share of wrong reads that is accepted");
        if (fields.Has("evidence") && fields.Has("maximumWrongReadRate"))
            fields.Fail("evidence", "stands beside maximumWrongReadRate; set one: the rate for a model with a calibration, evidence for one without");
        return defaults with
        {
            Detector = (float)fields.Number("detector", 0.1, 0.99, defaults.Detector),
            MaximumWrongReadRate = fields.Number("maximumWrongReadRate", GateBounds.LeastRate, GateBounds.MostRate, defaults.MaximumWrongReadRate),
            Evidence = fields.Has("evidence") ? fields.Number("evidence", GateBounds.LeastEvidence, GateBounds.MostEvidence) : null,
            Frames = fields.Whole("frames", 2, 20, defaults.Frames),
        };
    }

    private static RegionRules? ReadRules(JsonFields fields)
    {
        var regions = fields.Texts("regions", 0, 64, region => RegionPatterns.Of(region) is not null,
            $"must be one of {string.Join(", ", RegionPatterns.Regions)}; others can be written as patterns");
        var patterns = new List<PlatePattern>();
        foreach (var (i, source) in fields.Texts("patterns", 0, 64, text => text.Length > 0, "must be a pattern such as @@ ## @@@").Index())
            if (PlatePattern.TryParse(source, out var pattern, out var reason)) patterns.Add(pattern);
            else fields.Fail($"patterns[{i}]", reason);
        if (regions.Count + patterns.Count > 0) return new RegionRules(regions, patterns);
        fields.Fail("regions", "needs a region, or patterns a pattern; remove rules to allow any text");
        return null;
    }
}

/// <summary>One camera and how it is read.</summary>
/// <param name="Name">Shown in logs, health and hits: a <see cref="PartyName"/>.</param>
/// <param name="Source">An address, a device or a path; may hold a password and is never printed.</param>
/// <param name="Pipeline">How its frames are examined.</param>
public sealed record CameraConfiguration(string Name, string Source, PipelineOptions Pipeline)
{
    internal static CameraConfiguration Read(JsonFields fields) => new(
        fields.Text("name", PartyName.IsValid, PartyName.Rule),
        ReadSource(fields),
        new PipelineOptions
        {
            Region = fields.Section("region", ReadRegion),
            MotionGate = fields.Flag("motionGate", otherwise: true),
            MinimumPlateHeight = fields.Whole("minimumPlateHeight", 8, 200, new PipelineOptions().MinimumPlateHeight),
        });

    private static string ReadSource(JsonFields fields)
    {
        var source = fields.Text("source", 2048);
        if (source.Length > 0 && CameraSources.Fault(new CameraOptions("", source)) is { } fault) fields.Fail("source", fault);
        return source;
    }

    private static RegionOfInterest ReadRegion(JsonFields fields)
    {
        var region = new RegionOfInterest(fields.Number("x", 0, 0.95, 0), fields.Number("y", 0, 0.95, 0),
            fields.Number("width", 0.05, 1, 1), fields.Number("height", 0.05, 1, 1));
        if (region.X + region.Width > 1.0001) fields.Fail("width", "x + width must not pass 1");
        if (region.Y + region.Height > 1.0001) fields.Fail("height", "y + height must not pass 1");
        return region;
    }

    public override string ToString() => $"camera {Name}";
}
