using System.CommandLine;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Edge.Agent.Governance;
using Edge.Agent.Hub;
using Edge.Agent.Publishing;

namespace Edge.Agent.Cli;

/// <summary><c>hub watch DIR</c>: shows what the agency's boxes send, verified and opened: a line for each hit and each
/// incident on standard output, an incident with whom to tell and how much time is left. What is refused, missing or lost is said on standard error.</summary>
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
        var command = new Command("watch", "Show what the agency's boxes send, verified and decrypted") { folder, broker, from, count, all, json };
        command.SetAction((parse, cancel) => Failure.ShowAsync(async () =>
        {
            BrokerAddress? address = null;
            if (parse.GetValue(broker) is { } text && !BrokerAddress.TryParse(text, out address))
                return Failure.Say(ExitCode.Usage, "--broker must be HOST or HOST:PORT");
            if (parse.GetValue(count) is < 1) return Failure.Say(ExitCode.Usage, "--count must be 1 or more");
            var show = new Shown(parse.GetValue(all), parse.GetValue(json), parse.InvocationConfiguration.Output, parse.InvocationConfiguration.Error);
            return await RunAsync(parse.GetValue(folder)!, address, parse.GetValue(from), parse.GetValue(count), show, cancel);
        }));
        return command;
    }

    /// <returns><see cref="ExitCode.Verification"/> if anything was refused; <see cref="ExitCode.Interrupted"/> if it was
    /// stopped before <paramref name="count"/> hits had come.</returns>
    private static async Task<ExitCode> RunAsync(string folder, BrokerAddress? broker, string? other, int? count, Shown show,
        CancellationToken cancel)
    {
        using var agency = Agency.Open(folder);
        var settings = other is not null ? agency.Grants.LinkTo(other, broker)
            : new LinkSettings(broker ?? agency.Broker, agency.HubCertificates, $"{agency.Name}-hub");
        await using var watch = await HubWatch.OpenAsync(settings, agency.Verifier(), TimeProvider.System,
            lost => show.Say(lost.Message), cancel, other);
        show.Say(other is not null ? $"linked to {settings.Broker}, watching for hits of {other} for {agency.Name}"
            : $"linked to {settings.Broker}, watching {agency.Boxes.Count} box(es) of {agency.Name}");
        var cases = new CaseNames(agency, other);
        try
        {
            await watch.RunAsync(delivery =>
            {
                if (delivery.Message is ReceivedMessage.Answer answer) agency.Orders.Take(answer, TimeProvider.System.GetUtcNow());
                return show.Take(delivery, cases, () => agency.Policy) && !(show.Hits >= count);
            }, cancel);
        }
        catch (OperationCanceledException) when (count is null && cancel.IsCancellationRequested)
        {
            // Without a count, being stopped is how it ends.
        }
        return show.Refused == 0 ? ExitCode.Ok : ExitCode.Verification;
    }

    /// <summary>One delivery, one line.</summary>
    private sealed class Shown(bool all, bool json, TextWriter output, TextWriter error)
    {
        public int Hits { get; private set; }

        public int Refused { get; private set; }

        public void Say(string line) => error.WriteLine($"edge-agent: {line}");

        public bool Take(Delivery delivery, CaseNames cases, Func<Policy> policy)
        {
            switch (delivery.Message)
            {
                case ReceivedMessage.Refused refused:
                    Refused++;
                    Say($"REFUSED a message on {Printable(delivery.Topic)}: {refused}");
                    break;
                case ReceivedMessage.Hit hit:
                    Hits++;
                    Print(json ? Fields(hit, cases) : Line(hit, cases));
                    break;
                case ReceivedMessage.SharedHit { Event: var said, Header: var header } when all && !json:
                    Print($"{Time(said.Time)}  {said.Box.Box}  hit {said.Sequence} shared with {header.For}, who alone can open it");
                    break;
                case ReceivedMessage.Unopenable { Event: var late, EpochEnded: var ended }:
                    Say($"{late.Box.Box}: hit {late.Sequence} of {Time(late.Time)} is sealed to a key that no longer exists: boxes were to use it until {Time(ended)}, and it was destroyed when nothing sealed to it might be kept any longer. Nobody can open the hit; see that the box gets its trust files, and its clock");
                    break;
                case ReceivedMessage.Incident incident:
                    var deadline = NotifyDeadline.Of(incident.Notice, policy(), TimeProvider.System.GetUtcNow());
                    Print(json ? Fields(incident, deadline) : Line(incident, deadline));
                    break;
                case ReceivedMessage.Answer answer when !json:
                    if (all || answer.Said.Outcome.Reason is not null)
                        Print($"{Time(answer.Event.Time)}  {answer.Event.Box.Box}  answer to {answer.Said.Verb ?? "an order"}: {answer.Said.Outcome}, {answer.Said.Count} hit(s)");
                    break;
                case ReceivedMessage.Accepted { Event: var said } when all:
                    Print(json ? Fields(said) : $"{Time(said.Time)}  {said.Box.Box}  {said.Type.Level}  {Text(said)}");
                    break;
            }
            if (delivery is { NumberReused: true, Message: ReceivedMessage.Accepted { Event: var twice } })
                Say($"{twice.Box.Box} has used number {twice.Sequence} twice: was it set back to an older state?");
            if (delivery is { Missing.Count: > 0, Message: ReceivedMessage.Accepted { Event: var after } })
                Say($"{after.Box.Box}: {delivery.Missing.Count} message(s) have not come, from number {delivery.Missing[0]} to {delivery.Missing[^1]}");
            return true;
        }

        private static string Line(ReceivedMessage.Hit hit, CaseNames cases)
        {
            var (said, facts) = (hit.Event, hit.Body.Facts);
            return string.Join("  ", (string[])[Time(facts.Time), said.Box.Box, facts.Camera,
                cases.Of(facts.EntryId) is { } known ? $"case {Printable(known)}" : $"entry {facts.EntryId}", hit.Body.Text,
                string.Create(CultureInfo.InvariantCulture, $"{facts.Frames} frames agreed, weakest character {facts.Confidences.Min():0.00}"),
                facts.Region.Code ?? "region unknown",
                .. facts.Right is { } right ? [string.Create(CultureInfo.InvariantCulture, $"right with probability {right:0.000}")] : Array.Empty<string>(),
                .. facts.RuleChanged.Count > 0 ? [$"a region rule changed character {string.Join(", ", facts.RuleChanged.Select(at => at + 1))}"] : Array.Empty<string>(),
                "verified"]);
        }

        private static string Fields(ReceivedMessage.Hit hit, CaseNames cases)
        {
            var (said, facts) = (hit.Event, hit.Body.Facts);
            return JsonSerializer.Serialize(new
            {
                type = said.Type.Name, said.Id, said.Box.Agency, said.Box.Box, said.Sequence, said.Time, facts.Camera, Read = facts.Time,
                Case = cases.Of(facts.EntryId), Entry = facts.EntryId, hit.Body.Text, facts.Confidences, facts.Right,
                Region = facts.Region.Code, RegionSure = facts.Region.Sure, facts.RegionVerified, facts.RuleChanged, facts.Frames, Form = Matching.MatchForms.Write(facts.Form), Policy = facts.PolicyVersion,
                hit.Header.Expires, Verified = true,
            }, Json);
        }

        private static string Line(ReceivedMessage.Incident incident, NotifyDeadline deadline)
        {
            var (said, notice) = (incident.Event, incident.Notice);
            var times = notice.Count == 1 ? "" : $", {notice.Count} times";
            return $"{Time(notice.When)}  {said.Box.Box}  INCIDENT {IncidentKinds.Write(notice.Kind)} ({notice.Detail}{times})  {Printable(deadline.ToString())}  verified";
        }

        private static string Fields(ReceivedMessage.Incident incident, NotifyDeadline deadline)
        {
            var (said, notice) = (incident.Event, incident.Notice);
            return JsonSerializer.Serialize(new
            {
                type = said.Type.Name, said.Id, said.Box.Agency, said.Box.Box, said.Sequence, said.Time, Kind = IncidentKinds.Write(notice.Kind),
                notice.When, notice.Detail, notice.Count, notice.NotifyBy, Tell = deadline.Office,
                MinutesLeft = (long)Math.Floor(deadline.Left.TotalMinutes), Verified = true,
            }, Json);
        }

        private static string Fields(CloudEvent said) => JsonSerializer.Serialize(new
        {
            type = said.Type.Name, said.Id, said.Box.Agency, said.Box.Box, said.Sequence, said.Time,
            Data = JsonElement.Parse(said.Data.Span), Verified = true,
        }, Json);

        private static string Text(CloudEvent said) => Printable(System.Text.Encoding.UTF8.GetString(said.Data.Span));

        // What others wrote must not steer this terminal.
        private static string Printable(string text) => new([.. text.Select(character => char.IsControl(character) ? '?' : character)]);

        private static string Time(DateTimeOffset time) =>
            time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.ff'Z'", CultureInfo.InvariantCulture);

        private void Print(string line)
        {
            output.WriteLine(line);
            output.Flush();
        }
    }
}
