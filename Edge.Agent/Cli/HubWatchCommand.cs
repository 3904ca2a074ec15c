using System.CommandLine;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Edge.Agent.Governance;
using Edge.Agent.Hub;
using Edge.Agent.Publishing;
using Edge.Storage.Files;

namespace Edge.Agent.Cli;

/// <summary><c>hub watch DIR</c>: shows what the agency's boxes send, verified and opened: a line for each hit and each
/// incident on standard output, an incident with whom to tell and how much time is left. What is refused, missing or lost is said on standard error.
/// What was shown is remembered in the agency's folder. docs/hub.md has the fields of the JSON lines.</summary>
internal static class HubWatchCommand
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static Command Build()
    {
        var folder = new Argument<string>("DIR") { Description = "The agency's folder, made by hub init." };
        var broker = new Option<string?>("--broker") { Description = "HOST:PORT, where not the one given to hub init." };
        var from = new Option<string?>("--from") { Description = "Another agency whose boxes have hits for this one: watch at its broker." };
        var count = new Option<int?>("--count") { Description = "Stop after this many hits." };
        var all = new Option<bool>("--all") { Description = "Also summaries, checkpoints, answers, online and offline." };
        var json = RecognizeCommand.JsonOption();
        var crop = new Option<bool>("--crop")
            { Description = "With --json: also the picture, as base64. Whoever keeps the line keeps the picture: delete both when the hit expires." };
        var group = new Option<string?>("--group")
            { Description = "Split the load with other hubs of this name: each message reaches one of them. Needs --member." };
        var member = new Option<string?>("--member") { Description = "This hub's own name in the group." };
        var command = new Command("watch", "Show what the agency's boxes send, verified and decrypted")
            { folder, broker, from, count, all, json, crop, group, member };
        command.SetAction((parse, cancel) => Failure.ShowAsync(async () =>
        {
            BrokerAddress? address = null;
            if (parse.GetValue(broker) is { } text && !BrokerAddress.TryParse(text, out address))
                return Failure.Say(ExitCode.Usage, "--broker must be HOST or HOST:PORT");
            if (parse.GetValue(count) is < 1) return Failure.Say(ExitCode.Usage, "--count must be 1 or more");
            if (parse.GetValue(crop) && !parse.GetValue(json))
                return Failure.Say(ExitCode.Usage, "--crop needs --json: a line of text has no room for a picture");
            if (!TryMember(parse.GetValue(group), parse.GetValue(member), parse.GetValue(from), out var one, out var wrong))
                return Failure.Say(ExitCode.Usage, wrong);
            var (output, error) = (parse.InvocationConfiguration.Output, parse.InvocationConfiguration.Error);
            await using var lines = ReferenceEquals(output, Console.Out) ? new StandardLines() : null;
            var show = new Shown(parse.GetValue(all), parse.GetValue(json), parse.GetValue(crop), lines ?? output, error);
            return await RunAsync(parse.GetValue(folder)!, address, parse.GetValue(from), one, parse.GetValue(count), show, cancel);
        }));
        return command;
    }

    /// <returns><see cref="ExitCode.Verification"/> if anything was refused; <see cref="ExitCode.Interrupted"/> if it was
    /// stopped before <paramref name="count"/> hits had come.</returns>
    private static async Task<ExitCode> RunAsync(string folder, BrokerAddress? broker, string? other, HubMember? member, int? count, Shown show,
        CancellationToken cancel)
    {
        using var agency = Agency.Open(folder);
        var settings = other is not null ? agency.Grants.LinkTo(other, broker) : agency.LinkOfHub(member, broker, TimeProvider.System.GetUtcNow());
        using var ledger = ArrivalLedger.Open(agency.ArrivalsFolder(member, other));
        await using var watch = await HubWatch.OpenAsync(settings, agency.Verifier(), TimeProvider.System,
            lost => show.Say(lost.Message), cancel, other, ledger, member?.Group, show.Sync, member is null && other is null ? agency.Sign : null,
            show.SayNotTold);
        show.Say(other is not null ? $"linked to {settings.Broker}, watching for hits of {other} for {agency.Name}"
            : $"linked to {settings.Broker}, watching {agency.Boxes.Count} box(es) of {agency.Name}");
        watch.LinkedAgain = () => show.Say($"linked again to {settings.Broker}");
        if (member is not null) show.Say($"one of the group {member.Group}: messages that do not come are not noticed here, because other members get a part; " +
            $"the broker must let {member.BrokerName} read edge/v1/{agency.Name}/#, or what it gives to this member is lost");
        if (ledger.Boxes > 0 && !watch.Resumed)
            show.Say("the broker has kept nothing for this hub since it was last here: what boxes sent meanwhile did not reach it, and is named when their summaries tell");
        if (ledger.Missing > 0) show.Say($"{ledger.Missing} message(s) named as missing before have not come yet");
        var cases = new CaseNames(agency, other);
        try
        {
            await watch.RunAsync(delivery =>
            {
                if (delivery.Message is ReceivedMessage.Answer answer) Book(agency, answer, show);
                return show.Take(delivery, cases, () => agency.Policy) && !(show.Hits >= count);
            }, cancel);
        }
        catch (OperationCanceledException) when (count is null && cancel.IsCancellationRequested)
        {
            // Without a count, being stopped is how it ends.
        }
        show.End(agency.Name, watch.Repeats);
        return show.Refused == 0 ? ExitCode.Ok : ExitCode.Verification;
    }

    /// <summary>An answer that cannot be booked is said and passed over: whatever a box says, only the disk may stop the hub.</summary>
    private static void Book(Agency agency, ReceivedMessage.Answer answer, Shown show)
    {
        try
        {
            agency.Orders.Take(answer, TimeProvider.System.GetUtcNow());
        }
        catch (AgencyException damaged)
        {
            show.Say($"{answer.Event.Box.Box}: the answer to order {answer.Said.Order} is not booked: {damaged.Message}");
        }
#pragma warning disable CA1031 // what nobody foresaw must not make of one message the end of every hub that it is brought to
        catch (Exception bug) when (bug is not (IOException or OperationCanceledException))
#pragma warning restore CA1031
        {
            show.Say($"{answer.Event.Box.Box}: the answer to order {answer.Said.Order} is not booked: " +
                $"unexpected {bug.GetType().Name}; this is a bug, please report this line");
        }
    }

    private static bool TryMember(string? group, string? member, string? other, out HubMember? one, out string wrong)
    {
        (one, wrong) = (null, "");
        if (group is null && member is null) return true;
        if (group is null || member is null) wrong = "--group and --member go together: the name that all share, and the one that only this hub has";
        else if (other is not null) wrong = "--group is for the agency's own broker: another agency admits one hub";
        else if (!HubMember.TryCreate(group, member, out one)) wrong = $"--group and --member: {HubMember.Rule}";
        return wrong.Length == 0;
    }

    /// <summary>One delivery, one line.</summary>
    private sealed class Shown(bool all, bool json, bool crop, TextWriter output, TextWriter error)
    {
        private readonly HourlyBudget _refusals = new();
        private readonly HashSet<string> _notTold = [];

        public int Hits { get; private set; }

        public int Refused { get; private set; }

        public void Say(string line) => error.WriteLine($"edge-agent: {Printable.Line(line)}");

        /// <summary>Says each reason once: it is the same for every box.</summary>
        public void SayNotTold(NotTold why)
        {
            lock (_notTold)
                if (!_notTold.Add(why.ByBroker ? "" : why.Reason)) return;
            const string until = "until then what the broker loses is named as missing, and not sent again";
            Say(why.ByBroker
                ? $"boxes cannot be told what has come: {why.Reason}. The broker must let this hub write " +
                    $"edge/v1/AGENCY/+/receipt, and a box read its own; {until}"
                : $"boxes are not told what has come, because nothing can be signed: {why.Reason}; {until}");
        }

        /// <summary>When this returns, what was shown is safe.</summary>
        public void Sync()
        {
            if (output is StandardLines) StandardLines.Sync();
        }

        public bool Take(Delivery delivery, CaseNames cases, Func<Policy> policy)
        {
            switch (delivery.Message)
            {
                case ReceivedMessage.Refused refused:
                    Refused++;
                    SayRefused($"REFUSED a message on {delivery.Topic}: {refused}");
                    break;
                case ReceivedMessage.Hit hit:
                    Hits++;
                    Print(json ? Fields(hit, cases, delivery.Again) : Line(hit, cases) + Mark(delivery));
                    break;
                case ReceivedMessage.SharedHit { Event: var said, Header: var header }:
                    if (all) Print(json ? Fields("hub.shared", said, header, delivery.Again, null)
                        : $"{Time(said.Time)}  {said.Box.Box}  hit {said.Sequence} shared with {header.For}, who alone can open it");
                    break;
                case ReceivedMessage.Unopenable { Event: var late, Header: var header, EpochEnded: var ended }:
                    if (all && json) Print(Fields("hub.unopenable", late, header, delivery.Again, ended));
                    Say($"{late.Box.Box}: hit {late.Sequence} of {Time(late.Time)} is sealed to a key that no longer exists: boxes were to use it until {Time(ended)}, and it was destroyed when nothing sealed to it might be kept any longer. Nobody can open the hit; see that the box gets its trust files, and its clock");
                    break;
                case ReceivedMessage.Incident incident:
                    var deadline = NotifyDeadline.Of(incident.Notice, policy(), TimeProvider.System.GetUtcNow());
                    Print(json ? Fields(incident, deadline, delivery.Again) : Line(incident, deadline) + Mark(delivery));
                    break;
                case ReceivedMessage.Answer answer when !json:
                    if (all || answer.Said.Outcome.Reason is not null)
                        Print($"{Time(answer.Event.Time)}  {answer.Event.Box.Box}  answer to {Printable.Line(answer.Said.Verb ?? "an order")}: " +
                            $"{answer.Said.Outcome}, {answer.Said.Count} hit(s)");
                    break;
                case ReceivedMessage.Accepted { Event: var said } when all:
                    Print(json ? Fields(said, delivery.Again) : $"{Time(said.Time)}  {said.Box.Box}  {said.Type.Level}  {Text(said)}{Mark(delivery)}");
                    break;
            }
            if (delivery is { NumberReused: true, Message: ReceivedMessage.Accepted { Event: var twice } })
                Anew(twice, "set-back", $"has used number {twice.Sequence} twice: was it set back to an older state?");
            if (delivery is { NewKey: true, Message: ReceivedMessage.Accepted { Event: var first } })
                Anew(first, "new-key", "has another key than the box of this name before it");
            if (delivery is { Missing.Count: > 0, Message: ReceivedMessage.Accepted { Event: var after } })
                Account(after, "hub.missing", delivery.Missing,
                    $"{delivery.Missing.Count} message(s) have not come, from number {delivery.Missing[0]} to {delivery.Missing[^1]}");
            if (delivery is { GivenUp.Count: > 0, Message: ReceivedMessage.Accepted { Event: var told } })
                Account(told, "hub.givenup", delivery.GivenUp,
                    $"{delivery.GivenUp.Count} message(s) named as missing before were given up by the box, from number {delivery.GivenUp[0]} to {delivery.GivenUp[^1]}");
            if (delivery is { Late: true, Message: ReceivedMessage.Accepted { Event: var after2 } })
                Account(after2, "hub.late", [after2.Sequence], $"number {after2.Sequence}, named as missing before, has come");
            return true;
        }

        /// <summary>The last line, of a hub that was not killed, for a machine that asked for everything.</summary>
        public void End(string agency, long repeats)
        {
            if (_refusals.TakeFurther(TimeProvider.System.GetUtcNow(), anyway: true) is > 0 and var further) Say($"REFUSED {further} more message(s)");
            if (all && json) Print(JsonSerializer.Serialize(new { type = "hub.ended", agency, hits = Hits, refused = Refused, repeats }, Json));
        }

        private void Anew(CloudEvent said, string reason, string inWords)
        {
            Say($"{said.Box.Box} {inWords} Its account begins anew with number {said.Sequence}; what is missing below that is not known");
            if (all && json) Print(JsonSerializer.Serialize(new { type = "hub.anew", said.Box.Agency, said.Box.Box, from = said.Sequence, reason }, Json));
        }

        /// <summary>Whoever can make the broker bring rubbish must not fill the journal with it.</summary>
        private void SayRefused(string line)
        {
            var now = TimeProvider.System.GetUtcNow();
            if (_refusals.TakeFurther(now) is > 0 and var further) Say($"REFUSED {further} more message(s) in the hour before");
            if (_refusals.TrySpend(now)) Say(line);
        }

        private static string Fields(string type, CloudEvent said, HitHeader header, bool again, DateTimeOffset? epochEnded) => JsonSerializer.Serialize(new
        {
            type, said.Id, said.Box.Agency, said.Box.Box, said.Sequence, said.Time, header.For, header.Expires, epochEnded, Verified = true, again,
        }, Json);

        /// <summary>Says what became of numbers; a machine that asked for everything gets it as a line of its own.</summary>
        private void Account(CloudEvent said, string type, IReadOnlyList<long> numbers, string inWords)
        {
            Say($"{said.Box.Box}: {inWords}");
            if (all && json) Print(JsonSerializer.Serialize(new { type, said.Box.Agency, said.Box.Box, numbers }, Json));
        }

        private static string Mark(Delivery delivery) => delivery.Again ? "  perhaps shown before" : "";

        private static string Line(ReceivedMessage.Hit hit, CaseNames cases)
        {
            var (said, facts) = (hit.Event, hit.Body.Facts);
            return string.Join("  ", (string[])[Time(facts.Time), said.Box.Box, string.Create(CultureInfo.InvariantCulture, $"hit {hit.Header.Sequence}"),
                facts.Camera,
                cases.Of(facts.EntryId) is { } known ? $"case {Printable.Line(known)}" : $"entry {facts.EntryId}", hit.Body.Text,
                string.Create(CultureInfo.InvariantCulture, $"{facts.Frames} frames agreed, weakest character {facts.Confidences.Min():0.00}"),
                facts.Region.Code ?? "region unknown",
                .. facts.Right is { } right ? [string.Create(CultureInfo.InvariantCulture, $"right with probability {right:0.000}")] : Array.Empty<string>(),
                .. facts.RuleChanged.Count > 0 ? [$"a region rule changed character {string.Join(", ", facts.RuleChanged.Select(at => at + 1))}"]
                    : Array.Empty<string>(),
                "verified"]);
        }

        private string Fields(ReceivedMessage.Hit hit, CaseNames cases, bool again)
        {
            var (said, facts) = (hit.Event, hit.Body.Facts);
            return JsonSerializer.Serialize(new
            {
                type = said.Type.Name, said.Id, said.Box.Agency, said.Box.Box, said.Sequence, said.Time, facts.Camera, Read = facts.Time,
                Case = cases.Of(facts.EntryId), Entry = facts.EntryId, hit.Body.Text, facts.Confidences, facts.Right,
                Region = facts.Region.Code, RegionSure = facts.Region.Sure, facts.RegionVerified, facts.RuleChanged, facts.Frames,
                Form = Matching.MatchForms.Write(facts.Form), Policy = facts.PolicyVersion,
                hit.Header.Expires, Verified = true, again,
            }, Json) is var line && crop ? $"{line[..^1]},\"crop\":\"{Convert.ToBase64String(facts.Crop.Span)}\"}}" : line;
        }

        private static string Line(ReceivedMessage.Incident incident, NotifyDeadline deadline)
        {
            var (said, notice) = (incident.Event, incident.Notice);
            var times = notice.Count == 1 ? "" : $", {notice.Count} times";
            return $"{Time(notice.When)}  {said.Box.Box}  INCIDENT {IncidentKinds.Write(notice.Kind)} ({notice.Detail}{times})  {Printable.Line(deadline.ToString())}  verified";
        }

        private static string Fields(ReceivedMessage.Incident incident, NotifyDeadline deadline, bool again)
        {
            var (said, notice) = (incident.Event, incident.Notice);
            return JsonSerializer.Serialize(new
            {
                type = said.Type.Name, said.Id, said.Box.Agency, said.Box.Box, said.Sequence, said.Time, Kind = IncidentKinds.Write(notice.Kind),
                notice.When, notice.Detail, notice.Count, notice.NotifyBy, Tell = deadline.Office,
                MinutesLeft = (long)Math.Floor(deadline.Left.TotalMinutes), Verified = true, again,
            }, Json);
        }

        private static string Fields(CloudEvent said, bool again) => JsonSerializer.Serialize(new
        {
            type = said.Type.Name, said.Id, said.Box.Agency, said.Box.Box, said.Sequence, said.Time,
            Data = JsonElement.Parse(said.Data.Span), Verified = true, again,
        }, Json);

        private static string Text(CloudEvent said) => Printable.Line(System.Text.Encoding.UTF8.GetString(said.Data.Span));

        private static string Time(DateTimeOffset time) =>
            time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.ff'Z'", CultureInfo.InvariantCulture);

        private void Print(string line)
        {
            output.WriteLine(line);
            output.Flush();
        }
    }
}
