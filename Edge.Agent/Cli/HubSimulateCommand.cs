using System.CommandLine;
using Edge.Agent.Commissioning;
using Edge.Agent.Fleet;
using Edge.Agent.Publishing;

namespace Edge.Agent.Cli;

/// <summary><c>hub simulate</c>: what a fleet of boxes asks of a broker and of a hub, measured. docs/fleet.md has what that meant on one machine.</summary>
internal sealed class HubSimulateCommand
{
    private readonly Option<int> _boxes = new("--boxes") { Description = $"How many boxes, 1 to {FleetPlan.MostBoxes}.", DefaultValueFactory = _ => 10 };
    private readonly Option<double> _rate = new("--hits-per-minute") { Description = "Of each box, on average.", DefaultValueFactory = _ => 6 };
    private readonly Option<double?> _minutes = new("--minutes") { Description = "For so long; default 1." };
    private readonly Option<long?> _hits = new("--hits") { Description = "Instead of --minutes: until there were so many, of all boxes together." };
    private readonly Option<int> _crop = new("--crop-bytes") { Description = "Size of the made-up picture in each hit.",
        DefaultValueFactory = _ => FleetPlan.UsualCrop };
    private readonly Option<int> _warmUp = new("--warm-up")
    {
        Description = "So many hits come first and are not counted: a program that has just started is slow.", DefaultValueFactory = _ => 300,
    };
    private readonly Option<double> _summary = new("--summary-minutes")
    {
        Description = "Between two summaries of a box.", DefaultValueFactory = _ => Governance.Policy.DefaultSummaryMinutes,
    };
    private readonly Option<bool> _disk = new("--on-disk")
    {
        Description = "Each box with its state database, outbox and log in --folder, as a real one; without, what waits is in memory and this disk does not stand in for those of a fleet.",
    };
    private readonly Option<string?> _folder = new("--folder")
        { Description = "Where the boxes' keys and files are made, and deleted afterwards; default the system's temporary folder." };
    private readonly Option<string?> _broker = new("--broker")
        { Description = "HOST:PORT of a broker that you have, instead of a Mosquitto started here. Needs --agency." };
    private readonly Option<string?> _agency = new("--agency")
        { Description = "Folder of an agency made for simulations by hub init --no-box, whose clients that broker admits. " +
            "Boxes in service must not be enrolled there." };
    private readonly Option<bool> _json = new("--json") { Description = "One JSON object instead of a table." };

    public static Command Build()
    {
        var simulate = new HubSimulateCommand();
        var command = new Command("simulate", "Measure what a fleet of made-up boxes asks of a broker and of a hub (refused on an enrolled box)")
        {
            simulate._boxes, simulate._rate, simulate._minutes, simulate._hits, simulate._crop, simulate._warmUp, simulate._summary, simulate._disk,
                simulate._folder, simulate._broker, simulate._agency, simulate._json,
        };
        command.SetAction((parse, cancel) => Failure.ShowAsync(() => simulate.RunAsync(parse, cancel)));
        return command;
    }

    /// <returns><see cref="ExitCode.Verification"/> if a hit did not arrive or something was refused.</returns>
    private async Task<ExitCode> RunAsync(ParseResult parse, CancellationToken cancel)
    {
        if (Enrolled.Here()) return Failure.Say(ExitCode.Refused, "this box is enrolled: simulate on another machine");
        if (parse.GetValue(_boxes) is < 1 or > FleetPlan.MostBoxes) return Failure.Say(ExitCode.Usage, $"--boxes must be 1 to {FleetPlan.MostBoxes}");
        if (parse.GetValue(_rate) is not (>= FleetPlan.FewestHitsPerMinute and <= 1_000_000))
            return Failure.Say(ExitCode.Usage, $"--hits-per-minute must be {FleetPlan.FewestHitsPerMinute} to 1000000");
        if (parse.GetValue(_minutes) is not null && parse.GetValue(_hits) is not null) return Failure.Say(ExitCode.Usage, "give --minutes or --hits, not both");
        if (parse.GetValue(_minutes) is not (null or > 0 and <= 10_000)) return Failure.Say(ExitCode.Usage, "--minutes must be above 0, and at most 10000");
        if (parse.GetValue(_hits) is < 1) return Failure.Say(ExitCode.Usage, "--hits must be 1 or more");
        if (parse.GetValue(_crop) is < 4 or > HitFacts.MaxCropBytes) return Failure.Say(ExitCode.Usage, $"--crop-bytes must be 4 to {HitFacts.MaxCropBytes}");
        if (parse.GetValue(_warmUp) is < 0 or > 1_000_000) return Failure.Say(ExitCode.Usage, "--warm-up must be 0 to 1000000");
        if (parse.GetValue(_summary) is not (>= 0.1 and <= 1440)) return Failure.Say(ExitCode.Usage, "--summary-minutes must be 0.1 to 1440");
        BrokerAddress? broker = null;
        if (parse.GetValue(_broker) is { } text && !BrokerAddress.TryParse(text, out broker)) return Failure.Say(ExitCode.Usage,
            "--broker must be HOST or HOST:PORT");
        if (broker is null != parse.GetValue(_agency) is null) return Failure.Say(ExitCode.Usage,
            "--broker and --agency go together: where it is, and who it admits");
        if (parse.GetValue(_folder) is { } chosen && !Directory.Exists(chosen)) return Failure.Say(ExitCode.Usage, $"--folder {chosen}: no such folder");

        var plan = new FleetPlan
        {
            Boxes = parse.GetValue(_boxes), HitsPerMinute = parse.GetValue(_rate), Hits = parse.GetValue(_hits), CropBytes = parse.GetValue(_crop),
                WarmUp = parse.GetValue(_warmUp),
            Lasting = parse.GetValue(_hits) is null ? TimeSpan.FromMinutes(parse.GetValue(_minutes) ?? 1) : null,
            OnDisk = parse.GetValue(_disk), SummaryEvery = TimeSpan.FromMinutes(parse.GetValue(_summary)),
        };
        var error = parse.InvocationConfiguration.Error;
        using var folder = FleetFolder.Make(parse.GetValue(_folder));
        var run = new FleetRun(plan, folder.Path, new FleetProgressLines(error, TimeProvider.System, inPlace: !Console.IsErrorRedirected), error.WriteLine,
            TimeProvider.System)
        {
            Given = broker is null ? null : (broker, parse.GetValue(_agency)!),
        };
        var result = await run.RunAsync(cancel);
        if (parse.GetValue(_json)) FleetReport.WriteJson(result, parse.InvocationConfiguration.Output);
        else FleetReport.WriteTable(result, parse.InvocationConfiguration.Output);
        if (result.Stopped) return Failure.Say(ExitCode.Interrupted, "stopped before it was done; these are the figures until then");
        return result.Holds ? ExitCode.Ok : ExitCode.Verification;
    }
}
