using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Sockets;
using Edge.Agent.Configuration;
using Edge.Agent.Door;
using Edge.Agent.Governance;
using Edge.Agent.Hits;
using Edge.Agent.Hub;
using Edge.Agent.Matching;
using Edge.Agent.Publishing;
using Edge.Storage.Audit;
using Edge.Storage.Trust;
using Edge.Tests.Database;
using Edge.Tests.Hits;
using Edge.Tests.Matching;
using Edge.Tests.Support;
using Edge.Vision;
using Edge.Vision.Tracking;
using Microsoft.Extensions.Time.Testing;

namespace Edge.Tests.Door;

/// <summary>The agent's side of the door with the real recorder, database and log, over a real socket; whoever is on the other side is up to
/// the test. It looks for <see cref="Wanted"/>, as its first entry.</summary>
internal sealed class DoorLab : IAsyncDisposable
{
    public const string Wanted = "AB123CD";
    public const string LiveCamera = "lane-1", Recording = "lane-2";

    private readonly StateFixture _state = new();
    private readonly TemporaryFolder _folder = new();
    private readonly HitRecorder _recorder;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _recording, _keeping;
    private readonly TimeSpan _life;

    /// <param name="user">Who may knock; this process's user unless said.</param>
    /// <param name="life">When the agency's signature on the hotlist ends.</param>
    public DoorLab(string? user = null, TimeSpan? life = null)
    {
        _life = life ?? TimeSpan.FromDays(1);
        Audit = AuditLog.Open(_folder.File("audit"), "edge/v1/riverton/box-1", _state.Keys.Log, Time);
        var signer = new MessageSigner(new BoxName("riverton", "box-1"), _state.Keys.Messages, "0.1.0");
        _recorder = new HitRecorder(_state.Database, Audit, signer, _state.Keys, Counter, Time, Log);
        Trust = TrustIn(Lists.Wanted(Wanted), Lists.Wanted("XY98ZZ", "C-2"));
        Settings = new ToVision.Configure("/models", new ReadGate(), null,
            [new CameraConfiguration(LiveCamera, "rtsp://camera.example/stream", new PipelineOptions()),
                new CameraConfiguration(Recording, "/footage.mp4", new PipelineOptions())]);
        Keeper = new Doorkeeper(FrontDoor.Open(Socket, user ?? Me), Settings, () => Trust, _recorder, Counter,
            (kind, detail) => Incidents.Enqueue((kind, detail)), Time, Log);
        _recording = _recorder.RunAsync(CancellationToken.None);
        _keeping = Keeper.RunAsync(_stop.Token);
    }

    public FakeTimeProvider Time => _state.Time;

    public KeptLines Log { get; } = new();

    public ReadCounter Counter { get; } = new();

    public AuditLog Audit { get; }

    public ToVision.Configure Settings { get; }

    public Doorkeeper Keeper { get; }

    public ConcurrentQueue<(IncidentKind Kind, string Detail)> Incidents { get; } = [];

    public ActiveTrust? Trust { get; set; }

    public string Socket => _folder.File("vision.sock");

    /// <summary>Hits in the database and messages in the outbox.</summary>
    public (int Hits, int Messages) Stored => (_state.Hits.Count, _state.Outbox.Count() is var counts ? counts.Ready + counts.Unlogged : 0);

    public DateTimeOffset Found => Assert.Single(_state.Hits.List()).Found;

    public ActiveTrust TrustIn(params IReadOnlyList<WantedPlate> wanted)
    {
        var start = StateFixture.Start;
        Assert.True(HotlistBlinding.TryBlind([.. wanted.Select(plate => plate with { NotBefore = start, Expires = start.AddDays(2) })], Lists.Policy, 1,
            Lists.Cheap, start, start.AddDays(1), null, out var hotlist, out _));
        return new ActiveTrust
        {
            Targets = new TrustedTargets
            {
                Agency = "riverton", Policy = default, Operators = default, Recipients = default, Hotlist = default, Versions = new Dictionary<string, int>(),
                Expiries = new Dictionary<string, DateTimeOffset> { [TrustPath.HotlistMetadata("riverton")] = start + _life },
            },
            Policy = Lists.Policy,
            Recipients = new Recipients("riverton", 1, [new Recipient(_state.Agency.Public, start.AddDays(-1), start.AddDays(1))]),
            Operators = new Operators("riverton", 1, []),
            Matcher = new HotlistMatcher(hotlist),
            Refused = [],
        };
    }

    /// <summary>A match as an honest vision would say it; of one instant each, unless said: two hits of one camera, instant and picture are the same.</summary>
    public ToAgent.Hit Hit(string plate = Wanted, long number = 1, int entry = 0, int camera = 0, TimeSpan age = default, byte[]? crop = null,
        IReadOnlyList<int>? entries = null,
        long? instant = null)
    {
        using var passage = Passages.Of(plate);
        var seen = Sighting.Of(passage);
        return new ToAgent.Hit(number, entries ?? [entry], camera, Time.Monotonic() - (age == default ? TimeSpan.FromTicks(instant ?? number) : age),
            crop is null ? seen : new Sighting
        {
            Plate = seen.Plate, Confidences = seen.Confidences, Right = seen.Right, Region = seen.Region, RegionVerified = seen.RegionVerified,
            RuleChanged = seen.RuleChanged, Frames = seen.Frames, Crop = crop,
        });
    }

    /// <summary>Connects, and no more.</summary>
    public async Task<Guest> ConnectAsync()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(Socket), TestContext.Current.CancellationToken);
        return new Guest(socket);
    }

    /// <summary>Connects and has been told what to watch and what to look for.</summary>
    public async Task<Guest> GreetAsync()
    {
        var guest = await ConnectAsync();
        await guest.SayAsync(new ToAgent.Hello(DoorLimits.Version));
        Assert.IsType<ToVision.Welcome>(await guest.HearAsync());
        Assert.IsType<ToVision.Configure>(await guest.HearAsync());
        guest.Lists = Assert.IsType<ToVision.Lists>(await guest.HearAsync());
        return guest;
    }

    /// <summary>The same, and has taken the lists.</summary>
    public async Task<Guest> EnterAsync()
    {
        var guest = await GreetAsync();
        await guest.SayAsync(new ToAgent.ListsTaken(guest.Lists!.Generation));
        return guest;
    }

    /// <summary>The same after another has left: the agent lets nobody in for a moment of the lab's time.</summary>
    public async Task<Guest> EnterAsTimePassesAsync()
    {
        var entering = EnterAsync();
        await Eventually.TrueAsTimePasses(Time, () => entering.IsCompleted, "it is let in");
        return await entering;
    }

    /// <summary>The plates of all hits in the database, as the agency opens them.</summary>
    public List<string> Opened() => [.. _state.Hits.ReadAll().Select(stored =>
    {
        Assert.True(SealedHit.TryParse(stored.Record.Span, out var hit, out var reason), reason);
        Assert.True(hit.TryOpen(_state.Agency, out var json));
        Assert.True(HitBody.TryParse(json, out var body, out reason), reason);
        return body.Text;
    })];

    /// <summary>Everything that came in is stored; nothing more may come.</summary>
    public Task DrainAsync()
    {
        _recorder.Complete();
        return _recording;
    }

    /// <summary>Ends the agent in order.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _keeping;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _keeping.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Keeper.DisposeAsync();
        _recorder.Complete();
        await _recording;
        _recorder.Dispose();
        Audit.Dispose();
        _state.Dispose();
        _stop.Dispose();
        _folder.Dispose();
    }

    /// <summary>This process's user.</summary>
    private static string Me => uint.Parse(File.ReadLines("/proc/self/status").First(line => line.StartsWith("Uid:", StringComparison.Ordinal)).Split('\t')[1],
        CultureInfo.InvariantCulture)
        .ToString(CultureInfo.InvariantCulture);

    /// <summary>Whoever came to the door: may say anything, as long as it likes. What it says after it was shown out goes nowhere, and whether its last words came
    /// before that is up to the kernel.</summary>
    internal sealed class Guest(Socket socket) : IDisposable
    {
        private readonly DoorLink _link = new(socket, DoorLimits.LargestToVision);

        public ToVision.Lists? Lists { get; set; }

        public Task SayAsync(params IReadOnlyList<ToAgent> messages) => UnlessShownOutAsync(async cancel =>
        {
            foreach (var message in messages) await _link.WriteAsync(message.Write(), cancel);
        });

        /// <summary>Any bytes at all.</summary>
        public Task SayAsync(byte[] bytes) => UnlessShownOutAsync(async cancel =>
        {
            for (var left = bytes.AsMemory(); left.Length > 0;) left = left[await socket.SendAsync(left, SocketFlags.None, cancel)..];
        });

        public async Task<ToVision?> HearAsync() => await _link.ReadAsync<ToVision>(ToVision.Parse, TestContext.Current.CancellationToken);

        public void EndWriting() => _link.EndWriting();

        public void Dispose() => _link.Dispose();

        private static async Task UnlessShownOutAsync(Func<CancellationToken, Task> say)
        {
            try
            {
                await say(TestContext.Current.CancellationToken);
            }
            catch (SocketException gone) when (gone.SocketErrorCode is SocketError.Shutdown or SocketError.ConnectionReset)
            {
            }
        }
    }
}
