using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;
using Edge.Agent.Door;
using Edge.Agent.Configuration;
using Edge.Agent.Device;
using Edge.Agent.Enrolment;
using Edge.Agent.Governance;
using Edge.Agent.Hits;
using Edge.Agent.Hub;
using Edge.Agent.Incidents;
using Edge.Agent.LanConsole;
using Edge.Agent.Publishing;
using Edge.Agent.Witnessing;
using Edge.Storage.Audit;
using Edge.Storage.Database;
using Edge.Storage.Json;
using Edge.Storage.Keys;
using Edge.Storage.Trust;
using Edge.Tests.Matching;
using Edge.Tests.Support;
using Edge.Vision.Aiming;
using Edge.Vision.Capture;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using OtpNet;

namespace Edge.Tests.LanConsole;

/// <summary>A box of a real agency with the real console on a loopback port, people with real certificates and authenticators; only the cameras are made
/// up.</summary>
internal sealed partial class ConsoleLab : IAsyncDisposable
{
    public const string Passphrase = "correct horse battery";

    private readonly TemporaryFolder _folder = new();
    private readonly Agency _agency;
    private readonly KeyFolder _keys;
    private readonly TrustWatch _trust;
    private readonly StateDatabase _state;
    private readonly IncidentReporter _incidents;
    private readonly Dictionary<string, (X509Certificate2 Certificate, byte[] Secret)> _people = [];
    private CancellationTokenSource _stop = new();
    private readonly bool _publicPolicy;
    private readonly EnrolmentFolder _enrolment;
    private ConsoleServer? _server;
    private Task _running = Task.CompletedTask;

    private ConsoleLab(bool publicPolicy, TimeProvider? clock)
    {
        _publicPolicy = publicPolicy;
        Clock = clock ?? Time;
        var now = Clock.GetUtcNow();
        _agency = Agency.Create(_folder.File("agency"), new AgencyPlan { Agency = "riverton", Cost = Lists.Cheap, Policy = Lists.Policy with { Version = 1 } },
            now, null, out _)!;
        _keys = KeyFolder.Open(State, credentialsDirectory: null);
        _enrolment = new EnrolmentFolder(_folder.File("enrolment"));
        _enrolment.Accept(_agency.Enrol(_enrolment.Prepare(Name, _keys), now), now);
        foreach (var (account, role) in new[] { ("tech-7", AuditRole.Technician), ("audit-1", AuditRole.Auditor), ("board-2", AuditRole.Oversight) })
            Admit(account, role);
        _state = StateDatabase.Open(State, _keys.Hours, Clock);
        Audit = AuditLog.Open(_folder.File("state/audit"), Name.LogOrigin, _keys.Log, Clock, _keys.Epochs);
        _trust = new TrustWatch(TrustClient.Open(_folder.File("state/trust"), _enrolment.Root(), "riverton", "box-1"), Audit, NullLogger.Instance);
        _incidents = IncidentReporter.Open(_state, Audit, new MessageSigner(Name, _keys.Messages, "0.1.0"), () => _trust.Current?.Policy, Clock,
            NullLogger.Instance);
        Refresh();
    }

    public static BoxName Name { get; } = new("riverton", "box-1");

    public FakeTimeProvider Time { get; } = new(Lists.Now);

    /// <summary><see cref="Time"/> unless the lab was told to live in real time.</summary>
    public TimeProvider Clock { get; }

    public AuditLog Audit { get; }

    public FakeCameras Cameras { get; } = new();

    public Uri Address => new($"https://127.0.0.1:{Port}/");

    public int Port => _server!.Listening!.Port;

    /// <summary>What the running console answers to.</summary>
    public IReadOnlyList<ConsoleRoute> Routes => _server!.Routes;

    /// <summary>When the agency's signature on its policy ends.</summary>
    public DateTimeOffset PolicyExpires => _trust.Current!.PolicyExpires;

    /// <summary>What is free of the box's disk, in bytes.</summary>
    public long FreeSpace { get; set; } = long.MaxValue;

    public ConsoleBox Box => new()
    {
        Name = Name, Configured = Configuration, CaFile = _enrolment.Certificates.CaFile, Trust = () => _trust.Current, Key = _keys.Orders, Audit = Audit,
        FreeSpace = () => FreeSpace, AuditFolder = _folder.File("state/audit"), LogKey = LogKey, LogEpochKey = LogEpochKey, Incidents = _incidents, Look = Look, Aim = Cameras, Time = Clock,
        Log = NullLogger.Instance,
    };

    public string File(string name) => _folder.File(name);

    public NoteKey LogKey => new(Name.LogOrigin, _keys.Log.Public);

    public NoteKey LogEpochKey => new(Name.LogOrigin, _keys.Epochs.First);

    private string State => _folder.File("state");

    public static async Task<ConsoleLab> StartAsync(bool publicPolicy = false, TimeProvider? clock = null)
    {
        var lab = new ConsoleLab(publicPolicy, clock);
        await lab.OpenAsync();
        return lab;
    }

    /// <summary>Stops the console and starts another over the same folder, as after a restart of the agent.</summary>
    public async Task RestartAsync()
    {
        await _stop.CancelAsync();
        await _running;
        await _server!.DisposeAsync();
        _stop.Dispose();
        _stop = new CancellationTokenSource();
        await OpenAsync();
    }

    /// <summary>Lets somebody in, at the hub.</summary>
    public void Admit(string account, AuditRole role)
    {
        var pass = _agency.Console.Admit(account, role, [], TimeSpan.FromDays(365), System.Text.Encoding.UTF8.GetBytes(Passphrase), Clock.GetUtcNow(),
            out var published);
        Assert.True(published);
        System.IO.File.WriteAllBytes(_folder.File($"{account}.p12"), pass.Certificate);
        var secret = SecretIn().Match(pass.Uri).Groups[1].Value;
        _people[account] = (X509CertificateLoader.LoadPkcs12(pass.Certificate, Passphrase), Base32Encoding.ToBytes(secret));
    }

    public void Revoke(string account) => Assert.True(_agency.Console.Revoke(account, Clock.GetUtcNow()));

    public void Refresh() => _trust.Refresh(TrustSource.Folder(_agency.TrustFolder), Clock.GetUtcNow());

    public X509Certificate2 Certificate(string account) => _people[account].Certificate;

    /// <summary>What somebody's authenticator shows now.</summary>
    public string Code(string account, int stepsLater = 0) =>
        new Totp(_people[account].Secret).ComputeTotp(Clock.GetUtcNow().AddSeconds(30 * stepsLater).UtcDateTime);

    public string SecretOf(string account) => Base32Encoding.ToString(_people[account].Secret).TrimEnd('=');

    /// <summary>A code that is none of these minutes.</summary>
    public string WrongCode(string account)
    {
        var right = Enumerable.Range(-3, 7).Select(steps => Code(account, steps)).ToHashSet();
        return Enumerable.Range(0, 20).Select(number => number.ToString("D6")).First(code => !right.Contains(code));
    }

    /// <summary>A browser with somebody's certificate; null for none.</summary>
    public HttpClient Browser(X509Certificate2? certificate, SslProtocols protocols = SslProtocols.None, CookieContainer? cookies = null)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false, UseCookies = true, CookieContainer = cookies ?? new CookieContainer(),
            SslOptions = new SslClientAuthenticationOptions
            {
                EnabledSslProtocols = protocols, ClientCertificates = certificate is null ? null : [certificate],
                LocalCertificateSelectionCallback = (_, _, all, _, _) => all.Count > 0 ? all[0] : null!,
                RemoteCertificateValidationCallback = (_, shown, _, _) => shown is not null,
            },
        };
        var client = new HttpClient(handler) { BaseAddress = Address };
        client.DefaultRequestHeaders.Add("Origin", Address.GetLeftPart(UriPartial.Authority));
        return client;
    }

    public HttpClient Browser(string account) => Browser(Certificate(account));

    /// <summary>Somebody who came in with both factors.</summary>
    public async Task<HttpClient> InAsync(string account)
    {
        var browser = Browser(account);
        using var answer = await LoginAsync(browser, Code(account));
        Assert.Equal(HttpStatusCode.SeeOther, answer.StatusCode);
        return browser;
    }

    public static Task<HttpResponseMessage> LoginAsync(HttpClient browser, string code) => PostAsync(browser, "login", ("code", code));

    public static Task<HttpResponseMessage> PostAsync(HttpClient browser, string path, params IEnumerable<(string Name, string Value)> fields) =>
        browser.PostAsync(path, new FormUrlEncodedContent(fields.Select(field => KeyValuePair.Create(field.Name, field.Value))),
            TestContext.Current.CancellationToken);

    /// <summary>What a page's forms carry.</summary>
    public static async Task<string> FormAsync(HttpClient browser, string page) =>
        FormIn().Match(await browser.GetStringAsync(page, TestContext.Current.CancellationToken)).Groups[1].Value;

    /// <summary>Entries of the log about the console, oldest first.</summary>
    public IReadOnlyList<AuditEntry> Logged(AuditAction action) => [.. Audit.Read().Select(record => record.Entry!).Where(entry => entry.Action == action)];

    public BoxHealth Look() => new()
    {
        At = Clock.GetUtcNow(), Since = Clock.GetUtcNow().AddHours(-5), Counts = new ReadCounts(90_000, 412, 1), Outbox = _state.Outbox.Count(),
        Link = new LinkLook("broker.example:8883", Clock.GetUtcNow().AddMinutes(-9), null),
        Cameras =
        [
            new CameraLook("north-lane", new CameraHealth(CameraState.Running, Clock.GetUtcNow().AddHours(-5), 88_123, 4, 0, null)),
            new CameraLook("south-lane", new CameraHealth(CameraState.Stalled, Clock.GetUtcNow().AddMinutes(-3), 2044, 0, 7, "no frame for 10 s")),
        ],
        Log = new LogLook(Audit.Latest.Size, new LogStanding(Math.Max(0, Audit.Latest.Size - 3), Clock.GetUtcNow().AddMinutes(-8))),
        Trust = new TrustLook(1, Clock.GetUtcNow().AddDays(80), Clock.GetUtcNow().AddDays(2), 0, 0),
    };

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        if (_server is not null) await _server.DisposeAsync();
        foreach (var (certificate, _) in _people.Values) certificate.Dispose();
        Audit.Dispose();
        _state.Dispose();
        _keys.Dispose();
        _agency.Dispose();
        _stop.Dispose();
        _folder.Dispose();
    }

    private async Task OpenAsync()
    {
        _server = new ConsoleServer(Box, new ConsoleConfiguration(IPAddress.Loopback, 0, _publicPolicy, ["localhost"]));
        _running = _server.RunAsync(_stop.Token);
        await Eventually.True(() => _server.Listening is not null, "the console listens");
    }

    private AgentConfiguration Configuration()
    {
        var json = $$"""
            {"stateFolder":"{{State}}","enrolmentFolder":"{{_folder.File("enrolment")}}","broker":{"host":"broker.example"},
             "cameras":[{"name":"north-lane","source":"rtsp://camera-1.example/stream"},{"name":"south-lane","source":"rtsp://camera-2.example/stream"}]}
            """;
        Assert.True(StrictJson.TryRead<AgentConfiguration>(System.Text.Encoding.UTF8.GetBytes(json), AgentConfiguration.MaxBytes, AgentConfiguration.Read,
            out var read, out var problems),
            string.Join("; ", problems));
        return read;
    }

    [GeneratedRegex("secret=([A-Z2-7]+)")]
    private static partial Regex SecretIn();

    [GeneratedRegex("name=\"form\" value=\"([^\"]+)\"")]
    private static partial Regex FormIn();

    /// <summary>Cameras that show one picture to whoever asks, and say who asked.</summary>
    internal sealed class FakeCameras : IAimViews
    {
        private int _ended;

        public AimView View { get; set; } = new(Lists.Now, [0xFF, 0xD8, 0xFF, 0xD9], new AimFigures
        {
            Width = 1920, Height = 1080, Brightness = 96, Plates = 1, Seconds = 60, Reads = 14, Unread = 1, FramesWithPlate = 120,
            Now = new PlateFigures(31, 140, 0.09, 205, 120, 0.01, 1.5, 12), Minute = new PlateFigures(29, 133, 0.1, 200, 118, 0.01, 7, 14),
        });

        /// <summary>Shown instead, four pictures a second, again and again.</summary>
        public IReadOnlyList<AimView> Film { get; set; } = [];

        public List<AimRequest> Asked { get; } = [];

        /// <summary>Viewings that are over.</summary>
        public int Ended => Volatile.Read(ref _ended);

        public async IAsyncEnumerable<AimView> WatchAsync(AimRequest request, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel)
        {
            lock (Asked) Asked.Add(request);
            for (var i = 0; Film.Count > 0 && !cancel.IsCancellationRequested; i++)
            {
                yield return Film[i % Film.Count];
                await Task.Delay(AimWindow.Pace, TimeProvider.System, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            yield return View;
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Interlocked.Increment(ref _ended);
        }
    }
}
