using System.CommandLine;
using Edge.Agent.Hub;
using Edge.Agent.Matching;
using Edge.Storage.Json;

namespace Edge.Agent.Cli;

/// <summary><c>hub hotlist add DIR</c>: one more plate, asked for on the terminal or read from standard input. No option takes a
/// plate: every user of a machine can read the arguments of its programs.</summary>
internal sealed class HubHotlistAddCommand
{
    private static readonly IReadOnlyDictionary<string, int> Nothing = new Dictionary<string, int>();

    private readonly Argument<string> _folder = new("DIR") { Description = "The agency's folder, made by hub init." };
    private readonly Option<string> _case = new("--case") { Description = "The case ID.", Required = true };
    private readonly Option<string> _purpose = new("--purpose") { Description = "The purpose, one the policy allows.", Required = true };
    private readonly Option<string> _basis = new("--basis") { Description = "The legal basis in this case.", Required = true };
    private readonly Option<string> _source = new("--source") { Description = "Where it comes from.", Required = true };
    private readonly Option<string> _issuer = new("--issuer") { Description = "Who ordered it.", Required = true };
    private readonly Option<string> _expires = new("--expires")
    {
        Description = "When it ends, such as 2026-01-31T23:59:59Z.", Required = true,
    };
    private readonly Option<bool> _folded = new("--folded") { Description = "Take look-alike characters as one, where the policy allows it." };
    private readonly Option<string?> _for = HubHotlistPublishCommand.ForOption();
    private readonly Option<bool> _json = RecognizeCommand.JsonOption();

    public static Command Build()
    {
        var add = new HubHotlistAddCommand();
        var command = new Command("add", "Add one plate, asked for here and never an argument, and publish")
        {
            add._folder, add._case, add._purpose, add._basis, add._source, add._issuer, add._expires, add._folded, add._for, add._json,
        };
        command.SetAction((parse, cancel) => Failure.ShowAsync(() => Task.FromResult(add.Run(parse, TimeProvider.System.GetUtcNow(), cancel))));
        return command;
    }

    private ExitCode Run(ParseResult parse, DateTimeOffset now, CancellationToken cancel)
    {
        using var agency = Agency.Open(parse.GetValue(_folder)!);
        if (!JsonTime.TryParse(parse.GetValue(_expires), out var expires))
            return Failure.Say(ExitCode.Usage, "--expires must be a time such as 2026-01-31T23:59:59Z");
        if (!PlateEntry.TryAsk(out var plate, out var problem)) return Failure.Say(ExitCode.Usage, problem);
        using var wanted = new WantedPlate
        {
            Plate = plate,
            Form = parse.GetValue(_folded) ? MatchForm.Folded : MatchForm.Exact,
            Case = parse.GetValue(_case)!,
            Purpose = parse.GetValue(_purpose)!,
            Basis = parse.GetValue(_basis)!,
            Source = parse.GetValue(_source)!,
            Issuer = parse.GetValue(_issuer)!,
            NotBefore = now,
            Expires = expires,
        };
        var outcome = agency.Hotlists.Change(parse.GetValue(_for), new HotlistChange { Wanted = [wanted] }, now, progress: null, cancel);
        return HotlistReport.Show(agency, outcome, [], _ => "the plate", Nothing, parse.GetValue(_json), parse.GetValue(_for));
    }
}
