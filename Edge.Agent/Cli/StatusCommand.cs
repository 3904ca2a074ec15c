using System.CommandLine;
using System.Globalization;
using Edge.Agent.Clock;
using Edge.Agent.Configuration;
using Edge.Agent.Device;
using Edge.Agent.Doctor;
using Edge.Storage.Json;

namespace Edge.Agent.Cli;

/// <summary><c>status</c>: how the running box is, short; with <c>--watch</c> again and again.</summary>
internal static class StatusCommand
{
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(2);

    public static Command Build()
    {
        var (config, json) = (DoctorCommand.ConfigOption(), RecognizeCommand.JsonOption());
        var watch = new Option<bool>("--watch")
            { Description = "Every two seconds, until it is stopped; with --json a line whenever the agent has said something new." };
        var command = new Command("status", "Show how the running box is") { config, watch, json };
        command.SetAction((parse, cancel) => Failure.ShowAsync(() =>
        {
            var file = new HealthFile(AgentConfiguration.Load(parse.GetValue(config)!).RunFolder, new KernelBootCounter());
            var output = parse.InvocationConfiguration.Output;
            return parse.GetValue(watch) ? WatchAsync(file, parse.GetValue(json), output, TimeProvider.System, cancel) : Task.FromResult(Once(file,
                parse.GetValue(json), output));
        }));
        return command;
    }

    private static ExitCode Once(HealthFile file, bool json, TextWriter output)
    {
        if (file.Read(out var reason) is not { } health) return Failure.Say(ExitCode.Unwell, reason!);
        output.WriteLine(json ? HealthFile.ToJson(health) : Text(health));
        return health.Stuck.Count == 0 ? ExitCode.Ok : ExitCode.Unwell;
    }

    private static async Task<ExitCode> WatchAsync(HealthFile file, bool json, TextWriter output, TimeProvider time, CancellationToken cancel)
    {
        var (inPlace, last) = (!json && !Console.IsOutputRedirected, "");
        try
        {
            while (true)
            {
                var health = file.Read(out var reason);
                var said = health is null ? json ? "" : reason! : json ? HealthFile.ToJson(health) : Text(health);
                if (said.Length > 0 && said != last)
                {
                    if (inPlace) output.Write("\x1b[H\x1b[2J"); // home, clear
                    output.WriteLine(said);
                    output.Flush();
                }
                last = said;
                await Task.Delay(Between, time, cancel);
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            return ExitCode.Ok; // being stopped is how it ends
        }
    }

    internal static string Text(BoxHealth health)
    {
        var lines = new List<string>
        {
            Row("box", $"{health.Box}, edge-agent {health.Software}, runs for {Span(health.At - health.Since)}, {JsonTime.Write(health.At)} ({health.Clock.ToString().ToLowerInvariant()})"),
        };
        foreach (var stuck in health.Stuck) lines.Add(Row("STUCK", stuck));
        foreach (var camera in health.Cameras)
            lines.Add(Row("camera", $"{camera.Name}: {camera.Health.State.ToString().ToLowerInvariant()}" + (camera.FramesPerSecond is { } rate
                ? Number($", {rate:0.#} frames a second") : "") + $", {CameraRows.Plates(camera)}"
                + Number($", {camera.Health.Frames} frames, {camera.Health.Dropped} dropped, {camera.Health.Reconnects} reconnects") +
                (camera.Health.LastError is { } error ? $"; {error}" : "")));
        lines.Add(Row("reads", Number($"{health.Counts.Reads} = {health.Counts.Discarded} discarded + {health.Counts.Hits} hits")));
        lines.Add(Row("broker", health.Link.Broker is { } broker ? $"linked to {broker} since {JsonTime.Write(health.Link.Since)}"
            : $"no link since {JsonTime.Write(health.Link.Since)}: {health.Link.Reason}"));
        lines.Add(Row("outbox", Number($"{health.Outbox.Ready + health.Outbox.Unlogged} wait, {health.Outbox.Sent} kept until the hub has them, {health.Outbox.Bytes >> 10} KiB")));
        lines.Add(Row("log", Number($"{health.Log.Size} entries") + (health.Log.Witnessed is { } standing
            ? Number($", {standing.Size} cosigned") + (standing.Time is { } time ? $" at {JsonTime.Write(time)}" : "") : "")));
        lines.Add(Row("policy", health.Trust is not { } trust ? "none yet: every read is discarded"
            : Number($"{trust.PolicyVersion} until {JsonTime.Write(trust.OrdersUntil)}; hotlist of {trust.Entries} until {JsonTime.Write(trust.HotlistUntil)}")));
        return string.Join('\n', lines.Select(Printable.Line));
    }

    private static string Row(string name, string says) => $"{name,-8} {says}";

    private static string Number(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static string Span(TimeSpan span) => span.TotalHours < 1 ? Number($"{span.TotalMinutes:0} min") : span.TotalDays < 2
        ? Number($"{span.TotalHours:0} h") : Number($"{span.TotalDays:0} days");
}
