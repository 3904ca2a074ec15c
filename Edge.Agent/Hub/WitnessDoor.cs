using System.Net;
using Edge.Agent.LanConsole;
using Edge.Storage.Audit;
using Edge.Storage.Witnessing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using BadHttpRequestException = Microsoft.AspNetCore.Http.BadHttpRequestException;

namespace Edge.Agent.Hub;

/// <summary>What a witness made of one request over HTTP.</summary>
/// <param name="Status">What was answered.</param>
/// <param name="Log">The log's origin, if it is one that the witness knows; else null: what a stranger sends is not repeated.</param>
/// <param name="Verdict">Of a known log.</param>
/// <param name="Offered">What the request says that the log is.</param>
/// <param name="Known">What was last cosigned of it.</param>
/// <param name="Evidence">The file that keeps both sides of a contradiction.</param>
public sealed record AskedOverHttp(int Status, string? Log, WitnessVerdict Verdict, Checkpoint? Offered, Checkpoint? Known, string? Evidence);

/// <summary>A witness over HTTP, as C2SP tlog-witness says: <c>POST /add-checkpoint</c>, and nothing else. There is no authentication but the log's own
/// signature. What goes over the wire is public and signed; where it must not be blocked or watched, a reverse proxy with TLS stands in front.</summary>
public sealed class WitnessDoor : IAsyncDisposable
{
    /// <summary>Requests a minute from one address: each that is in order costs a signature, a line and a write to the disk, and whoever has seen a checkpoint
    /// can ask for it again and again.</summary>
    public const int MostFromOne = 600;

    private const int MostFromAll = 4 * MostFromOne;
    private const int MostConnections = 128;
    private static readonly TimeSpan HeadersWithin = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan KeptAlive = TimeSpan.FromMinutes(1);

    private readonly WebApplication _app;

    private WitnessDoor(WebApplication app) => _app = app;

    /// <summary>Where it listens, the port that was given or, for 0, one that was free.</summary>
    public string Address => _app.Urls.First();

    /// <summary>Opens it.</summary>
    /// <param name="listen">Where: an address of this machine, and a port.</param>
    /// <param name="witness">Borrowed.</param>
    /// <param name="log">Finds a log's key by its origin.</param>
    /// <param name="show">Told of each request, by many threads.</param>
    /// <param name="time">The machine's, unless a test has its own.</param>
    /// <exception cref="IOException">The port is taken.</exception>
    public static async Task<WitnessDoor> OpenAsync(IPEndPoint listen, LogWitness witness, Func<string, NoteKey?> log, Action<AskedOverHttp> show,
        CancellationToken cancel, TimeProvider? time = null)
    {
        var (fromOne, fromAll) = (new RequestBudget(MostFromOne, time ?? TimeProvider.System), new RequestBudget(MostFromAll, time ?? TimeProvider.System));
        var app = BareServer.Build(context =>
        {
            if (fromOne.TrySpend(context.Connection.RemoteIpAddress?.ToString() ?? "") && fromAll.TrySpend("")) return AnswerAsync(context, witness, log, show);
            context.Response.Headers.RetryAfter = "60";
            context.Response.StatusCode = StatusCodes.Status429TooManyRequests;
            return Task.CompletedTask;
        }, kestrel =>
        {
            kestrel.Limits.MaxConcurrentConnections = MostConnections;
            kestrel.Limits.MaxRequestBodySize = WitnessRequest.MaxBytes;
            kestrel.Limits.MaxRequestHeadersTotalSize = 8 * 1024;
            kestrel.Limits.MaxRequestHeaderCount = 32;
            kestrel.Limits.MaxRequestLineSize = 1024;
            kestrel.Limits.RequestHeadersTimeout = HeadersWithin;
            kestrel.Limits.KeepAliveTimeout = KeptAlive;
            kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(bytesPerSecond: 1024, gracePeriod: TimeSpan.FromSeconds(5));
            kestrel.Listen(listen, options => options.Protocols = HttpProtocols.Http1);
        });
        try
        {
            await app.StartAsync(cancel);
            return new WitnessDoor(app);
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private static async Task AnswerAsync(HttpContext context, LogWitness witness, Func<string, NoteKey?> log, Action<AskedOverHttp> show)
    {
        var (request, response) = (context.Request, context.Response);
        if (request.Path != "/add-checkpoint")
        {
            response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }
        if (!HttpMethods.IsPost(request.Method))
        {
            response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            response.Headers.Allow = HttpMethods.Post;
            return;
        }
        var asked = new AskedOverHttp(0, null, default, null, null, null);
        WitnessResponse answer;
        try
        {
            var body = new byte[WitnessRequest.MaxBytes + 1];
            var length = await request.Body.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, context.RequestAborted);
            answer = WitnessResponse.To(body.AsSpan(0, length), log, witness, (said, key, witnessed) => asked = Told(said, key, witnessed, witness));
        }
        catch (BadHttpRequestException refused)
        {
            answer = new WitnessResponse(refused.StatusCode, null, default); // 413: larger than it may be
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException or AgencyException)
        {
            answer = new WitnessResponse(StatusCodes.Status500InternalServerError, null, default); // nothing was signed
        }
        response.StatusCode = answer.Status;
        if (answer.ContentType is { } type) response.ContentType = type;
        response.ContentLength = answer.Body.Length;
        show(asked with { Status = answer.Status });
        if (!answer.Body.IsEmpty) await response.Body.WriteAsync(answer.Body, context.RequestAborted);
    }

    private static AskedOverHttp Told(WitnessRequest said, NoteKey log, Witnessed witnessed, LogWitness witness)
    {
        var (verdict, known, cosignature) = witnessed;
        if (cosignature is not null) witness.Show(log, said.Note.Of(log).With(cosignature));
        // Signed by the log, or it would be anybody's word.
        var evidence = verdict is WitnessVerdict.Forked or WitnessVerdict.Inconsistent ? witness.KeepEvidence(said, log, verdict) : null;
        return new AskedOverHttp(0, log.Name, verdict, said.Checkpoint, known, evidence);
    }
}
