using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Edge.Storage.Audit.Bundles;
using Edge.Tests.Support;
using Edge.Vision;
using Edge.Vision.Aiming;
using Edge.Vision.Capture;
using Edge.Vision.Tracking;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.LanConsole;

/// <summary>A real Chromium at the real console: each page used and looked at, at desktop and phone width. Runs where <c>EDGE_CONSOLE_JS</c> names a folder
/// with
/// <c>browser/package-lock.json</c> installed, which <c>build.sh test</c> makes where node and npm are, and where Debian's chromium is. With
/// <c>EDGE_CONSOLE_PICTURES</c> the pictures stay in that folder.</summary>
public sealed class ChromiumTests
{
    // Every page that a person reads, and under which names console-look.cjs looks at it.
    private static readonly Dictionary<string, string[]> Looks = new()
    {
        ["/login"] = ["login", "login-wrong"], ["/policy"] = ["policy"], ["/aim"] = ["aim", "not-this-role"], ["/aim/{camera}"] = ["aim-closed", "aim-open"],
        ["/log"] = ["log", "log-checks"], ["/log/search"] = ["log-search"], ["/log/report"] = ["report"],
    };

    private static readonly string[] NoPages = ["/", "/console.css", "/console.js", "/aim/{camera}/look", "/aim/{camera}/picture"];

    [Fact]
    public async Task Every_page_of_the_running_console_is_looked_at()
    {
        await using var lab = await ConsoleLab.StartAsync();
        Assert.Equal(lab.Routes.Where(route => route.Method == "GET").Select(route => route.Path).Except(NoPages).Order(), Looks.Keys.Order());
        var script = await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "LanConsole/browser/console-look.cjs"),
            TestContext.Current.CancellationToken);
        Assert.All(Looks.Values.SelectMany(names => names), name => Assert.Contains($"await look(page, \"{name}\");", script, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Every_page_works_in_a_browser_for_keyboard_screen_reader_and_phone()
    {
        var home = Environment.GetEnvironmentVariable("EDGE_CONSOLE_JS");
        Assert.SkipWhen(home is null, "needs playwright-core and axe-core: build.sh test installs them");
        Assert.SkipUnless(File.Exists("/usr/bin/chromium"), "needs Debian's chromium");
        await using var lab = await ConsoleLab.StartAsync(clock: TimeProvider.System);
        lab.Cameras.Film = await FilmAsync();
        using var folder = new TemporaryFolder();
        var pictures = Environment.GetEnvironmentVariable("EDGE_CONSOLE_PICTURES") ?? folder.File("pictures");

        var lines = await RunAsync(home!, lab, pictures);

        Assert.Equal("[]", lines[^1].GetProperty("errors").GetRawText()); // nothing that the page's own security policy had to stop
        var pages = lines[..^1];
        Assert.Equal(Looks.Values.SelectMany(names => names).SelectMany(name => new[] { $"{name} desktop", $"{name} phone" }).Order(),
            pages.Select(page => $"{page.GetProperty("page").GetString()} {page.GetProperty("width").GetString()}").Order());
        foreach (var page in pages)
        {
            var what = $"{page.GetProperty("page").GetString()} at {page.GetProperty("width").GetString()} width";
            Assert.Equal((what, "[]"), (what, page.GetProperty("violations").GetRawText()));
            Assert.False(page.GetProperty("overflow").GetBoolean(), $"{what} is wider than the screen");
        }
        using var copy = Bundle.Open(Path.Combine(pictures, "public.tar"));
        Assert.True(copy.Verify(lab.LogKey, null, [], out _, lab.LogEpochKey).Holds);
    }

    // What a real pipeline shows of the clip.
    private static async Task<IReadOnlyList<AimView>> FilmAsync()
    {
        using var pipeline = PlatePipeline.Open(Repository.Models, new PipelineOptions { Gate = ReadGate.Closed });
        await using var source = CameraSources.Open(new CameraOptions("north-lane", Path.Combine(AppContext.BaseDirectory, "clip", "street.mp4")),
            TimeProvider.System, NullLogger.Instance);
        var film = new List<AimView>();
        using var over = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var looking = Task.Run(async () =>
        {
            await foreach (var view in pipeline.Aim.WatchAsync(over.Token)) film.Add(view);
        });
        await Eventually.True(() => pipeline.Aim.IsOpen, "somebody looks");
        await foreach (var passage in pipeline.ReadAsync(source, over.Token)) passage.Dispose();
        await over.CancelAsync();
        await looking.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return film;
    }

    private static async Task<List<JsonElement>> RunAsync(string home, ConsoleLab lab, string pictures)
    {
        var cancel = TestContext.Current.CancellationToken;
        var start = new ProcessStartInfo("node") { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in new[]
        {
            Path.Combine(AppContext.BaseDirectory, "LanConsole/browser/console-look.cjs"), home, "/usr/bin/chromium", $"https://localhost:{lab.Port}/",
            ConsoleLab.Passphrase, pictures,
        }) start.ArgumentList.Add(argument);
        using var node = Process.Start(start)!;
        try
        {
            await node.StandardInput.WriteAsync(JsonSerializer.Serialize(new Dictionary<string, object>
            {
                ["tech-7"] = new { pfx = lab.File("tech-7.p12"), secret = lab.SecretOf("tech-7") },
                ["audit-1"] = new { pfx = lab.File("audit-1.p12"), secret = lab.SecretOf("audit-1") },
            }).AsMemory(), cancel);
            node.StandardInput.Close();
            var complaints = node.StandardError.ReadToEndAsync(cancel);
            var said = await node.StandardOutput.ReadToEndAsync(cancel);
            await node.WaitForExitAsync(cancel);
            Assert.True(node.ExitCode == 0, said + await complaints);
            return [.. said.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(Encoding.UTF8.GetBytes(line)).RootElement)];
        }
        finally
        {
            if (!node.HasExited) node.Kill(entireProcessTree: true);
        }
    }
}
