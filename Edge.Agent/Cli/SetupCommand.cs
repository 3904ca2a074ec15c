using System.CommandLine;
using Edge.Agent.Clock;
using Edge.Agent.Configuration;
using Edge.Agent.Device;
using Edge.Agent.Doctor;
using Edge.Agent.Enrolment;
using Edge.Agent.Orders;
using Edge.Agent.Publishing;
using Edge.Storage.Files;
using Edge.Storage.Json;
using Edge.Storage.Trust;
using Edge.Vision.Capture;
using QRCoder;

namespace Edge.Agent.Cli;

/// <summary><c>setup</c>: from a bare machine to a box that its agency knows. What is not given as an option is asked; what was asked is printed
/// as the command that would not have to ask. It may be left and taken up again at every step.</summary>
internal sealed class SetupCommand
{
    private static readonly TimeSpan StartWithin = TimeSpan.FromSeconds(45);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(500);

    private readonly Option<string?> _agency = new("--agency") { Description = "The agency's name." };
    private readonly Option<string?> _box = new("--box") { Description = "This box's name, unique in the agency." };
    private readonly Option<string?> _request = new("--request") { Description = "Where to write the request; BOX.request.json here unless given." };
    private readonly Option<string?> _answer = new("--answer") { Description = "The agency's answer." };
    private readonly Option<string?> _fingerprint = new("--fingerprint") { Description = "The answer's fingerprint, as the hub's operator reads it out." };
    private readonly Option<string[]> _camera = new("--camera")
    {
        Description = "NAME=SOURCE, repeat for more. A password in it shows in the process list: let yourself be asked, or edit the file.",
        DefaultValueFactory = _ => [],
    };
    private readonly Option<string> _wrap = new Option<string>("--wrap")
    {
        Description = "What the keys are wrapped under: credential (systemd's, by the TPM where there is one), file, or auto.",
        DefaultValueFactory = _ => "auto",
    }.AcceptOnlyFromAmong("auto", "credential", "file");
    private readonly Option<bool> _again = new("--again")
        { Description = "Make a new request with the keys that are here: the last one was lost, or the agency asks for it." };
    private readonly Option<bool> _noStart = new("--no-start") { Description = "Do not start the service." };
    private readonly Option<bool> _offline = new("--offline") { Description = "There is no network yet: test neither the broker nor network cameras." };
    private readonly Option<string?> _folder = new("--folder") { Description = "Set up below this folder instead of on this machine, for a try." };
    private readonly Option<string> _config = DoctorCommand.ConfigOption();

    public static Command Build()
    {
        var setup = new SetupCommand();
        var command = new Command("setup", "Make this machine a box: keys, request, answer, cameras, test")
        {
            setup._agency, setup._box, setup._request, setup._answer, setup._fingerprint, setup._camera, setup._wrap, setup._again, setup._noStart,
                setup._offline,
            setup._folder, setup._config,
        };
        command.SetAction((parse, cancel) => Failure.ShowAsync(() => setup.RunAsync(parse, new TerminalQuestions(), new Machine(), TimeProvider.System,
            cancel)));
        return command;
    }

    /// <summary>For a test, which answers itself.</summary>
    internal static Task<ExitCode> RunAsync(IReadOnlyList<string> arguments, Questions questions, Machine machine, TimeProvider time, TextWriter output,
        CancellationToken cancel)
    {
        var setup = new SetupCommand();
        var command = new Command("setup")
        {
            setup._agency, setup._box, setup._request, setup._answer, setup._fingerprint, setup._camera, setup._wrap, setup._again, setup._noStart,
                setup._offline,
            setup._folder, setup._config,
        };
        var parse = command.Parse(arguments);
        parse.InvocationConfiguration.Output = output;
        return setup.RunAsync(parse, questions, machine, time, cancel);
    }

    private async Task<ExitCode> RunAsync(ParseResult parse, Questions questions, Machine machine, TimeProvider time, CancellationToken cancel)
    {
        var file = parse.GetValue(_config)!;
        var place = parse.GetValue(_folder) is { } folder ? BoxPlace.OfFolder(machine, Path.GetFullPath(folder))
            : ConfigurationFile.Open(file) is var known ? BoxPlace.OfMachine(machine, file, known.Folder("stateFolder"), known.Folder("enrolmentFolder"))
                : null!;
        if (place.IsMachine && !Environment.IsPrivilegedProcess)
            return Failure.Say(ExitCode.Usage, "this sets up the machine itself: run it as root (sudo edge-agent setup), or give --folder for a try");
        try
        {
            return await new Steps(this, parse, questions, place, time, parse.InvocationConfiguration.Output).RunAsync(cancel);
        }
        catch (UnansweredException missing)
        {
            return Failure.Say(ExitCode.Usage, missing.Message);
        }
    }

    /// <summary>One run.</summary>
    private sealed class Steps(SetupCommand options, ParseResult parse, Questions questions, BoxPlace place, TimeProvider time, TextWriter output)
    {
        private readonly EnrolmentFolder _enrolment = new(place.Enrolment);
        private readonly List<string> _repeat = [];
        private readonly List<(string Name, string Source)> _given = [.. parse.GetValue(options._camera)!.Select(ReadCamera)];
        private bool _enrolled;

        public async Task<ExitCode> RunAsync(CancellationToken cancel)
        {
            if (File.Exists(Path.Combine(place.State, OrderDesk.DecommissionedName)))
                throw new EnrolmentException($"this box was taken out of service: to use the machine again, remove {place.State} and {place.Enrolment}; copy {place.State}/audit first, it is the log");
            var again = parse.GetValue(options._again);
            var given = parse.GetValue(options._answer);
            if (again && given is not null) throw new UnansweredException("--again makes a new request: give --answer when it is answered");
            if (_given.GroupBy(camera => camera.Name).FirstOrDefault(same => same.Count() > 1) is { } twice)
                throw new UnansweredException($"--camera {twice.Key} is given twice");
            if (given is null && (again || _enrolment.Waiting is null && !_enrolment.IsEnrolled)) Request();
            else if (given is null && _enrolment.Waiting is { } waiting) Show(waiting, null);
            if ((given is not null || _enrolment.Waiting is not null) && !TakeAnswer(given)) return ExitCode.Ok;
            Configure();
            place.HandOver();
            if (_repeat.Count > 0) output.WriteLine($"the same again, without a question: edge-agent setup{Place()} {string.Join(' ', _repeat)}");
            if (!place.IsMachine) output.WriteLine($"to run it: edge-agent run --config {Quoted(place.Configuration)}");
            var offline = parse.GetValue(options._offline);
            await StartAsync(cancel);
            output.WriteLine();
            return await DoctorCommand.RunAsync(Patient.Of(place.Configuration, place.Machine, time, offline), json: false, output, cancel);
        }

        /// <summary>Keys, and what to carry to the agency.</summary>
        private void Request()
        {
            BoxName box;
            if (_enrolment.IsEnrolled) box = _enrolment.Name();
            else
            {
                var (agency, name) = (parse.GetValue(options._agency), parse.GetValue(options._box));
                var waits = parse.GetValue(options._again) ? _enrolment.Waiting?.Box : null;
                box = new BoxName(
                    questions.Ask(new Question("--agency", "Name of the agency", Name), agency ?? waits?.Agency),
                    questions.Ask(new Question("--box", "Name of this box", Name), name ?? waits?.Box));
            }
            var file = parse.GetValue(options._request)
                ?? (questions.CanAsk ? questions.Ask(new Question("--request", "Where to write the request", Writable) { Usual = $"{box.Box}.request.json" },
                    null) : $"{box.Box}.request.json");
            EnrolmentRequest request;
            using (var keys = place.OpenKeys(parse.GetValue(options._wrap)!, out var how))
            {
                if (how is not null) output.WriteLine($"keys made on this box, wrapped under {how}");
                request = _enrolment.Prepare(box, keys);
            }
            var path = Path.GetFullPath(file);
            DurableFile.Write(path, request.Write(), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
            place.HandOver();
            Show(request, path);
            output.WriteLine($"the same again, without a question: edge-agent setup{Place()} --agency {box.Agency} --box {box.Box} --request {Quoted(path)}");
        }

        private void Show(EnrolmentRequest request, string? file)
        {
            var drawn = !Console.IsOutputRedirected && Qr(request);
            output.WriteLine($"box          {request.Box}");
            output.WriteLine($"request      {file ?? Path.Combine(place.Enrolment, "request.json")}{(drawn ? ", also in the QR code" : "")}");
            output.WriteLine($"fingerprint  {request.Fingerprint}");
            output.WriteLine("bring the request to the agency, there: edge-agent hub enrol DIR REQUEST; read the fingerprint out to whoever sits there");
        }

        // Two rows of modules a line of text; the code is the request itself, byte for byte.
        private bool Qr(EnrolmentRequest request)
        {
            using var code = new QRCodeGenerator().CreateQrCode(request.Write(), QRCodeGenerator.ECCLevel.L);
            using var picture = new AsciiQRCode(code);
            var lines = picture.GetGraphicSmall();
            var width = lines.Split('\n').Max(line => line.Length);
            if (width <= Console.WindowWidth) output.WriteLine(lines);
            else output.WriteLine($"(the QR code needs a terminal of {width} columns, this one has {Console.WindowWidth}: make it wider and run edge-agent setup again, or carry the file)");
            return width <= Console.WindowWidth;
        }

        /// <returns>False if there is none yet.</returns>
        private bool TakeAnswer(string? given)
        {
            if (given is null && !questions.CanAsk)
            {
                output.WriteLine($"when it is answered: edge-agent setup{Place()} --answer FILE");
                return false;
            }
            var file = questions.Ask(new Question("--answer", "The agency's answer, a file (nothing: later)", typed => typed.Length == 0 ? null
                : Readable(typed)) { Usual = "" }, given);
            if (file.Length == 0)
            {
                output.WriteLine($"when it is answered: edge-agent setup{Place()}, and it goes on here");
                return false;
            }
            var answer = Read(file);
            _repeat.Add($"--answer {Quoted(Path.GetFullPath(file))}");
            if (answer.Request is null)
            {
                _enrolment.Accept(answer, time.GetUtcNow());
                output.WriteLine("the certificate is renewed");
                return true;
            }
            Compare(answer);
            _enrolment.Accept(answer, time.GetUtcNow());
            output.WriteLine($"enrolled as {answer.Box}, broker {answer.Broker}");
            _enrolled = true;
            return true;
        }

        /// <summary>What the box trusts from now on is what it is told here: a person compares it.</summary>
        private void Compare(EnrolmentAnswer answer)
        {
            var fingerprint = answer.Fingerprint;
            // Typed as it is heard, and not shown before: of a part, another answer can be made to have the same within seconds, and what is on the
            // screen is copied.
            var given = parse.GetValue(options._fingerprint);
            var said = questions.Ask(new Question("--fingerprint", "The answer's fingerprint, as the hub's operator reads it out",
                typed => !SpokenFingerprint.TryParse(typed, out var whole) ? "must be four groups of four letters and digits, as the hub says them"
                    : whole == fingerprint ? null : given is null ? Mistyped : Differ), given);
            _repeat.Add($"--fingerprint {Quoted(said)}");
        }

        private const string Mistyped =
            "is not this answer's: type it again. If the hub really says this, stop with Ctrl-C: then the answer is not your agency's";

        private const string Differ = "is not this answer's fingerprint: the answer is not the one that your agency gave, get it again";

        private static EnrolmentAnswer Read(string file)
        {
            using var stream = PlainFile.OpenRead(file);
            if (stream.Length > EnrolmentAnswer.MaxBytes)
                throw new EnrolmentException($"{file} is no answer: it has more than {EnrolmentAnswer.MaxBytes} bytes");
            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            return EnrolmentAnswer.TryParse(bytes, out var answer, out var problems) ? answer
                : throw new EnrolmentException(string.Join('\n', problems.Select(problem => $"{file}: {problem}")));
        }

        /// <summary>Cameras, and the configuration file.</summary>
        private void Configure()
        {
            var configuration = ConfigurationFile.Open(place.Configuration);
            var cameras = _given.Count > 0 ? _given : configuration.HasCameras ? [] : AskForCameras();
            // Not lost where an earlier run got no further than the answer.
            var broker = _enrolled || !configuration.HasBroker ? _enrolment.Broker : null;
            if (cameras.Count == 0 && broker is null) return;
            if (broker is not null) configuration.SetBroker(broker);
            if (cameras.Count > 0) configuration.SetCameras(cameras);
            foreach (var (name, source) in cameras) _repeat.Add($"--camera {Quoted($"{name}={WithoutUser(source)}")}");
            if (!place.IsMachine)
            {
                configuration.SetFolder("stateFolder", place.State);
                configuration.SetFolder("enrolmentFolder", place.Enrolment);
                configuration.SetFolder("trustFolder", Path.Combine(place.State, "trust-inbox"));
                var run = Path.Combine(Path.GetDirectoryName(place.Configuration)!, "run");
                Directory.CreateDirectory(run);
                configuration.SetFolder("runFolder", run);
            }
            if (!configuration.HasBroker) throw new EnrolmentException($"{place.Configuration} names no broker: set broker.host there");
            Directory.CreateDirectory(Path.GetDirectoryName(place.Configuration)!);
            configuration.Save();
            output.WriteLine($"written {place.Configuration}");
            foreach (var missing in place.AllowCameras([.. cameras.Select(camera => camera.Source)]))
                output.WriteLine($"the service reaches no such camera until {missing} is installed: see docs/install.md");
        }

        private List<(string Name, string Source)> AskForCameras()
        {
            var found = FoundCamera.On(place.Machine);
            if (questions.CanAsk)
                foreach (var (i, camera) in found.Index()) output.WriteLine(Printable.Line($"  {i + 1}) {camera.Source}  {camera.Label}"));
            var cameras = new List<(string Name, string Source)>();
            while (true)
            {
                var typed = questions.Ask(new Question("--camera", found.Count > 0 ? "Camera: its number above, its address (rtsp://, http://) or a path"
                    : "Camera: its address (rtsp://, http://) or a path",
                    source => Chosen(source) is { Length: > 0 } chosen ? CameraSources.Fault(new CameraOptions("", chosen))
                        : "must be a number, an address or a path"), null);
                var name = questions.Ask(new Question("--camera", "Its name", text => Name(text) ?? (cameras.Any(other => other.Name == text) ? "is taken"
                    : null))
                {
                    Usual = $"lane-{cameras.Count + 1}",
                }, null);
                cameras.Add((name, Chosen(typed)));
                if (cameras.Count == AgentConfiguration.MaxCameras) return cameras;
                if (questions.Ask(new Question("--camera", "Another camera? y or n", text => text is "y" or "n" ? null : "must be y or n") { Usual = "n" },
                    null) == "n") return cameras;
            }

            string Chosen(string text) => int.TryParse(text, out var number) && number >= 1 && number <= found.Count ? found[number - 1].Source : text;
        }

        private static (string Name, string Source) ReadCamera(string text)
        {
            var (name, source) = text.IndexOf('=', StringComparison.Ordinal) is > 0 and var at ? (text[..at], text[(at + 1)..]) : ("", text);
            // What was typed is not repeated: it may hold a password.
            return Name(name) is null && source.Length > 0 ? CameraSources.Fault(new CameraOptions(name, source)) is { } fault
                ? throw new UnansweredException($"--camera {name}: its source {fault}") : (name, source)
                : throw new UnansweredException($"--camera must be NAME=SOURCE, and the name {PartyName.Rule}");
        }

        private async Task StartAsync(CancellationToken cancel)
        {
            if (parse.GetValue(options._noStart) || !place.HasService) return;
            if (questions.CanAsk && questions.Ask(new Question("--no-start", "Start the service? y or n", text => text is "y" or "n" ? null
                : "must be y or n") { Usual = "y" }, null) == "n") return;
            if (place.Start() is { } refused)
            {
                output.WriteLine(Printable.Line(refused));
                return;
            }
            output.WriteLine("started; waiting for its first word");
            var (health, since) = (new HealthFile(AgentConfiguration.Load(place.Configuration).RunFolder, new KernelBootCounter()), time.GetTimestamp());
            while (health.Read(out _) is not { Link.Broker: not null } && time.GetElapsedTime(since) < StartWithin) await Task.Delay(LookEvery, time, cancel);
        }

        private static string? Name(string text) => PartyName.IsValid(text) ? null : PartyName.Rule;

        private static string? Writable(string path) => Directory.Exists(path) ? "must be a file, and this is a folder"
            : Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(path))) ? null : "must be in a folder that is there";

        private static string? Readable(string path) => !File.Exists(path) ? "must be a file that is there"
            : new FileInfo(path).Length <= EnrolmentRequest.MaxBytes && EnrolmentRequest.TryParse(File.ReadAllBytes(path), out _, out _)
                ? "is the request itself: the agency makes the answer from it, there: edge-agent hub enrol DIR REQUEST" : null;

        private string Place() => place.IsMachine ? parse.GetValue(options._config) is { } config && config != RunCommand.DefaultConfiguration
            ? $" --config {Quoted(config)}" : ""
            : $" --folder {Quoted(Path.GetDirectoryName(place.Configuration)!)}";

        /// <summary>As a shell takes it.</summary>
        private static string Quoted(string text) => text.All(one => char.IsAsciiLetterOrDigit(one) || one is '/' or '.' or '-' or '_' or '=' or ':') ? text
            : $"'{text.Replace("'", @"'\''", StringComparison.Ordinal)}'";

        private static string WithoutUser(string source) =>
            source.IndexOf("://", StringComparison.Ordinal) is > 0 and var scheme && source.LastIndexOf('@') is var at && at > scheme
                ? $"{source[..(scheme + 3)]}USER:PASSWORD{source[at..]}" : source;
    }
}
