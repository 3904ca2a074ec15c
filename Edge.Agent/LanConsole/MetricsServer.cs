using System.Net;
using System.Text;
using Edge.Agent.Device;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Edge.Agent.LanConsole;

/// <summary><c>/metrics</c> and <c>/healthz</c>, for programs on this machine alone: plain HTTP on the loopback address, whatever the configuration
/// says.</summary>
internal sealed class MetricsServer(int port, Func<BoxHealth> look, string version, TimeProvider time, ILogger log)
{
    /// <summary>Its port; null until it listens.</summary>
    public int? Listening { get; private set; }

    /// <summary>Serves until told to stop; what hinders it is said and tried again.</summary>
    public Task RunAsync(CancellationToken stop) => BareServer.RunAsync(Build, ServeAsync, taken =>
        log.LogError("metrics cannot listen on 127.0.0.1:{Port}: {Reason}; it tries again", port, taken), time, stop);

    private async Task ServeAsync(IPEndPoint listening, CancellationToken stop)
    {
        Listening = listening.Port;
        await Task.Delay(Timeout.InfiniteTimeSpan, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Listening = null;
    }

    private WebApplication Build() => BareServer.Build(AnswerAsync, kestrel =>
    {
        kestrel.Limits.MaxConcurrentConnections = 8;
        kestrel.Limits.MaxRequestBodySize = 0;
        kestrel.Listen(IPAddress.Loopback, port, listen => listen.Protocols = HttpProtocols.Http1);
    });

    private async Task AnswerAsync(HttpContext http)
    {
        http.Response.Headers.CacheControl = "no-store";
        // By name it may be anybody's page that a browser on this machine was lured to.
        var isLocal = http.Request.Host.Host is "127.0.0.1" or "localhost";
        if (!isLocal || !HttpMethods.IsGet(http.Request.Method) || http.Request.Path.Value is not ("/metrics" or "/healthz"))
        {
            http.Response.StatusCode = isLocal ? 404 : 403;
            return;
        }
        var health = look();
        var text = http.Request.Path.Value == "/metrics" ? MetricsText.Write(health, version)
            : health.Stuck.Count == 0 ? "ok\n" : $"stuck: {string.Join("; ", health.Stuck)}\n";
        http.Response.StatusCode = http.Request.Path.Value == "/healthz" && health.Stuck.Count > 0 ? 503 : 200;
        http.Response.ContentType = MetricsText.ContentType;
        await http.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(text), http.RequestAborted);
    }
}
