using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Edge.Agent.LanConsole;

/// <summary>What every server of this program is made of: Kestrel and one answer, no settings from files or the environment, so that nothing can widen what is
/// configured, and no word about itself.</summary>
internal static class BareServer
{
    private static readonly TimeSpan AgainAfter = TimeSpan.FromSeconds(30);

    /// <param name="limits">Where it listens, and everything that bounds it.</param>
    public static WebApplication Build(RequestDelegate answer, Action<KestrelServerOptions> limits)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton<IHostLifetime, LifetimeOfTheProgram>();
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            limits(kestrel);
        });
        var app = builder.Build();
        app.Run(answer);
        return app;
    }

    /// <summary>Serves until told to stop, and stops at once then; what hinders it is said and tried again.</summary>
    /// <param name="serve">Goes on while it listens.</param>
    public static async Task RunAsync(Func<WebApplication> build, Func<IPEndPoint, CancellationToken, Task> serve, Action<string> hindered, TimeProvider time,
        CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await using var app = build();
                await app.StartAsync(stop);
                try
                {
                    await serve(EndpointOf(app), stop);
                }
                catch (OperationCanceledException) when (stop.IsCancellationRequested)
                {
                    // Told to stop.
                }
                using var atOnce = new CancellationTokenSource();
                await atOnce.CancelAsync();
                await app.StopAsync(atOnce.Token);
            }
            catch (Exception taken) when (taken is IOException or SocketException)
            {
                hindered(taken.Message);
            }
            if (!stop.IsCancellationRequested) await Task.Delay(AgainAfter, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static IPEndPoint EndpointOf(WebApplication app)
    {
        var address = new Uri(app.Urls.First());
        return new IPEndPoint(IPAddress.Parse(address.Host.Trim('[', ']')), address.Port);
    }

    /// <summary>Signals are the program's to hear.</summary>
    private sealed class LifetimeOfTheProgram : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
