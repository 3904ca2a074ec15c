using System.Security.Cryptography;
using Edge.Agent.Hub;
using Edge.Agent.Publishing;
using Edge.Storage.Files;
using Edge.Storage.Keys;
using Edge.Storage.Sealing;
using Edge.Storage.Signing;

namespace Edge.Agent.Fleet;

/// <summary>The hub link by its parts, one box and one core, each beside what the machine could do at that moment if there were nothing but the
/// cryptography, or the disk: other work on the machine makes both slower, and leaves their ratio.</summary>
/// <param name="folder">An empty folder on the disk that is to be measured.</param>
internal sealed class HubBench(string folder, IProgress<FleetProgress> progress, TimeProvider time)
{
    private const int Messages = 500;
    private const int Rounds = 9;
    private const int Backlog = 400;
    private const int Bursts = 3;
    private const int Together = 32; // what a box stores in one step at most
    private const int Paced = 200;
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Measures all of it: about a minute.</summary>
    /// <exception cref="BrokerException">There is no Mosquitto, or what was sent did not arrive.</exception>
    public async Task<HubBenchResult> RunAsync(CancellationToken stop)
    {
        Mosquitto.Find();
        var path = Path.Combine(folder, "agency");
        using var agency = Agency.Create(path, new AgencyPlan { Agency = "bench-city", Broker = new BrokerAddress("localhost", Mosquitto.FreePort()) },
            time.GetUtcNow(), null, out _)!;
        var home = Directory.CreateDirectory(Path.Combine(folder, "box-1")).FullName;
        var origin = SimulatedBox.Enrol(agency, agency.Broker, "box-1", home, FleetPlan.UsualCrop, 1, time.GetUtcNow());
        var (verify, raw, bytes) = VerifyAndOpen(agency, origin, stop);
        var tally = new FleetTally(time);
        await using var box = new BoxOnDisk(origin, time) { Committed = tally.Commit };
        await using var broker = await Mosquitto.StartAsync(agency, Path.Combine(folder, "broker"), time, stop);
        await using var hub = await WatchingHub.StartAsync(path, agency.Broker, tally.Take, static _ => { }, time, stop);

        using var ending = new CancellationTokenSource();
        var fsync = new List<double>();
        double commits, publishes;
        var bursts = new List<double>();
        Task running = Task.CompletedTask;
        try
        {
            fsync.Add(Fsyncs(bytes));
            commits = Queued(box, Backlog, 1, stop);
            for (var round = 0; round < Bursts; round++) bursts.Add(Queued(box, 2 * Backlog, Together, stop));
            running = Task.Run(() => box.RunAsync(ending.Token), CancellationToken.None);
            // The first ones warm up the worker, the broker's connection and the hub.
            var backlog = box.Waiting;
            await UntilAsync(() => box.Waiting <= backlog * 3 / 4, stop);
            var (since, from) = (time.GetTimestamp(), box.Waiting);
            await UntilAsync(() => box.Waiting == 0, stop);
            publishes = from / time.GetElapsedTime(since).TotalSeconds;
            await UntilAsync(() => tally.Opened == tally.Committed, stop);
            fsync.Add(Fsyncs(bytes));
            tally.StartOver();
            for (var i = 0; i < Paced; i++)
            {
                box.Hit();
                progress.Report(new FleetProgress("hits for the latency", i + 1, Paced, tally.Opened));
                await Task.Delay(Between, time, stop);
            }
            await UntilAsync(() => tally.Opened == Paced, stop);
        }
        finally
        {
            await ending.CancelAsync();
            await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        await hub.StopAsync();
        var counts = tally.Count(0);
        return new HubBenchResult(verify, raw, commits, bursts, publishes, fsync.Average(), counts.Latency!, counts, bytes, new DriveInfo(folder).DriveFormat);
    }

    /// <summary>Per second on one core, in rounds that take turns: the verifier of <c>hub watch</c>, which reads the epoch key
    /// from the agency's folder once for as many hits as a broker brings at a time; and of the same messages the signature and the sealed part alone.</summary>
    private (IReadOnlyList<double> Verify, IReadOnlyList<double> Raw, int Bytes) VerifyAndOpen(Agency agency, SimulatedBox.Origin origin,
        CancellationToken stop)
    {
        var (now, verifier, signer) = (time.GetUtcNow(), agency.Verifier(), new MessageSigner(origin.Name, origin.Keys.Messages, "0"));
        var topic = Topics.Of(origin.Name, EventType.Hit);
        var made = new MadeUpHits(origin.Name, origin.To, origin.CropBytes, new Random(1));
        var messages = Enumerable.Range(1, Messages).Select(number => signer.Hit(made.Next(number, now, now.AddHours(20)), now)).ToList();
        var parts = messages.Select(message => new Parts(message, origin.Keys.Messages.Public)).ToList();
        using var recipient = agency.Epochs.Load(origin.To.KeyId)!;
        var (verify, raw) = (new List<double>(), new List<double>());
        for (var round = -2; round < Rounds; round++)
        {
            stop.ThrowIfCancellationRequested();
            progress.Report(new FleetProgress("rounds of verifying", Math.Max(0, round + 1), Rounds, 0));
            var since = time.GetTimestamp();
            foreach (var batch in messages.Chunk(MqttLink.MaxUnacknowledged))
            {
                using var together = verifier.Together();
                foreach (var message in batch)
                    if (verifier.Verify(topic, message, now) is not ReceivedMessage.Hit) throw new CryptographicException("a hit of the bench does not open");
            }
            var all = time.GetElapsedTime(since);
            since = time.GetTimestamp();
            foreach (var part in parts)
                if (!part.Holds(recipient)) throw new CryptographicException("a hit of the bench does not open");
            var alone = time.GetElapsedTime(since);
            if (round < 0) continue; // warming up
            verify.Add(Messages / all.TotalSeconds);
            raw.Add(Messages / alone.TotalSeconds);
        }
        return (verify, raw, messages[0].Length);
    }

    private double Queued(BoxOnDisk box, int count, int together, CancellationToken stop)
    {
        var warm = count / 4;
        for (var i = 0; i < warm; i += together) box.Hit(together);
        var (since, stored) = (time.GetTimestamp(), 0);
        while (stored < count - warm)
        {
            stop.ThrowIfCancellationRequested();
            box.Hit(together);
            stored += together;
            progress.Report(new FleetProgress("hits stored", stored, count - warm, 0));
        }
        return stored / time.GetElapsedTime(since).TotalSeconds;
    }

    /// <summary>How often a second the disk takes as many bytes as a message has, and says that they are safe.</summary>
    private double Fsyncs(int bytes)
    {
        const int writes = 200;
        var path = Path.Combine(folder, "fsync");
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        var block = RandomNumberGenerator.GetBytes(bytes);
        var since = time.GetTimestamp();
        for (var i = 0; i < writes; i++)
        {
            file.Position = 0;
            file.Write(block);
            DurableFile.Sync(file);
        }
        return writes / time.GetElapsedTime(since).TotalSeconds;
    }

    private async Task UntilAsync(Func<bool> condition, CancellationToken stop)
    {
        var since = time.GetTimestamp();
        while (!condition())
        {
            if (time.GetElapsedTime(since) > Patience) throw new BrokerException(BrokerFailure.Lost, "what the box sent did not arrive within a minute");
            await Task.Delay(Look, time, stop);
        }
    }

    /// <summary>A message taken apart as far as cryptography needs it.</summary>
    private sealed class Parts
    {
        private readonly byte[] _signed, _signature;
        private readonly VerifyingKey _key;
        private readonly SealedHit _hit;

        public Parts(byte[] message, VerifyingKey key)
        {
            var dot = message.AsSpan().LastIndexOf((byte)'.');
            (_key, _signed) = (key, message[..dot]);
            _signature = System.Buffers.Text.Base64Url.DecodeFromUtf8(message.AsSpan(dot + 1));
            _hit = Jws.TryVerify(message, key, out var payload) && CloudEvent.TryParse(payload, out var said, out _) && SealedHit.TryParse(said.Data.Span,
                out var hit, out _)
                ? hit : throw new CryptographicException("a hit of the bench does not verify");
        }

        public bool Holds(RecipientKey recipient)
        {
            if (!_key.Verify(_signed, _signature) || !_hit.TryOpen(recipient, out var body)) return false;
            CryptographicOperations.ZeroMemory(body);
            return true;
        }
    }
}

/// <summary>What the bench of the hub link measured; rates per second, lists of them round by round.</summary>
/// <param name="Verify">Hits verified and opened on one core as <c>hub watch</c> does it.</param>
/// <param name="Raw">The same hits on one core, Ed25519 and HPKE alone.</param>
/// <param name="Commits">Hits that one box stores: database, log, mark.</param>
/// <param name="Bursts">The same, 32 that wait stored in one step.</param>
/// <param name="Publishes">Hits that one box sends from a queue, each acknowledged by the broker and durably gone from the outbox before the next.</param>
/// <param name="Fsyncs">Writes of a message's size with an fsync on the same disk.</param>
/// <param name="Latency">From committed to the hub's line, 20 hits a second.</param>
/// <param name="Counts">What became of the hits for the latency.</param>
/// <param name="MessageBytes">Size of a hit as published.</param>
/// <param name="FileSystem">Of the folder.</param>
internal sealed record HubBenchResult(IReadOnlyList<double> Verify, IReadOnlyList<double> Raw, double Commits, IReadOnlyList<double> Bursts, double Publishes,
    double Fsyncs, Latency Latency, FleetCounts Counts,
    int MessageBytes, string FileSystem);
