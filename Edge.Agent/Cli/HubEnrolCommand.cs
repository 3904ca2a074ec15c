using System.CommandLine;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json.Nodes;
using Edge.Agent.Enrolment;
using Edge.Agent.Hub;
using Edge.Agent.Publishing;
using Edge.Storage.Files;
using Edge.Storage.Json;

namespace Edge.Agent.Cli;

/// <summary><c>hub enrol DIR REQUEST</c>: shows what a box asks for, has a person compare its fingerprint, and answers. <c>hub renew DIR BOX</c>
/// makes the answer that brings a box a new certificate.</summary>
internal static class HubEnrolCommand
{
    public static Command Build()
    {
        var (folder, json, answer) = (Folder(), RecognizeCommand.JsonOption(), AnswerOption());
        var request = new Argument<string>("REQUEST") { Description = "The box's request, a file; - reads what its QR code said from standard input." };
        var fingerprint = new Option<string?>("--fingerprint")
            { Description = "What the box shows, as its technician reads it out; without, the terminal asks." };
        var replace = new Option<bool>("--replace") { Description = "It takes the place of a box with other keys, which are kept for what they signed." };
        var broker = new Option<string?>("--broker") { Description = "HOST:PORT at which this box reaches the broker, where not the one given to hub init." };
        var command = new Command("enrol", "Admit a box that made its own keys, and answer it") { folder, request, fingerprint, replace, broker, answer, json };
        command.SetAction((parse, _) => Failure.ShowAsync(() =>
        {
            BrokerAddress? address = null;
            if (parse.GetValue(broker) is { } text && !BrokerAddress.TryParse(text, out address))
                return Task.FromResult(Failure.Say(ExitCode.Usage, "--broker must be HOST or HOST:PORT"));
            SpokenFingerprint? heard = null;
            if (parse.GetValue(fingerprint) is { } said && !SpokenFingerprint.TryParse(said, out heard))
                return Task.FromResult(Failure.Say(ExitCode.Usage, "--fingerprint must be four groups of four letters and digits, as the box shows them"));
            if (parse.GetValue(request) is not "-" and var file && !File.Exists(file))
                return Task.FromResult(Failure.Say(ExitCode.Usage, $"{file}: {Reach.Fault(file!) ?? "a folder"}"));
            using var agency = Agency.Open(parse.GetValue(folder)!);
            return Task.FromResult(Enrol(agency, Read(parse.GetValue(request)!), heard, parse.GetValue(replace), address,
                new Answering(parse.GetValue(answer), parse.GetValue(json), parse.InvocationConfiguration.Output)));
        }));
        return command;
    }

    public static Command BuildRenew()
    {
        var (folder, json, answer) = (Folder(), RecognizeCommand.JsonOption(), AnswerOption());
        var box = new Argument<string>("BOX") { Description = "The box's name." };
        var command = new Command("renew", "Make a new certificate for a box, to be carried there") { folder, box, answer, json };
        command.SetAction((parse, _) => Failure.ShowAsync(() =>
        {
            using var agency = Agency.Open(parse.GetValue(folder)!);
            var renewed = agency.Renew(parse.GetValue(box)!, TimeProvider.System.GetUtcNow());
            new Answering(parse.GetValue(answer), parse.GetValue(json), parse.InvocationConfiguration.Output).Write(renewed);
            return Task.FromResult(ExitCode.Ok);
        }));
        return command;
    }

    private static Argument<string> Folder() => new("DIR") { Description = "The agency's folder." };

    private static Option<string?> AnswerOption() => new("--answer") { Description = "Where to write the answer; BOX.answer.json here unless given." };

    private static EnrolmentRequest Read(string file)
    {
        byte[] bytes;
        using (var from = file == "-" ? Console.OpenStandardInput() : PlainFile.OpenRead(file))
        {
            bytes = new byte[EnrolmentRequest.MaxBytes + 1];
            bytes = bytes[..from.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)];
        }
        // What a QR code said is pasted with a line break behind it.
        var trimmed = file == "-" ? bytes.AsMemory()[..(bytes.AsSpan().LastIndexOf((byte)'}') + 1)] : bytes;
        return EnrolmentRequest.TryParse(trimmed, out var request, out var problems) ? request
            : throw new AgencyException(string.Join('\n', problems.Select(problem => $"{(file == "-" ? "the request" : file)}: {problem}")));
    }

    private static ExitCode Enrol(Agency agency, EnrolmentRequest request, SpokenFingerprint? heard, bool replace, BrokerAddress? broker, Answering answering)
    {
        var standing = agency.Register.StandingOf(request);
        answering.Say($"box          {request.Box}, {Describe(standing)}");
        // Where a person is asked, it is typed as it is heard: what stands on the screen is copied.
        if (heard is not null || Console.IsInputRedirected) answering.Say($"fingerprint  {request.Fingerprint}");
        if (standing == BoxStanding.OtherKeys && !replace)
            return Failure.Say(ExitCode.Configuration,
                $"box {request.Box.Box} is enrolled already, with other keys: give --replace if this one takes its place");
        if (heard is null && !Heard(answering, out heard, out var code)) return code;
        if (heard != request.Fingerprint)
            return Failure.Say(ExitCode.Verification,
                $"the fingerprints differ: the box shows {heard}, this request has {request.Fingerprint}. It is not that box's: nothing was enrolled");
        answering.Write(agency.Enrol(request, TimeProvider.System.GetUtcNow(), replace: replace, broker: broker));
        return ExitCode.Ok;
    }

    // The whole of it: of a part, another request can be made to have the same within seconds.
    private static bool Heard(Answering answering, [NotNullWhen(true)] out SpokenFingerprint? heard, out ExitCode code)
    {
        (heard, code) = (null, ExitCode.Ok);
        if (Console.IsInputRedirected)
        {
            code = Failure.Say(ExitCode.Usage, "no terminal to ask what fingerprint the box shows: give --fingerprint, as its technician reads it out");
            return false;
        }
        while (true)
        {
            answering.Ask("What fingerprint does the box show? Type it as its technician reads it out, nothing to stop: ");
            using var open = Interruption.Question();
            if (Console.ReadLine()?.Trim() is not { Length: > 0 } typed)
            {
                code = Failure.Say(ExitCode.Refused, "not approved: nothing was enrolled");
                return false;
            }
            if (SpokenFingerprint.TryParse(typed, out heard)) return true;
            answering.Say("it has four groups of four letters and digits");
        }
    }

    private static string Describe(BoxStanding standing) => standing switch
    {
        BoxStanding.New => "a new box",
        BoxStanding.SameKeys => "known, with these keys: it gets a new certificate",
        _ => "known WITH OTHER KEYS: this one is to replace it",
    };

    /// <summary>Where the answer and what is said of it go.</summary>
    private sealed class Answering(string? file, bool json, TextWriter output)
    {
        public void Say(string line) => (json ? Console.Error : output).WriteLine(line);

        public void Ask(string question) => (json ? Console.Error : output).Write(question);

        public void Write(EnrolmentAnswer answer)
        {
            var path = Path.GetFullPath(file ?? $"{answer.Box.Box}.answer.json");
            var earlier = File.Exists(path);
            DurableFile.Write(path, answer.Write());
            if (json)
            {
                output.WriteLine(ProposalReport.Write(new JsonObject
                {
                    ["agency"] = answer.Box.Agency, ["box"] = answer.Box.Box, ["epoch"] = answer.Epoch, ["answer"] = path,
                    ["fingerprint"] = answer.Fingerprint.ToString(), ["expires"] = JsonTime.Write(answer.Expires),
                }));
                return;
            }
            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"answer       {path}{(earlier ? ", in the place of an earlier one" : "")}, good once and until {JsonTime.Write(answer.Expires)}"));
            output.WriteLine(answer.Request is null ? "carry it to the box, there: sudo edge-agent setup --answer FILE"
                : $"fingerprint  {answer.Fingerprint}  of the answer: read it out to the technician\ncarry it to the box, there: sudo edge-agent setup --answer FILE");
        }
    }
}
