using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Edge.Agent.Governance;
using Edge.Agent.Hub;
using Edge.Agent.Publishing;
using Edge.Storage.Audit;
using Edge.Storage.Witnessing;

namespace Edge.Agent.Cli;

/// <summary><c>hub witness DIR</c>: cosigns the audit logs of the agency's boxes, as long as they only grow. <c>hub witness key DIR</c> prints the
/// public key; <c>hub witness admit DIR NAME</c> makes the folder with which somebody else is a witness. docs/witness.md.</summary>
internal static class HubWitnessCommand
{
    /// <summary><c>--once</c> ends when nothing has come for so long.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(5);

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static Command Build()
    {
        var folder = Folder();
        var broker = new Option<string?>("--broker") { Description = "HOST:PORT, where not the one given to hub init." };
        var once = new Option<bool>("--once") { Description = "Cosign what the broker has kept, and stop when nothing has come for 5 s." };
        var json = RecognizeCommand.JsonOption();
        var http = new Option<string?>("--http")
        {
            Description = "HOST:PORT of this machine: answer add-checkpoint over HTTP (C2SP tlog-witness), instead of at the broker; with --broker as well as there.",
        };
        var ask = new Option<string?>("--ask")
        {
            Description = "Do not cosign: ask this witness over HTTP on the boxes' behalf, such as https://witness.example.",
        };
        var command = new Command("witness", "Cosign the boxes' audit logs, as long as they only grow")
        {
            folder, broker, http, ask, once, json, Key(), Admit(),
        };
        command.Validators.Add(parsed =>
        {
            if (parsed.GetValue(ask) is { } address && !HttpWitness.IsAddress(address)) parsed.AddError("--ask must be an http or https address");
            if (parsed.GetValue(http) is not { } listen) return;
            if (!IPEndPoint.TryParse(listen, out var point) || point.Port == 0)
                parsed.AddError("--http must be an IP address of this machine and a port, such as 127.0.0.1:8080 or [::]:8080");
            if (parsed.GetValue(ask) is not null) parsed.AddError("--http cosigns and --ask has another do it: give one of them");
            if (parsed.GetValue(once)) parsed.AddError("--once is for what the broker has kept; --http answers until it is stopped");
        });
        command.SetAction((parse, cancel) => Failure.ShowAsync(async () =>
        {
            BrokerAddress? address = null;
            if (parse.GetValue(broker) is { } text && !BrokerAddress.TryParse(text, out address))
                return Failure.Say(ExitCode.Usage, "--broker must be HOST or HOST:PORT");
            var show = new Shown(parse.GetValue(json), parse.InvocationConfiguration.Output, parse.InvocationConfiguration.Error);
            var path = parse.GetValue(folder)!;
            return parse.GetValue(http) is { } listen ? await ServeAsync(path, IPEndPoint.Parse(listen), address, show, cancel)
                : await RunAsync(path, address, parse.GetValue(once), parse.GetValue(ask), show, cancel);
        }));
        return command;
    }

    private static Argument<string> Folder() => new("DIR") { Description = "The agency's folder, made by hub init, or one made by hub witness admit." };

    private static Command Key()
    {
        var (folder, json) = (Folder(), RecognizeCommand.JsonOption());
        var command = new Command("key", "Print the witness's public key, made if there is none: for the policy, and for auditors") { folder, json };
        command.SetAction((parse, _) => Failure.ShowAsync(() =>
        {
            using var agency = Agency.Open(parse.GetValue(folder)!);
            var key = $"{agency.Witness.PublicKey()}";
            parse.InvocationConfiguration.Output.WriteLine(parse.GetValue(json) ? JsonSerializer.Serialize(new { agency = agency.Name, key }, Json) : key);
            return Task.FromResult(ExitCode.Ok);
        }));
        return command;
    }

    private static Command Admit()
    {
        var (folder, name) = (Folder(), new Argument<string>("NAME") { Description = "Whose it is: ombudsman, council." });
        var command = new Command("admit", "Make a folder with which somebody else can be a witness") { folder, name };
        command.SetAction((parse, _) => Failure.ShowAsync(() =>
        {
            using var agency = Agency.Open(parse.GetValue(folder)!);
            var output = parse.InvocationConfiguration.Output;
            var made = agency.Witness.Admit(parse.GetValue(name)!, TimeProvider.System.GetUtcNow(), out var access);
            output.WriteLine($"made {made}: carry it to the witness's own machine, then delete it here. " +
                "There: edge-agent hub witness key FOLDER, whose line the policy must name, and edge-agent hub witness FOLDER");
            output.WriteLine($"the broker's mosquitto.acl needs these lines:\n{access}");
            return Task.FromResult(ExitCode.Ok);
        }));
        return command;
    }

    /// <returns><see cref="ExitCode.Verification"/> if a log was not what was cosigned, or a message not what it must be.</returns>
    private static async Task<ExitCode> RunAsync(string folder, BrokerAddress? broker, bool once, string? ask, Shown show, CancellationToken cancel)
    {
        using var agency = Agency.Open(folder);
        using var http = HttpWitness.Client();
        using var witness = ask is null ? agency.Witness.Open(TimeProvider.System) : null;
        await using var hub = await LinkAsync(agency, broker, witness, ask is null ? null : agency.Witness.Relay(new HttpWitness(http, new Uri(ask))), show,
            cancel);
        if (witness is not null) SayIfUnnamed(agency, witness, show);
        try
        {
            await hub.RunAsync(show.Take, once ? Quiet : null, cancel);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // Being stopped is how it ends.
        }
        show.End();
        return show.Alarms == 0 ? ExitCode.Ok : ExitCode.Verification;
    }

    /// <summary>Over HTTP, and at a broker if one is named.</summary>
    private static async Task<ExitCode> ServeAsync(string folder, IPEndPoint listen, BrokerAddress? broker, Shown show, CancellationToken cancel)
    {
        using var agency = Agency.Open(folder);
        using var witness = agency.Witness.Open(TimeProvider.System);
        await using var door = await WitnessDoor.OpenAsync(listen, witness, agency.Witness.LogOf, show.Take, cancel);
        show.Say($"listening at {door.Address} as {witness.Key}");
        SayIfUnnamed(agency, witness, show);
        await using var hub = broker is null ? null : await LinkAsync(agency, broker, witness, null, show, cancel);
        try
        {
            if (hub is null) await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancel);
            else await hub.RunAsync(show.Take, null, cancel);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // Being stopped is how it ends.
        }
        show.End();
        return show.Alarms == 0 ? ExitCode.Ok : ExitCode.Verification;
    }

    private static async Task<HubWitness> LinkAsync(Agency agency, BrokerAddress? broker, LogWitness? witness, WitnessRelay? relay, Shown show,
        CancellationToken cancel)
    {
        var settings = agency.Witness.Link(broker, TimeProvider.System.GetUtcNow());
        var logs = agency.Boxes.ToDictionary(box => box.Name, box => box.Log);
        var publications = agency.Witness.Publications;
        Action<BrokerException> lost = failure => show.Say(failure.Message);
        var hub = witness is not null ? await HubWitness.OpenAsync(settings, agency.Verifier(), logs, witness, TimeProvider.System, lost, cancel, publications)
            : await HubWitness.OpenAsync(settings, agency.Verifier(), logs, relay!, TimeProvider.System, lost, cancel, publications);
        show.Say($"linked to {settings.Broker}, {(witness is null ? "asking for" : "witness of")} {logs.Count} box(es){(publications is null ? "" : " and the publications")} of {agency.Name}"
            + (witness is null ? "" : $" as {witness.Key}"));
        return hub;
    }

    private static void SayIfUnnamed(Agency agency, LogWitness witness, Shown show)
    {
        if (agency.Witness.IsNamed(witness.Key) == false)
            show.Say($"the policy does not name this witness: boxes offer it nothing and take nothing from it. " +
                $"Propose a policy with \"witnesses\": {{\"keys\": [\"{witness.Key}\"], \"needed\": 1}}");
    }

    /// <summary>One message, one line.</summary>
    private sealed class Shown(bool json, TextWriter output, TextWriter error)
    {
        private readonly HourlyBudget _refusals = new();
        private readonly Lock _gate = new();

        public int Alarms { get; private set; }

        public void Say(string line) => error.WriteLine($"edge-agent: {Printable.Line(line)}");

        /// <summary>A request over HTTP; of those about logs that nobody knows here only the answer is told, and only to JSON.</summary>
        public void Take(AskedOverHttp asked)
        {
            lock (_gate)
            {
                var alarm = asked.Verdict is WitnessVerdict.Forked or WitnessVerdict.Inconsistent;
                if (alarm) Alarms++;
                if (alarm) SayRefused($"REFUSED TO COSIGN {asked.Log}: answered {asked.Status}{(asked.Evidence is null ? "" : $"; both are kept in {asked.Evidence}")}");
                if (asked.Status >= 500) Say("the disk refused: nothing was signed");
                if (json) Print(JsonSerializer.Serialize(new
                {
                    type = alarm ? "witness.refused" : asked.Status == 200 ? "witness.cosigned" : "witness.passed", log = asked.Log, status = asked.Status,
                    offered = Fields(asked.Offered), known = asked.Status == 200 ? null : Fields(asked.Known), evidence = asked.Evidence,
                }, Json));
                else if (asked is { Status: 200, Offered: { } offered }) Print($"{Now()}  {asked.Log}  cosigned  {offered.Size} entries  {offered.Root}");
            }
        }

        public void Take(WitnessedMessage seen)
        {
            lock (_gate) Show(seen);
        }

        private void Show(WitnessedMessage seen)
        {
            if (seen.IsAlarm) Alarms++;
            var box = (seen.Message as ReceivedMessage.Accepted)?.Event.Box;
            var whose = box?.Box ?? Topics.PublicationsLevel;
            if (seen.Message is ReceivedMessage.Refused refused) SayRefused($"REFUSED a message on {seen.Topic}: {refused}");
            else if (seen.IsAlarm)
                SayRefused($"REFUSED TO COSIGN the log of {whose}: {Describe(seen)}{(seen.Evidence is null ? "" : $"; both are kept in {seen.Evidence}")}");
            else if (seen.Verdict != WitnessVerdict.Consistent) Say($"{whose}: {Describe(seen)}");
            if (seen.Refusal is { } refusal) Say($"{whose}: {refusal}");
            if (seen.NotTold is { } reason)
                Say(box is null ? $"the hub was not told: {reason}. May this witness write the topics of cosignatures of publications?"
                    : $"{box.Box} was not told: {reason}. Is it there, and may it read edge/v1/{box.Agency}/{box.Box}/cosignature?");
            if (!json && seen.Verdict == WitnessVerdict.Consistent && seen.Offered is { } offered && !seen.IsAlarm && seen.Refusal is null)
                Print($"{Now()}  {whose}  cosigned  {offered.Size} entries  {offered.Root}");
            if (json) Print(Fields(seen, box));
        }

        /// <summary>Whoever can make the broker bring rubbish must not fill the journal with it.</summary>
        private void SayRefused(string line)
        {
            var now = TimeProvider.System.GetUtcNow();
            if (_refusals.TakeFurther(now) is > 0 and var further) Say($"REFUSED {further} more in the hour before");
            if (_refusals.TrySpend(now)) Say(line);
        }

        /// <summary>What was not said one by one.</summary>
        public void End()
        {
            if (_refusals.TakeFurther(TimeProvider.System.GetUtcNow(), anyway: true) is > 0 and var further) Say($"REFUSED {further} more");
        }

        private static string Fields(WitnessedMessage seen, BoxName? box) => JsonSerializer.Serialize(new
        {
            type = seen.IsAlarm ? "witness.refused" : seen.Verdict == WitnessVerdict.Consistent && seen.Refusal is null ? "witness.cosigned" : "witness.passed",
            agency = box?.Agency, box = box?.Box, log = seen.Message is null ? Topics.PublicationsLevel : null,
                topic = seen.Message is ReceivedMessage.Refused ? seen.Topic : null,
            reason = Reason(seen) ?? seen.Refusal, offered = Fields(seen.Offered),
                known = seen.Verdict == WitnessVerdict.Consistent ? null : Fields(seen.Known),
            evidence = seen.Evidence, told = seen.NotTold is null,
        }, Json);

        private static object? Fields(Checkpoint? checkpoint) => checkpoint is null ? null : new { checkpoint.Size, root = checkpoint.Root.ToString() };

        private static string? Reason(WitnessedMessage seen) => seen.Message is ReceivedMessage.Refused ? "message" : seen switch
        {
            { SetBack: true } => "set-back",
            { Verdict: WitnessVerdict.Consistent } => null,
            { Verdict: WitnessVerdict.Smaller } => "old",
            { Verdict: WitnessVerdict.Forked } => "forked",
            { Verdict: WitnessVerdict.ProofFromElsewhere } => "proof-from-elsewhere",
            { Verdict: WitnessVerdict.Inconsistent } => "inconsistent",
            { Verdict: WitnessVerdict.UnknownLog } => "unknown-log",
            { Verdict: WitnessVerdict.NotSigned } => "not-signed",
            _ => "proof-from-beyond",
        };

        private static string Describe(WitnessedMessage seen) => Reason(seen) switch
        {
            "set-back" => $"SET BACK: it has {seen.Offered?.Size} entries now, and had {seen.Known?.Size} when they were cosigned",
            "old" => $"an old checkpoint of {seen.Offered?.Size} entries, after one of {seen.Known?.Size} was cosigned; the box was told that",
            "forked" => $"FORKED: it has signed two histories of {seen.Known?.Size} entries, roots {seen.Known?.Root} and {seen.Offered?.Root}",
            "inconsistent" => $"REWRITTEN, or a broken proof: its {seen.Offered?.Size} entries do not follow from the {seen.Known?.Size} that were cosigned",
            "proof-from-elsewhere" => $"no proof from the {seen.Known?.Size} entries that were cosigned; the box was told where to start",
            "unknown-log" => "the checkpoint is of a log of another name, or of a box that was not enrolled here when this witness started",
            "not-signed" => "the checkpoint is not signed by the log key that was enrolled with the box",
            _ => "the proof does not fit the checkpoint",
        };

        private static string Now() => TimeProvider.System.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);

        private void Print(string line)
        {
            output.WriteLine(line);
            output.Flush();
        }
    }
}
