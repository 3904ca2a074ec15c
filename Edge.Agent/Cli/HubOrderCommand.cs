using System.CommandLine;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Edge.Agent.Governance;
using Edge.Agent.Governance.Orders;
using Edge.Agent.Hub;
using Edge.Agent.Publishing;
using Edge.Storage.Json;
using Edge.Storage.Keys;

namespace Edge.Agent.Cli;

/// <summary><c>hub order VERB DIR --box BOX --key FILE …</c>: what an operator asks of a box. Over the broker it waits for the answer;
/// with <c>--out</c> it only writes the signed order, to be carried to the box and given to it with <c>edge-agent order</c>.</summary>
internal static class HubOrderCommand
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static Command Build() => new("order", "Ask something of a box, as an operator")
    {
        Search(), Hold(), Release(), Disposition(), Export(), Revoke(), Decommission(), Show(),
    };

    private static Command Search()
    {
        var (from, to) = (Time("--from", "Found then or later; 21 days ago unless given."), Time("--to", "Found before then; now unless given."));
        var about = new CaseOptions();
        return Order("search", "Get the hits of one case and open them", [.. about.All, from, to], (parse, _, now) =>
            new Order.Search(about.Case(parse), about.Purpose(parse), parse.GetValue(from) ?? now.AddDays(-21), parse.GetValue(to) ?? now.AddMinutes(1), 0));
    }

    private static Command Hold()
    {
        var until = Time("--until", "When the hold ends; the policy bounds it.", required: true);
        var about = new CaseOptions();
        return Order("hold", "Keep the hits of one case past their retention, and copies of them here", [.. about.All, until],
            (parse, _, _) => new Order.Hold(about.Case(parse), about.Purpose(parse), parse.GetValue(until)!.Value));
    }

    private static Command Release()
    {
        var about = new CaseOptions();
        return Order("release", "End the hold of one case, and destroy the copies kept here", about.All,
            (parse, _, _) => new Order.Release(about.Case(parse), about.Purpose(parse)));
    }

    private static Command Disposition()
    {
        var hit = new Option<int>("--hit") { Description = "The box's number of the hit, as hub watch shows it.", Required = true };
        var verdict = new Option<string>("--verdict") { Description = $"One of {string.Join(", ", Verdicts.Spellings.Keys)}.", Required = true };
        verdict.Validators.Add(parsed =>
        {
            if (parsed.GetValueOrDefault<string>() is { } said && !Verdicts.Spellings.ContainsKey(said))
                parsed.AddError($"--verdict must be one of {string.Join(", ", Verdicts.Spellings.Keys)}");
        });
        var note = new Option<string?>("--note-file") { Description = "Words about it, sealed to the agency; - reads standard input." };
        var about = new CaseOptions();
        return Order("disposition", "Record what a hit turned out to be", [.. about.All, hit, verdict, note], (parse, agency, now) =>
            new Order.Disposition(about.Case(parse), about.Purpose(parse), parse.GetValue(hit), Verdicts.Spellings[parse.GetValue(verdict)!],
                parse.GetValue(note) is { } file ? agency.Orders.Seal(ReadNote(file), now) : null));
    }

    private static Command Export() => Order("export", "Have the box copy its log, for an auditor to carry away", [], (_, _, _) => new Order.Export());

    private static Command Revoke()
    {
        var account = new Option<string>("--account") { Description = "The operator to shut out of this box at once.", Required = true };
        return Order("revoke", "Shut an operator out of one box before the list of operators does", [account], (parse, agency, _) =>
            new Order.Revoke(agency.PublishedOperators.All.FirstOrDefault(one => one.Account == parse.GetValue(account))?.Key.KeyId
                ?? throw new AgencyException($"no operator has the account {parse.GetValue(account)}: hub operator show lists them")));
    }

    private static Command Decommission()
    {
        var sure = new Option<bool>("--yes") { Description = "Yes: the box's keys are destroyed, and it has to be enrolled anew.", Required = true };
        return Order("decommission", "Take a box out of service: its keys are destroyed", [sure], (_, _, _) => new Order.Decommission());
    }

    private static Command Show()
    {
        var (folder, json) = (Folder(), RecognizeCommand.JsonOption());
        var show = new Command("show", "The orders given, and what came of them") { folder, json };
        show.SetAction((parse, _) => Failure.ShowAsync(() =>
        {
            using var agency = Agency.Open(parse.GetValue(folder)!);
            var (output, now) = (parse.InvocationConfiguration.Output, TimeProvider.System.GetUtcNow());
            foreach (var order in agency.Orders.Given)
                output.WriteLine(parse.GetValue(json)
                    ? JsonSerializer.Serialize(new
                    {
                        order.Id, order.Box, order.Account, Verb = Duties.Write(order.Verb), Given = JsonTime.Write(order.Given),
                        Expires = JsonTime.Write(order.Expires),
                        order.Case, order.Purpose, Outcome = order.Outcome?.ToString(),
                    }, Json)
                    : $"{order.Id}  {JsonTime.Write(order.Given)}  {order.Box}  {order.Account}  {Duties.Write(order.Verb)}  {(order.Case is null ? "" : $"case {order.Case}, {order.Purpose}  ")}{order.Outcome?.ToString() ?? (order.Expires <= now ? "not answered, and ended" : "not answered")}");
            return Task.FromResult(ExitCode.Ok);
        }));
        return show;
    }

    private static Command Order(string name, string description, IEnumerable<Option> own, Func<ParseResult, Agency, DateTimeOffset, Order> order)
    {
        var folder = Folder();
        var box = new Option<string>("--box") { Description = "The box.", Required = true };
        var key = new Option<string>("--key") { Description = "The operator's key file.", Required = true };
        var passphrase = HubKeyCommand.PassphraseOption();
        var broker = new Option<string?>("--broker") { Description = "HOST:PORT, where not the one given to hub init." };
        var outFile = new Option<string?>("--out") { Description = "Write the signed order into this file instead of sending it." };
        var wait = new Option<int>("--wait") { Description = "Seconds to wait for the answer.", DefaultValueFactory = _ => 60 };
        var anyway = new Option<bool>("--anyway")
        {
            Description = "Though the box may not have the operators and the policy yet, or no hotlist entry has the case: sent, and a refused order is used up.",
        };
        var json = RecognizeCommand.JsonOption();
        var command = new Command(name, description) { folder, box, key, passphrase, broker, outFile, wait, anyway, json };
        foreach (var option in own) command.Options.Add(option);
        command.SetAction((parse, cancel) => Failure.ShowAsync(async () =>
        {
            BrokerAddress? address = null;
            if (parse.GetValue(broker) is { } text && !BrokerAddress.TryParse(text, out address))
                return Failure.Say(ExitCode.Usage, "--broker must be HOST or HOST:PORT");
            if (parse.GetValue(wait) is < 1 or > 3600) return Failure.Say(ExitCode.Usage, "--wait must be 1 to 3600 seconds");
            using var agency = Agency.Open(parse.GetValue(folder)!);
            var now = TimeProvider.System.GetUtcNow();
            var asked = order(parse, agency, now);
            if (parse.GetValue(outFile) is { } target && OutFault(target) is { } bad) return Failure.Say(ExitCode.Usage, bad);
            if (!parse.GetValue(anyway))
            {
                agency.Orders.RequireKnown(asked);
                if (parse.GetValue(outFile) is null && TrustPush.IsAuthorityDue(agency, address ?? agency.Broker))
                    return Failure.Say(ExitCode.Busy,
                        $"the operators or the policy published here were not pushed to {address ?? agency.Broker}: the box would judge the order by older ones, refuse it and report it. "
                        + $"First edge-agent hub push {agency.Folder}; or --anyway, if the box got them another way");
            }
            using var signing = Passphrase.Open(parse.GetValue(key)!, parse.GetValue(passphrase));
            var shown = new Shown(agency, parse.GetValue(json), parse.InvocationConfiguration.Output);
            if (parse.GetValue(outFile) is { } file)
            {
                var (given, message) = agency.Orders.Give(asked, parse.GetValue(box)!, signing, now);
                await using (var written = new FileStream(file, FileMode.CreateNew)) await written.WriteAsync(message, cancel);
                shown.Say($"order {given.Id} is in {file}, good until {JsonTime.Write(given.Expires)}: on the box, edge-agent order {Path.GetFileName(file)}");
                return ExitCode.Ok;
            }
            if (TrustPush.IsDue(agency, address ?? agency.Broker))
                Failure.Say(ExitCode.Ok, $"warning: what is published here is not what was last pushed to {address ?? agency.Broker}, so the box may have older hotlists: edge-agent hub push {agency.Folder}");
            await using var errand = await OrderErrand.OpenAsync(agency, parse.GetValue(box)!, address ?? agency.Broker, TimeProvider.System, cancel);
            return await RunAsync(agency, errand, asked, parse.GetValue(box)!, signing, TimeSpan.FromSeconds(parse.GetValue(wait)), shown, cancel);
        }));
        return command;
    }

    /// <summary>One order, the further pages of a search, and after a hold the search whose hits are kept here.</summary>
    private static async Task<ExitCode> RunAsync(Agency agency, OrderErrand errand, Order asked, string box, SigningKey key, TimeSpan wait,
        Shown shown, CancellationToken cancel)
    {
        while (true)
        {
            var now = TimeProvider.System.GetUtcNow();
            var (given, message) = agency.Orders.Give(asked, box, key, now);
            if (await errand.RunAsync(given, message, wait, cancel) is not { } answer)
                return Failure.Say(ExitCode.Broker,
                    $"{box} has not answered order {given.Id} in {wait.TotalSeconds:0} s. If it is away, it may still answer until {JsonTime.Write(given.Expires)}; a box that does not know the operator "
                    + "never answers and reports an incident. hub watch notes either, hub order show says what is known");
            shown.Show(given, answer);
            if (answer.Said.Outcome.Reason is not null) return ExitCode.Refused;
            if (asked is Order.Search search && answer.Said.More is > 0 and <= int.MaxValue and var last && last > search.After)
                asked = search with { After = (int)last };
            else if (asked is Order.Hold hold && answer.Said.Count > 0)
                asked = new Order.Search(hold.Case, hold.Purpose, now.AddDays(-42), now.AddMinutes(1), 0);
            else return ExitCode.Ok;
        }
    }

    private static Argument<string> Folder() => new("DIR") { Description = "The agency's folder." };

    private static Option<DateTimeOffset?> Time(string name, string description, bool required = false) => new(name)
    {
        Description = $"{description} Such as 2026-01-31T00:00:00Z.", Required = required,
        CustomParser = result =>
        {
            if (result.Tokens is [var token] && JsonTime.TryParse(token.Value, out var time)) return time;
            result.AddError($"{name} must be a time such as 2026-01-31T00:00:00Z");
            return null;
        },
    };

    private static string? OutFault(string file) => File.Exists(file) ? $"{file} is there already, and an order is never overwritten: name another file"
        : Path.GetDirectoryName(Path.GetFullPath(file)) is { } folder && !Directory.Exists(folder) ? $"{folder}: no such folder; make it first" : null;

    private static string ReadNote(string file)
    {
        using var reader = file == "-" ? Console.In : new StreamReader(file);
        var words = new char[OrderBook.MaxNote + 1];
        return new string(words, 0, reader.ReadBlock(words));
    }

    /// <summary>What every order about hits needs.</summary>
    private sealed class CaseOptions
    {
        private readonly Option<string> _case = new("--case") { Description = "The case ID.", Required = true };
        private readonly Option<string> _purpose = new("--purpose") { Description = "What the case is for: one of the policy's purposes.", Required = true };

        public IEnumerable<Option> All => [_case, _purpose];

        public string Case(ParseResult parse) => parse.GetValue(_case) is { } text && CaseRecord.IsText(text, 64) ? text
            : throw new OrderRefusedException("no-case: --case must be text of 1 to 64 characters with a letter or digit in it");

        public string Purpose(ParseResult parse) => parse.GetValue(_purpose)!;
    }

    private sealed class Shown(Agency agency, bool json, TextWriter output)
    {
        private readonly CaseNames _cases = new(agency);

        public void Say(string line) => output.WriteLine(json ? JsonSerializer.Serialize(new { said = line }, Json) : line);

        public void Show(GivenOrder given, ReceivedMessage.Answer answer)
        {
            var said = answer.Said;
            output.WriteLine(json
                ? JsonSerializer.Serialize(new
                {
                    type = answer.Event.Type.Name, order = said.Order, given.Box, Verb = Duties.Write(given.Verb),
                    Outcome = said.Outcome.ToString(), said.Count,
                    said.Until, said.Missing, said.More, Verified = true,
                }, Json)
                : Line(given, said));
            foreach (var found in answer.Hits)
                output.WriteLine(found.Opened switch
                {
                    ReceivedMessage.Hit hit when json => JsonSerializer.Serialize(new
                    {
                        hit = hit.Header.Sequence, hit.Header.Box.Box, Read = hit.Body.Facts.Time, hit.Body.Facts.Camera, hit.Body.Text, hit.Body.Facts.Right,
                        Case = _cases.Of(hit.Header.EntryId), Entry = hit.Header.EntryId, found.KeptUntil, Verified = true,
                    }, Json),
                    ReceivedMessage.Hit hit => string.Create(CultureInfo.InvariantCulture,
                        $"hit {hit.Header.Sequence}  {hit.Body.Facts.Time:u}  {hit.Body.Facts.Camera}  {hit.Body.Text}  kept until {found.KeptUntil:u}  verified"),
                    ReceivedMessage.Unopenable => $"hit {found.Sealed.Header.Sequence} does not open any more: its epoch key is destroyed",
                    var refused => $"hit {found.Sealed.Header.Sequence} REFUSED: {refused}",
                });
        }

        private static string Line(GivenOrder given, OrderAnswer said) => said.Outcome.Reason is { } reason
            ? $"{given.Box} refused to {Duties.Write(given.Verb)}: {reason}"
            : string.Create(CultureInfo.InvariantCulture, $"{given.Box}: {Duties.Write(given.Verb)} done") + given.Verb switch
            {
                Verb.Search => $", {said.Count} hit(s){(said.Missing > 0 ? $", {said.Missing} more that its disk has lost" : "")}",
                Verb.Hold => $", {said.Count} hit(s) kept longer{(said.Until is { } until ? string.Create(CultureInfo.InvariantCulture, $", until {until:u}") : "")}",
                Verb.Release => $", {said.Count} hit(s) back to their own retention",
                Verb.Export => $", in its state folder under exports/{given.Id}",
                _ => "",
            };
    }
}
