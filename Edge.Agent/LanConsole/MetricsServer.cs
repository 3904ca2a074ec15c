using System.Net;
using System.Net.Sockets;
using System.Text;
using Edge.Agent.Device;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Edge.Agent.LanConsole;

/// <summary><c>/metrics</c> and <c>/healthz</c>, for programs on this machine alone: plain HTTP on the loopback address, whatever the configuration says.</summary>
internal sealed class MetricsServer(int port, Func<BoxHealth> look, string version, TimeProvider time, ILogger log)
{
    private static readonly TimeSpan AgainAfter = TimeSpan.FromSeconds(30);

    /// <summary>Its port; null until it listens.</summary>
    public int? Listening { get; private set; }

    /// <summary>Serves until told to stop; what hinders it is said and tried again.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await ServeAsync(stop);
            }
            catch (Exception taken) when (taken is IOException or SocketException)
            {
                log.LogError("metrics cannot listen on 127.0.0.1:{Port}: {Reason}; it tries again", port, taken.Message);
            }
            if (!stop.IsCancellationRequested) await Task.Delay(AgainAfter, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task ServeAsync(CancellationToken stop)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton<IHostLifetime, ConsoleServer.LifetimeOfTheBox>();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = 8;
            kestrel.Limits.MaxRequestBodySize = 0;
            kestrel.Listen(IPAddress.Loopback, port, listen => listen.Protocols = HttpProtocols.Http1);
        });
        await using var app = builder.Build();
        app.Run(AnswerAsync);
        await app.StartAsync(stop);
        Listening = new Uri(app.Urls.First()).Port;
        await Task.Delay(Timeout.InfiniteTimeSpan, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Listening = null;
        using var atOnce = new CancellationTokenSource();
        await atOnce.CancelAsync();
        await app.StopAsync(atOnce.Token);
    }

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
