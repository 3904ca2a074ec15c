using System.CommandLine;
using System.Text.Json.Nodes;
using Edge.Agent.Hub;
using Edge.Storage.Database;
using Edge.Storage.Json;

namespace Edge.Agent.Cli;

/// <summary><c>hub tend DIR</c>: the hub's daily care, and what people must do soon. Once for a timer, or for good with
/// <c>--watch</c>.</summary>
internal static class HubTendCommand
{
    /// <summary>Ends are seen to within the hour; an hour's work costs nothing when nothing is due.</summary>
    private static readonly TimeSpan Between = TimeSpan.FromHours(1);

    public static Command Build()
    {
        var folder = new Argument<string>("DIR") { Description = "The agency's folder." };
        var watch = new Option<bool>("--watch") { Description = "Again every hour, until it is stopped." };
        var clock = new Option<bool>("--clock-is-right") { Description = "Go on though the clock has moved by weeks since the hub last signed." };
        var json = RecognizeCommand.JsonOption();
        var tend = new Command("tend", "Renew what the hub signs, destroy keys whose time has come, say what people must do") { folder, watch, clock, json };
        tend.Validators.Add(parsed =>
        {
            if (parsed.GetValue(watch) && parsed.GetValue(clock)) parsed.AddError("give --clock-is-right without --watch, once");
        });
        tend.SetAction((parse, cancel) => Failure.ShowAsync(() =>
        {
            var (path, output, error) = (parse.GetValue(folder)!, parse.InvocationConfiguration.Output, parse.InvocationConfiguration.Error);
            return parse.GetValue(watch) ? WatchAsync(path, parse.GetValue(json), TimeProvider.System, output, error, cancel)
                : Task.FromResult(Once(path, parse.GetValue(json), TimeProvider.System.GetUtcNow(), output, parse.GetValue(clock)));
        }));
        return tend;
    }

    /// <returns><see cref="ExitCode.Overdue"/> if something has ended that people renew.</returns>
    internal static ExitCode Once(string folder, bool json, DateTimeOffset now, TextWriter output, bool clockIsRight = false)
    {
        using var agency = Agency.Open(folder);
        var done = agency.Tend(now, clockIsRight);
        var due = agency.Due(now);
        var left = agency.Unfinished;
        if (json) output.WriteLine(Json(agency, done, due, left, now));
        else
        {
            foreach (var line in done) output.WriteLine($"done     {line}");
            foreach (var one in due)
                output.WriteLine(Printable.Line($"{(one.IsOverdue(now) ? "OVERDUE" : "soon   ")}  {one.What}, {(one.IsOverdue(now) ? "ended" : "ends")} {JsonTime.Write(one.By)}: {one.ToDo}"));
            foreach (var one in left) output.WriteLine(Printable.Line($"left     {one}"));
            if (done.Count == 0 && due.Count == 0 && left.Count == 0) output.WriteLine("nothing to do");
        }
        return due.Any(one => one.IsOverdue(now)) ? ExitCode.Overdue : ExitCode.Ok;
    }

    /// <summary>Says something when something is done or becomes due, and only then.</summary>
    internal static async Task<ExitCode> WatchAsync(string folder, bool json, TimeProvider time, TextWriter output, TextWriter error, CancellationToken cancel)
    {
        Agency.Open(folder).Dispose(); // a wrong folder is said at once
        var last = "";
        while (true)
        {
            using var said = new StringWriter();
            try
            {
                Once(folder, json, time.GetUtcNow(), said);
                if (said.ToString() != last) output.Write(said);
                last = said.ToString();
                output.Flush();
            }
            catch (Exception passing) when (passing is StateBusyException or IOException or AgencyException)
            {
                error.WriteLine($"edge-agent: {Printable.Lines(passing.Message)}; tried again in an hour");
            }
            try
            {
                await Task.Delay(Between, time, cancel);
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                return ExitCode.Ok; // being stopped is how it ends
            }
        }
    }

    private static string Json(Agency agency, IReadOnlyList<string> done, IReadOnlyList<CareDue> due, IReadOnlyList<string> left, DateTimeOffset now)
    {
        JsonArray List(bool overdue) => new([.. due.Where(one => one.IsOverdue(now) == overdue).Select(one => (JsonNode)new JsonObject
        {
            ["what"] = one.What, ["by"] = JsonTime.Write(one.By), ["toDo"] = one.ToDo,
        })]);
        return ProposalReport.Write(new JsonObject
        {
            ["agency"] = agency.Name, ["done"] = ProposalReport.Texts(done), ["soon"] = List(overdue: false), ["overdue"] = List(overdue: true),
            ["left"] = ProposalReport.Texts(left),
        });
    }
}
