using System.Globalization;
using System.Text;
using System.Text.Json;
using Edge.Agent.Configuration;
using Edge.Agent.Device;
using Edge.Vision.Aiming;
using Edge.Vision.Capture;
using static Edge.Agent.LanConsole.Html;

namespace Edge.Agent.LanConsole;

/// <summary>The pages for aiming a camera.</summary>
internal static class AimPage
{
    /// <summary>Every camera, and how it is.</summary>
    public static string Cameras(IReadOnlyList<CameraLook> cameras, DateTimeOffset now)
    {
        var rows = new StringBuilder();
        foreach (var camera in cameras)
            rows.Append($"""
                <tr><th scope="row"><a href="/aim/{camera.Name}">{Text(camera.Name)}</a></th>
                <td data-label="State">{State(camera.Health)}</td>
                <td data-label="Since">{Span(now - camera.Health.Since)}</td>
                <td data-label="Frames">{Number(camera.Health.Frames)}</td>
                <td data-label="Reconnects">{Number(camera.Health.Reconnects)}</td></tr>

                """);
        return $"""
            <section>
            <p>Choose a camera to aim it. You see its picture with every plate painted over, and whether plates stand in it as the reader needs them.</p>
            <table><caption>Cameras</caption>
            <thead><tr><th scope="col">Camera</th><th scope="col">State</th><th scope="col">Since</th><th scope="col">Frames</th><th scope="col">Reconnects</th></tr></thead>
            <tbody>{rows}</tbody></table>
            </section>
            """;
    }

    /// <summary>Before somebody looks, and after.</summary>
    public static string Closed(CameraConfiguration camera, CameraHealth health, Session session, string? said = null) =>
        $"""
        {Back}
        <section>
        {(said is null ? "" : $"<p class=\"alert\" role=\"status\">{Text(said)}</p>")}
        <p>Camera state: {State(health)}{(health.LastError is null ? "" : $" – {Text(health.LastError)}")}</p>
        <form method="post" action="/aim/{camera.Name}">{ConsolePage.Form(session)}<button>Look through {Text(camera.Name)} for 5 minutes</button></form>
        <p class="soft">The log keeps that you looked, and when. The picture is small, plates are painted over, and nothing of it is kept.</p>
        </section>
        """;

    /// <summary>While somebody looks.</summary>
    public static string Open(CameraConfiguration camera, Viewing viewing, Session session, DateTimeOffset now)
    {
        var shown = viewing.Latest;
        var checks = shown is null ? [] : AimLimits.Judge(shown.View.Figures);
        var rows = new StringBuilder();
        foreach (var quality in Enum.GetValues<AimQuality>())
        {
            var check = checks.FirstOrDefault(one => one.Quality == quality) ?? new AimCheck(quality, null, null);
            rows.Append($"""
                <tr data-quality="{Name(quality)}" class="{Verdict(check)}"><th scope="row">{Text(Title(quality))}</th>
                <td data-label="Now" class="value">{Text(Value(check))}</td>
                <td data-label="Wanted">{Text(Wanted(quality))}</td>
                <td data-label="Verdict" class="verdict">{Text(Words(check))}</td></tr>

                """);
        }
        return $"""
            {Back}
            <div class="aim" id="aim" data-camera="{camera.Name}">
            <figure>
            <img id="picture" src="/aim/{camera.Name}/picture?n={shown?.Number ?? 0}" alt="Live picture of {Text(camera.Name)}, every plate painted over" width="480" height="270">
            <figcaption><span id="summary">{Text(Summary(shown?.View))}</span></figcaption>
            </figure>
            <section>
            <p id="overall" class="overall {Overall(checks)}" role="status">{Text(OverallWords(checks))}</p>
            <table><caption>The last minute’s plates where they were nearest</caption>
            <thead><tr><th scope="col">What</th><th scope="col">Now</th><th scope="col">Wanted</th><th scope="col">Verdict</th></tr></thead>
            <tbody>{rows}</tbody></table>
            <p class="soft">Ends in <span id="left">{Span(viewing.Until - now)}</span>. Numbers need vehicles that pass: drive through the picture, or wait for five.</p>
            <form method="post" action="/aim/{camera.Name}/stop">{ConsolePage.Form(session)}<button class="second">Stop looking</button></form>
            </section>
            </div>
            """;
    }

    /// <summary>For the head of <see cref="Open"/>: with a script the numbers change in place, without one the page comes anew.</summary>
    public const string Head = "<script src=\"/console.js\" defer></script><noscript><meta http-equiv=\"refresh\" content=\"2\"></noscript>";

    /// <summary>What the script asks for.</summary>
    public static byte[] Json(Viewing viewing, DateTimeOffset now)
    {
        var shown = viewing.Latest;
        var checks = shown is null ? [] : AimLimits.Judge(shown.View.Figures);
        return JsonSerializer.SerializeToUtf8Bytes(new
        {
            n = shown?.Number ?? 0, left = Span(viewing.Until - now), summary = Summary(shown?.View), overall = Overall(checks),
            overallWords = OverallWords(checks),
            checks = checks.Select(check => new { quality = Name(check.Quality), value = Value(check), words = Words(check), verdict = Verdict(check) }),
        });
    }

    internal static string Wanted(AimQuality quality) => quality switch
    {
        AimQuality.PlateHeight => $"{Number(AimLimits.LeastPlateHeight)} px or more",
        AimQuality.Blur => $"{Number(AimLimits.MostBlur * 100)} % or less",
        AimQuality.Exposure => $"{Number(AimLimits.LeastBrightness)} or more, and at most {Number(AimLimits.MostBlown * 100)} % pure white",
        AimQuality.Contrast => $"{Number(AimLimits.LeastContrast)} or more",
        AimQuality.Roll => $"{Number(AimLimits.MostRoll)}° or less",
        AimQuality.Yaw => $"{Number(AimLimits.MostYaw)}° or less",
        AimQuality.Reads => $"{Number(AimLimits.LeastReads * 100)} % or more",
        _ => throw new ArgumentOutOfRangeException(nameof(quality)),
    };

    private const string Back = "<p class=\"back\"><a href=\"/aim\">All cameras</a></p>";

    private static string Title(AimQuality quality) => quality switch
    {
        AimQuality.PlateHeight => "Plate height",
        AimQuality.Blur => "Blur (edge, of the plate’s height)",
        AimQuality.Exposure => "Exposure (light parts, of 255)",
        AimQuality.Contrast => "Contrast (of 255)",
        AimQuality.Roll => "Leaning",
        AimQuality.Yaw => "Turned away, at least",
        AimQuality.Reads => "Vehicles read",
        _ => throw new ArgumentOutOfRangeException(nameof(quality)),
    };

    private static string Name(AimQuality quality) => quality switch
    {
        AimQuality.PlateHeight => "plate-height",
        _ => quality.ToString().ToLowerInvariant(),
    };

    private static string Value(AimCheck check) => check.Value is not { } value ? "–" : check.Quality switch
    {
        AimQuality.PlateHeight => $"{Number(value)} px",
        AimQuality.Blur or AimQuality.Reads => $"{Number(value * 100)} %",
        AimQuality.Roll or AimQuality.Yaw => $"{Number(Math.Abs(value))}°",
        _ => Number(value),
    };

    private static string Verdict(AimCheck check) => check.Passes switch { true => "pass", false => "fail", null => "open" };

    // A sign and a word: not everybody sees the colour.
    private static string Words(AimCheck check) =>
        check.Passes switch { true => "√ good", false => $"× {Mend(check)}",
            null => check.Quality == AimQuality.Reads ? $"– after {AimLimits.VehiclesNeeded} vehicles" : "– no plate yet" };

    private static string Mend(AimCheck check) => check.Quality switch
    {
        AimQuality.PlateHeight => "zoom in, or go nearer",
        AimQuality.Blur => "focus, or a shorter shutter",
        AimQuality.Exposure => check.Value < AimLimits.LeastBrightness ? "more light, or more gain" : "less light: shorter shutter",
        AimQuality.Contrast => "more light on the plate",
        AimQuality.Roll => check.Value > 0 ? "turn the camera clockwise" : "turn the camera anticlockwise",
        AimQuality.Yaw => "stand more in line with the road",
        AimQuality.Reads => "mend what fails above",
        _ => "mend it",
    };

    private static string Overall(IReadOnlyCollection<AimCheck> checks) =>
        checks.Any(check => check.Passes is false) ? "fail" : checks.Any(check => check.Passes is true) ? "pass" : "open";

    private static string OverallWords(IReadOnlyCollection<AimCheck> checks) => Overall(checks) switch
    {
        "fail" => $"× {checks.Count(check => check.Passes is false)} of {checks.Count} not good yet",
        "pass" => checks.All(check => check.Passes is true) ? "√ Well aimed" : "√ Good so far; more vehicles must pass",
        _ => "– No plate seen yet",
    };

    private static string Summary(AimView? view) => view is null ? "Waiting for a picture" : string.Create(CultureInfo.InvariantCulture,
        $"{view.Figures.Width} × {view.Figures.Height} px, brightness {view.Figures.Brightness:0}; plates in it: {view.Figures.Plates}{(view.Figures.Now is { } now ? $", {now.Height:0} px high" : "")}; in the last {view.Figures.Seconds:0} s {view.Figures.Reads} read, {view.Figures.Unread} not read");

    private static string State(CameraHealth health) =>
        health.State == CameraState.Running ? "<span class=\"good\">√ running</span>"
            : $"<span class=\"bad\">× {Text(health.State.ToString().ToLowerInvariant())}</span>";
}
