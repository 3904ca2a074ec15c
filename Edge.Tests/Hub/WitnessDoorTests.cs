using System.Net;
using System.Net.Sockets;
using System.Text;
using Edge.Agent.Governance;
using Edge.Agent.Hub;
using Edge.Agent.Publishing;
using Edge.Storage.Audit;
using Edge.Storage.Keys;
using Edge.Storage.Witnessing;
using Edge.Tests.Audit;
using Edge.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace Edge.Tests.Hub;

/// <summary>C2SP tlog-witness over real HTTP: the statuses, types and bodies that it publishes, from both sides.</summary>
public sealed class WitnessDoorTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _time = new(SampleBox.Now);
    private readonly LogLab _lab = new();
    private readonly HttpClient _http = new();
    private readonly List<AskedOverHttp> _shown = [];
    private LogWitness _witness = null!;
    private WitnessDoor _door = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private NoteKey LogKey => new(LogLab.Origin, _lab.Key.Public);

    public async ValueTask InitializeAsync()
    {
        _witness = LogWitness.Open(_folder.File("witness"), "ombudsman", _time, new UnsyncedSteps());
        _door = await WitnessDoor.OpenAsync(new IPEndPoint(IPAddress.Loopback, 0), _witness, origin => origin == LogLab.Origin ? LogKey : null,
            asked =>
            {
                lock (_shown) _shown.Add(asked);
            }, Cancel, _time);
    }

    public async ValueTask DisposeAsync()
    {
        await _door.DisposeAsync();
        _witness.Dispose();
        _http.Dispose();
        _lab.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Whoever_asks_without_end_is_told_to_wait_before_anything_is_signed_or_written()
    {
        var none = "old"u8.ToArray();
        for (var i = 0; i < WitnessDoor.MostFromOne; i++) Assert.Equal(400, (await PostAsync(none)).Status);
        Assert.Equal(429, (await PostAsync(none)).Status);
        Assert.Equal(WitnessDoor.MostFromOne, _shown.Count);
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(400, (await PostAsync(none)).Status);
    }

    private HttpWitness Client => new(_http, new Uri(_door.Address));

    private AuditLog OpenLog(string name = "log") => AuditLog.Open(_folder.File(name), LogLab.Origin, _lab.Key, _time, new UnsyncedSteps());

    private static WitnessRequest Request(AuditLog log, long old) => WitnessRequest.Of(log.LatestNote, old, old == 0 ? [] : log.ProveConsistency(old))!;

    private async Task<(int Status, string? Type, string Body)> PostAsync(byte[] body, string path = "/add-checkpoint")
    {
        using var content = new ByteArrayContent(body);
        using var answer = await _http.PostAsync(new Uri(_door.Address + path), content, Cancel);
        return ((int)answer.StatusCode, answer.Content.Headers.ContentType?.ToString(), await answer.Content.ReadAsStringAsync(Cancel));
    }

    [Fact]
    public async Task A_consistent_checkpoint_is_answered_with_the_cosignature_s_line_and_is_on_the_disk_first()
    {
        using var log = OpenLog();
        log.AppendMany(LogLab.Entries(3));
        var (status, _, body) = await PostAsync(Request(log, 0).ToBytes());
        Assert.Equal(200, status);
        Assert.StartsWith("— ombudsman ", body, StringComparison.Ordinal);
        Assert.True(SignedNote.TryParse(Encoding.UTF8.GetBytes(log.LatestNote + body), out var note));
        Assert.True(Cosignature.TryVerify(note!, _witness.Key, out var time));
        Assert.Equal(SampleBox.Now.ToUnixTimeSeconds(), time.ToUnixTimeSeconds());
        Assert.Equal(3, _witness.KnownOf(LogKey)!.Size);
        Assert.Single(Directory.GetFiles(_folder.File("witness/logs")));
        Assert.Single(Directory.GetFiles(_folder.File("witness/cosigned")));
    }

    [Fact]
    public async Task Another_size_than_the_last_is_409_with_that_size_as_x_tlog_size()
    {
        using var log = OpenLog();
        Assert.Equal((409, WitnessResponse.SizeType, "0\n"), await PostAsync(("old 2\n" + Tail(log, 3, 2)).Bytes()));
        await PostAsync(Request(log, 0).ToBytes());
        log.AppendMany(LogLab.Entries(2));
        Assert.Equal((409, WitnessResponse.SizeType, "3\n"), await PostAsync(Request(log, 0).ToBytes()));
        Assert.Equal(200, (await PostAsync(Request(log, 3).ToBytes())).Status);
    }

    [Fact]
    public async Task A_bad_proof_is_422_an_unknown_log_404_another_key_403_nonsense_400_and_an_old_size_beyond_the_checkpoint_400()
    {
        using var log = OpenLog();
        log.AppendMany(LogLab.Entries(3));
        await PostAsync(Request(log, 0).ToBytes());
        log.AppendMany(LogLab.Entries(3));
        var request = Request(log, 3);
        Assert.Equal(422, (await PostAsync((request with { Proof = [.. request.Proof.Reverse()] }).ToBytes())).Status);
        Assert.Equal(422, (await PostAsync((request with { Proof = [] }).ToBytes())).Status);
        Assert.NotEmpty(Directory.GetFiles(_folder.File("witness/evidence"), "*", SearchOption.AllDirectories));

        using var thief = SigningKey.Create();
        var stranger = SignedNote.Sign($"another/log\n1\n{Merkle.Leaf([1])}\n", "another/log", thief);
        Assert.Equal(404, (await PostAsync(WitnessRequest.Of(stranger, 0, [])!.ToBytes())).Status);
        var forged = SignedNote.Sign(log.LatestNote.Text, LogLab.Origin, thief);
        Assert.Equal(403, (await PostAsync(WitnessRequest.Of(forged, 3, request.Proof)!.ToBytes())).Status);
        Assert.Equal(400, (await PostAsync("nonsense"u8.ToArray())).Status);
        Assert.Equal(400, (await PostAsync([])).Status);
        Assert.Equal(400, (await PostAsync((request with { Old = 7 }).ToBytes())).Status);
        Assert.Equal(3, _witness.KnownOf(LogKey)!.Size); // none of it moved it
        Assert.All(_shown.Where(asked => asked.Status is 404 or 400), asked => Assert.True(asked.Log is null or LogLab.Origin));
    }

    [Fact]
    public async Task Two_histories_of_one_size_are_409_and_kept_as_evidence()
    {
        using var log = OpenLog();
        log.AppendMany(LogLab.Entries(3));
        await PostAsync(Request(log, 0).ToBytes());
        using var fork = OpenLog("fork");
        fork.AppendMany([.. LogLab.Entries(3).AsEnumerable().Reverse()]);
        var (status, type, body) = await PostAsync((Request(fork, 0) with { Old = 3 }).ToBytes());
        Assert.Equal((409, WitnessResponse.SizeType, "3\n"), (status, type, body));
        Assert.Contains(_shown, asked => asked is { Verdict: WitnessVerdict.Forked, Evidence: not null });
    }

    [Fact]
    public async Task Only_add_checkpoint_by_post_is_there()
    {
        Assert.Equal(404, (await PostAsync([], "/")).Status);
        Assert.Equal(404, (await PostAsync([], "/add-checkpoint/")).Status);
        using var got = await _http.GetAsync(new Uri(_door.Address + "/add-checkpoint"), Cancel);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, got.StatusCode);
        Assert.Equal(["POST"], got.Content.Headers.Allow);
        Assert.Empty(_shown);
    }

    [Fact]
    public async Task What_is_too_large_is_413_with_and_without_a_length_and_the_witness_goes_on()
    {
        Assert.Equal(413, (await PostAsync(new byte[WitnessRequest.MaxBytes + 1])).Status);
        using var endless = new StreamContent(new MemoryStream(new byte[WitnessRequest.MaxBytes * 2]));
        using var message = new HttpRequestMessage(HttpMethod.Post, new Uri(_door.Address + "/add-checkpoint")) { Content = endless };
        message.Headers.TransferEncodingChunked = true;
        using var answer = await _http.SendAsync(message, Cancel);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
        using var log = OpenLog();
        log.AppendMany(LogLab.Entries(1));
        Assert.Equal(200, (await PostAsync(Request(log, 0).ToBytes())).Status);
    }

    [Fact]
    public async Task Many_at_once_about_one_log_never_set_the_witness_back()
    {
        using var log = OpenLog();
        var requests = new List<WitnessRequest>();
        for (var i = 1; i <= 20; i++)
        {
            log.AppendMany(LogLab.Entries(1));
            requests.Add(WitnessRequest.Of(log.LatestNote, i - 1, i == 1 ? [] : log.ProveConsistency(i - 1))!);
        }
        var sizes = new List<long>();
        for (var round = 0; round < 25; round++)
        {
            await Task.WhenAll(requests.Select(request => PostAsync(request.ToBytes())));
            sizes.Add(_witness.KnownOf(LogKey)!.Size);
        }
        Assert.Equal(sizes.Order(), sizes);
        Assert.Equal(20, sizes[^1]);
    }

    [Fact]
    public async Task A_log_s_owner_who_does_not_know_what_the_witness_knows_learns_it_and_asks_again()
    {
        using var log = OpenLog();
        log.AppendMany(LogLab.Entries(3));
        var (first, refusal) = await Client.AskAsync(old => Request(log, old), Cancel);
        Assert.Null(refusal);
        Assert.Equal(CosignatureTaken.Kept, log.TakeCosigned(first!, _witness.Key));
        log.AppendMany(LogLab.Entries(5));
        var (second, _) = await Client.AskAsync(old => Request(log, old), Cancel);
        Assert.Equal(CosignatureTaken.Kept, log.TakeCosigned(second!, _witness.Key));
        Assert.Equal(8, log.LastCosigned(_witness.Key)!.Checkpoint.Size);
    }

    [Fact]
    public async Task A_witness_that_is_away_refuses_or_answers_anything_else_is_said_with_its_address()
    {
        using var log = OpenLog();
        log.AppendMany(LogLab.Entries(3));
        await Client.AskAsync(old => Request(log, old), Cancel);
        using var fork = OpenLog("fork");
        fork.AppendMany([.. LogLab.Entries(4).AsEnumerable().Reverse()]);
        var (none, why) = await Client.AskAsync(old => Request(fork, old), Cancel);
        Assert.Null(none);
        Assert.Contains("rewritten or set back", why, StringComparison.Ordinal);
        using var small = OpenLog("small");
        small.AppendMany(LogLab.Entries(1));
        Assert.Contains("3 entries", (await Client.AskAsync(old => old > 1 ? null : Request(small, old), Cancel)).Refusal, StringComparison.Ordinal);

        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var closed = listener.LocalEndpoint;
        listener.Stop();
        Assert.Contains("cannot be reached", (await new HttpWitness(_http, new Uri($"http://{closed}/w")).AskAsync(old => Request(log, old), Cancel)).Refusal,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_relay_asks_on_a_box_s_behalf_and_an_answer_that_was_lost_is_asked_for_again()
    {
        using var log = OpenLog();
        var relay = new WitnessRelay(Client, _folder.File("relayed"));
        CheckpointOffer Offer() => new(log.LatestNote, log.LastCosigned(_witness.Key) is { Checkpoint.Size: var size } && size < log.Latest.Size
            ? [new OfferedProof(size, log.ProveConsistency(size))] : []);
        log.AppendMany(LogLab.Entries(3));
        await relay.AskAsync(Offer(), LogKey, Cancel); // and the box never hears of it
        log.AppendMany(LogLab.Entries(4));
        relay = new WitnessRelay(Client, _folder.File("relayed"));
        var (again, refusal) = await relay.AskAsync(Offer(), LogKey, Cancel);
        Assert.Null(refusal);
        Assert.Equal(CosignatureTaken.Kept, log.TakeCosigned(again!, _witness.Key));
        Assert.Equal(3, log.LastCosigned(_witness.Key)!.Checkpoint.Size);
        var (newest, _) = await relay.AskAsync(Offer(), LogKey, Cancel);
        Assert.Equal(CosignatureTaken.Kept, log.TakeCosigned(newest!, _witness.Key));
        Assert.Equal(7, log.LastCosigned(_witness.Key)!.Checkpoint.Size);

        using var thief = SigningKey.Create();
        var forged = new CheckpointOffer(SignedNote.Sign(log.LatestNote.Text, LogLab.Origin, thief), []);
        Assert.Contains("not signed", (await relay.AskAsync(forged, LogKey, Cancel)).Refusal, StringComparison.Ordinal);
    }

    private static string Tail(AuditLog log, int entries, long old)
    {
        log.AppendMany(LogLab.Entries(entries));
        var text = Encoding.UTF8.GetString(Request(log, old).ToBytes());
        return text[(text.IndexOf('\n', StringComparison.Ordinal) + 1)..];
    }
}

file static class Text
{
    public static byte[] Bytes(this string text) => Encoding.UTF8.GetBytes(text);
}
