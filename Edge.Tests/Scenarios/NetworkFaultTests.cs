using System.Collections.Concurrent;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Edge.Agent.Enrolment;
using Edge.Agent.Hub;
using Edge.Agent.Publishing;
using Edge.Storage.Audit;
using Edge.Storage.Database;
using Edge.Storage.Hits;
using Edge.Storage.Keys;
using Edge.Storage.Outbox;
using Edge.Tests.Matching;
using Edge.Tests.Support;

namespace Edge.Tests.Scenarios;

/// <summary>The real box in one network namespace, a real Mosquitto and the real hub in another, and a bad wire between. Whatever the wire
/// does: every hit arrives once it can, each is shown once, the box says what is wrong, and nothing is ever sent in clear.</summary>
public sealed class NetworkFaultTests : IAsyncLifetime
{
    private const string Host = "broker.city.example", Plate = "34A36837", Entry = "entry-7";
    private const int Port = 8883;

    private readonly TemporaryFolder _folder = new();
    private readonly List<Process> _running = [];
    private readonly ConcurrentQueue<string> _said = new();
    private Agency _agency = null!;
    private BadWire? _wire;
    private RunningHub? _hub;
    private Process? _mosquitto;
    private string _box = "", _toBroker = "";

    private string State => Path.Combine(_box, "state");

    public ValueTask InitializeAsync()
    {
        var now = TimeProvider.System.GetUtcNow();
        _agency = Agency.Create(_folder.File("city"), new AgencyPlan { Agency = "city", Cost = Lists.Cheap, Broker = new BrokerAddress(Host, Port) }, now,
            null, out _)!;
        _box = _agency.PrepareBox("box-1", now);
        FirstInstall.WriteBox(_agency, _box);
        _toBroker = FirstInstall.WriteBroker(_agency, _folder.File("city"));
        File.WriteAllText(_folder.File("edge.json"), JsonSerializer.Serialize(new
        {
            stateFolder = State, enrolmentFolder = Path.Combine(_box, "enrolment"), trustFolder = Path.Combine(_box, "trust"),
            broker = new { host = Host, port = Port },
            cameras = new[] { new { name = "lane-1", source = "http://127.0.0.1:9/none" } }, // a camera that is away, so that the box stays
        }));
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        _hub?.Dispose();
        foreach (var process in _running)
        {
            if (!process.HasExited) process.Kill();
            process.WaitForExit();
            process.Dispose();
        }
        _wire?.Dispose();
        _agency.Dispose();
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task A_fifth_of_all_packets_is_lost_and_every_hit_arrives_once()
    {
        await LayAsync(hits: 20);
        _wire!.Loss = 0.2;
        StartBox();
        await AllArriveAsync(20, seconds: 120);
    }

    [Fact]
    public async Task Every_packet_takes_two_seconds_and_every_hit_arrives_once()
    {
        await LayAsync(hits: 3);
        _wire!.Delay = TimeSpan.FromSeconds(2);
        StartBox();
        await AllArriveAsync(3, seconds: 120);
    }

    [Fact]
    public async Task A_link_that_comes_and_goes_every_five_seconds_brings_every_hit_once()
    {
        await LayAsync(hits: 40);
        _wire!.Delay = TimeSpan.FromMilliseconds(100);
        StartBox();
        for (var turn = 0; turn < 12 && _hub!.Hits.Count < 40; turn++)
        {
            _wire.Loss = turn % 2;
            await Task.Delay(TimeSpan.FromSeconds(5), TimeProvider.System, TestContext.Current.CancellationToken);
        }
        _wire.Loss = 0;
        await AllArriveAsync(40, seconds: 90);
    }

    [Fact]
    public async Task A_link_that_has_gone_silent_is_found_within_a_minute_and_what_waited_arrives()
    {
        await LayAsync(hits: 1);
        StartBox();
        await AllArriveAsync(1, seconds: 30);
        var since = Stopwatch.GetTimestamp();
        _wire!.Loss = 1; // neither end is told
        await Eventually.True(() => Said("next attempt in"), "the box has found the link dead", seconds: 60);
        Assert.InRange(Stopwatch.GetElapsedTime(since).TotalSeconds, 0, 60);
        _wire.Loss = 0;
        await Eventually.True(() => _said.Count(line => line.Contains("linked to", StringComparison.Ordinal)) == 2, "it is back", seconds: 90);
    }

    [Fact]
    public async Task Without_names_the_box_says_so_and_sends_when_they_are_back()
    {
        await LayAsync(hits: 5);
        _wire!.ForgetNames();
        StartBox();
        await Eventually.True(() => Said($"{Host}") && Said("next attempt in"), "the box says whom it cannot find", seconds: 60);
        Assert.Empty(_hub!.Hits);
        Assert.All(_wire.Strangers, asked => Assert.Contains("broker", asked, StringComparison.Ordinal)); // for its broker's name, and for no other
        _wire.Know(Host);
        await AllArriveAsync(5, seconds: 90);
    }

    [Fact]
    public async Task A_broker_with_an_expired_or_another_s_certificate_gets_nothing_and_the_right_one_everything()
    {
        await LayAsync(hits: 5);
        using var stranger = new TestAuthority();
        var good = (File.ReadAllText(Path.Combine(_toBroker, "broker.crt")), File.ReadAllText(Path.Combine(_toBroker, "broker.key")));
        var other = stranger.Broker(Host);
        await SwapAsync((File.ReadAllText(other.CertificateFile), File.ReadAllText(other.KeyFile)));
        StartBox();
        await Eventually.True(() => Said("is not signed by CA file"), "the box says that it does not know the broker", seconds: 60);

        await SwapAsync(Expired());
        await Eventually.True(() => Said("is out of date"), "the box says that the broker's certificate has expired", seconds: 90);
        Assert.Empty(_hub!.Hits);
        Assert.DoesNotContain(_said, line => line.Contains("linked to", StringComparison.Ordinal));

        await SwapAsync(good);
        await AllArriveAsync(5, seconds: 120);
    }

    /// <summary>The wire, a broker and a hub at the far end, and hits that wait in the box.</summary>
    private async Task LayAsync(int hits)
    {
        // What every CONNECT begins with (MQTT 5 §3.1.2.1, §3.1.2.2): four letters alone stand in some cipher text by chance.
        _wire = BadWire.Lay(Host, Port, Plate, "edge/v1/", "\0\u0004MQTT\u0005", "box-1/hit");
        for (var i = 0; i < hits; i++) Hit();
        await StartBrokerAsync();
        _hub = new RunningHub(_wire.StartThere(Path.Combine(AppContext.BaseDirectory, "edge-agent"), "hub", "watch", _folder.File("city"), "--json",
            "--broker", "localhost:8884"));
        await Eventually.True(() => _hub.Linked, "the hub is linked", seconds: 60);
    }

    // The hub's own listener is beside the broker and not behind the wire, and stays whatever certificate the box is shown.
    private async Task StartBrokerAsync()
    {
        var configuration = _folder.File("mosquitto.conf");
        var near = FirstInstall.Listener(_toBroker, Port).Replace($"listener {Port}", $"listener {Port} {BadWire.There}", StringComparison.Ordinal);
        var local = FirstInstall.Listener(_toBroker, 8884).Replace("listener 8884", "listener 8884 127.0.0.1", StringComparison.Ordinal);
        await File.WriteAllTextAsync(configuration,
            $"user root\nper_listener_settings true\n{near}\n{local.Replace($"{_toBroker}/broker.", $"{_folder.File("hub-side")}.", StringComparison.Ordinal)}");
        if (!File.Exists(_folder.File("hub-side.crt")))
            using (var authority = CertificateAuthority.Open(Path.Combine(_folder.File("city"), "tls")))
                authority.CreateServer(_folder.File("."), "hub-side", "city", "localhost", TimeProvider.System.GetUtcNow());
        _mosquitto = Keep(_wire!.StartThere("mosquitto", "-c", configuration));
        while (await _mosquitto.StandardError.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
            if (line.Contains("running", StringComparison.Ordinal)) break;
        Assert.False(_mosquitto.HasExited);
        _ = _mosquitto.StandardError.ReadToEndAsync(CancellationToken.None);
    }

    // By the agency's own CA, for an hour of yesterday.
    private (string Certificate, string Key) Expired()
    {
        var tls = Path.Combine(_folder.File("city"), "tls");
        using var authority = X509Certificate2.CreateFromPemFile(Path.Combine(tls, "ca.crt"), Path.Combine(tls, "ca.key"));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=broker", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(Host);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new("1.3.6.1.5.5.7.3.1")], false));
        using var certificate = request.Create(authority, authority.NotBefore, authority.NotBefore.AddHours(1), [7]);
        return (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }

    private async Task SwapAsync((string Certificate, string Key) to)
    {
        _mosquitto!.Kill();
        await _mosquitto.WaitForExitAsync(TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(_toBroker, "broker.crt"), to.Certificate);
        await File.WriteAllTextAsync(Path.Combine(_toBroker, "broker.key"), to.Key);
        await StartBrokerAsync();
    }

    private void StartBox()
    {
        var box = Keep(_wire!.StartHere(Path.Combine(AppContext.BaseDirectory, "edge-agent"), "run", "--config", _folder.File("edge.json")));
        _ = ReadAsync(box);

        async Task ReadAsync(Process process)
        {
            while (await process.StandardError.ReadLineAsync(CancellationToken.None) is { } line) _said.Enqueue(line);
        }
    }

    private async Task AllArriveAsync(int hits, double seconds)
    {
        await Eventually.True(() => _hub!.Hits.Select(hit => hit.Sequence).Distinct().Count() == hits, $"all {hits} hits have come", seconds);
        Assert.Equal(Enumerable.Range(1, hits).Select(number => (long)number), _hub!.Hits.Select(hit => hit.Sequence));
        Assert.DoesNotContain("REFUSED", _hub.Errors, StringComparison.Ordinal);
        Assert.Empty(_wire!.Seen);
        Assert.DoesNotContain(_wire.Strangers,
            stranger => !stranger.StartsWith("asks for", StringComparison.Ordinal) || !stranger.Contains("broker", StringComparison.Ordinal));
        Assert.InRange(_wire.Packets, 10 + hits, long.MaxValue); // they did come over the wire
        Assert.DoesNotContain(_said, line => line.Contains(Plate, StringComparison.OrdinalIgnoreCase));
    }

    private bool Said(string part) => _said.Any(line => line.Contains(part, StringComparison.Ordinal));

    private Process Keep(Process process)
    {
        _running.Add(process);
        return process;
    }

    private void Hit()
    {
        using var keys = KeyFolder.Open(State, credentialsDirectory: null);
        using var state = StateDatabase.Open(State, keys.Hours, TimeProvider.System);
        var name = new EnrolmentFolder(Path.Combine(_box, "enrolment")).Name();
        using var audit = AuditLog.Open(Path.Combine(State, "audit"), name.LogOrigin, keys.Log, TimeProvider.System);
        var (now, expires, signer) = (TimeProvider.System.GetUtcNow(), TimeProvider.System.GetUtcNow().AddHours(20),
            new MessageSigner(name, keys.Messages, "0.1.0"));
        var digest = default(Sha256Hash);
        var number = state.Hits.Commit(sequence =>
        {
            using var body = HitBody.Write(System.Text.Encoding.ASCII.GetBytes(Plate), SampleBox.Facts(Plate.Length, Entry));
            var hit = SealedHit.Seal(_agency.PublishedRecipients.At(now)!, new HitHeader(name, sequence, Entry, expires), body);
            digest = Sha256Hash.Of(hit.ToJson());
            return new HitEntry(new NewHit(Entry, now, expires, hit.ToJson()), new OutboxMessage(sequence, MessageKind.Hit, signer.Hit(hit, now), expires));
        });
        state.Outbox.MarkLogged(number, audit.Append(new AuditEntry { Action = AuditAction.HitStored, Sequence = number, Digest = digest }));
    }
}
