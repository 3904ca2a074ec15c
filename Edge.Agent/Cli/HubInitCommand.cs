using System.CommandLine;
using System.Text.Json;
using Edge.Agent.Enrolment;
using Edge.Agent.Hub;
using Edge.Agent.Publishing;
using Edge.Storage.Json;
using Edge.Storage.Trust;
using Edge.Vision.Recognition;
using Spectre.Console;

namespace Edge.Agent.Cli;

/// <summary><c>hub init DIR</c>: makes an agency. Without a list it looks for nobody.</summary>
internal sealed class HubInitCommand
{
    private readonly Argument<string> _folder = new("DIR")
    {
        Description = "Folder to make the agency in; must be empty or absent.",
    };
    private readonly Option<string?> _agency = new("--agency")
    {
        Description = "Its name: a-z, 0-9 and '-'. Asked in a terminal, else example.",
    };
    private readonly Option<string> _box = new("--box")
    {
        Description = "A first box to make keys for.", DefaultValueFactory = _ => "box-1",
    };
    private readonly Option<bool> _noBox = new("--no-box")
    {
        Description = "No first box: for an agency whose boxes make their own keys, or for hub simulate.",
    };
    private readonly Option<string?> _broker = new("--broker")
    {
        Description = "HOST:PORT at which boxes reach its broker. Asked in a terminal, else localhost:8883, which no other machine reaches.",
    };
    private readonly Option<string[]> _lookFor = new("--look-for")
    {
        Description = "A plate to look for; repeat for more. Shows in the process list: prefer --hotlist.", DefaultValueFactory = _ => [],
    };
    private readonly Option<string[]> _case = new("--case")
    {
        Description = "The case ID of the plates: one for all, or one for each.", DefaultValueFactory = _ => [],
    };
    private readonly Option<string?> _purpose = new("--purpose")
    {
        Description = "The purpose of the plates, one the policy allows.",
    };
    private readonly Option<string?> _hotlist = new("--hotlist")
    {
        Description = "A list of plates with their cases, .json or .csv.",
    };
    private readonly Option<int?> _keepers = new("--keepers")
    {
        Description = "How many people sign policy and keys, two of them at a time; 0: the hub signs alone, with a key that nothing protects. 3 in a terminal, else 0.",
    };
    private readonly Option<string[]> _passphrases = new("--passphrase-file")
    {
        Description = "File whose first line is a keeper's passphrase; one for each keeper, else the terminal asks.", DefaultValueFactory = _ => [],
    };
    private readonly Option<bool> _json = RecognizeCommand.JsonOption();

    public static Command Build()
    {
        var init = new HubInitCommand();
        var command = new Command("init", "Make an agency: keys, certificates, signed policy and hotlist")
        {
            init._folder, init._agency, init._box, init._noBox, init._broker, init._lookFor, init._case, init._purpose, init._hotlist,
            init._keepers, init._passphrases, init._json,
        };
        command.SetAction((parse, _) => Failure.ShowAsync(() => Task.FromResult(init.Run(parse, TimeProvider.System.GetUtcNow()))));
        return command;
    }

    private ExitCode Run(ParseResult parse, DateTimeOffset now)
    {
        string agencyName, brokerName;
        try
        {
            (agencyName, brokerName) = (Ask("--agency", "Name of the agency", name => PartyName.IsValid(name) ? null : PartyName.Rule,
                parse.GetValue(_agency), "example"),
                Ask("--broker", "HOST:PORT at which boxes reach its broker",
                    address => BrokerAddress.TryParse(address, out _) ? null : "must be HOST or HOST:PORT",
                    parse.GetValue(_broker), "localhost:8883"));
        }
        catch (UnansweredException bad)
        {
            return Failure.Say(ExitCode.Usage, bad.Message);
        }
        if (!BrokerAddress.TryParse(brokerName, out var broker)) return Failure.Say(ExitCode.Usage, "--broker must be HOST or HOST:PORT");
        var boxName = parse.GetValue(_box)!;
        try
        {
            Agency.RequireBoxName(boxName);
        }
        catch (AgencyException bad)
        {
            return Failure.Say(ExitCode.Usage, $"--box: {bad.Message}");
        }
        var noBox = parse.GetValue(_noBox);
        if (noBox && parse.GetResult(_box) is { Implicit: false }) return Failure.Say(ExitCode.Usage, "give --box or --no-box, not both");
        if (!TryWanted(parse, now, out var wanted, out var code)) return code;
        IReadOnlyList<Keeper> keepers = [];
        try
        {
            if (!TryKeepers(parse, out keepers, out code)) return code;
            var plan = new AgencyPlan
            {
                Agency = agencyName, Broker = broker, Wanted = wanted, Keepers = keepers, KeeperThreshold = Math.Min(2, keepers.Count),
            };
            using var agency = Agency.Create(parse.GetValue(_folder)!, plan, now, Progress(wanted.Count), out var refused);
            if (agency is null)
            {
                foreach (var refusal in refused) Failure.Say(ExitCode.Refused, $"hotlist {refusal}");
                var purposes = string.Join(", ", AgencyPlan.ExamplePolicy(agencyName).Purposes.Select(purpose => purpose.Name));
                return Failure.Say(ExitCode.Refused, $"nothing was made; the policy allows the purposes {purposes}");
            }
            var box = noBox ? null : agency.PrepareBox(boxName, now);
            if (box is not null) FirstInstall.WriteBox(agency, box);
            var toBroker = FirstInstall.WriteBroker(agency, Path.GetFullPath(parse.GetValue(_folder)!));
            Show(new Made(agency, Path.GetFullPath(parse.GetValue(_folder)!), box, toBroker, wanted.Count, keepers), parse.GetValue(_json));
            if (keepers.Count == 0) Failure.Say(ExitCode.Ok,
                "no keepers: whoever has this folder can change the policy alone. Good to try things out; for an agency in service, --keepers 3");
            return ExitCode.Ok;
        }
        finally
        {
            foreach (var plate in wanted) plate.Dispose();
            foreach (var keeper in keepers) keeper.Key.Dispose();
        }
    }

    private static string Ask(string flag, string words, Func<string, string?> fault, string? given, string otherwise)
    {
        var questions = new TerminalQuestions();
        if (given is null && !questions.CanAsk) Failure.Say(ExitCode.Ok, $"no {flag}: it is {otherwise}, for a try on this machine");
        return questions.Ask(new Question(flag, words, fault) { Usual = otherwise }, given ?? (questions.CanAsk ? null : otherwise));
    }

    private bool TryKeepers(ParseResult parse, out IReadOnlyList<Keeper> keepers, out ExitCode code)
    {
        var (files, folder) = (parse.GetValue(_passphrases)!, parse.GetValue(_folder)!);
        var count = parse.GetValue(_keepers) ?? (files.Length > 0 ? files.Length : Console.IsInputRedirected ? 0 : 3);
        (keepers, code) = ([], ExitCode.Ok);
        if (count is < 0 or > 16) code = Failure.Say(ExitCode.Usage, "--keepers must be 0 to 16");
        else if (files.Length > 0 && files.Length != count)
            code = Failure.Say(ExitCode.Usage, $"{count} keepers and {files.Length} passphrase files: give one --passphrase-file for each");
        else if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
            code = Failure.Say(ExitCode.Configuration, $"{folder} is not empty, and an agency is never overwritten: name another folder");
        else
            for (var i = 0; i < count; i++) keepers = [.. keepers, NewKeeper.Make($"keeper-{i + 1}", files.ElementAtOrDefault(i))];
        return code == ExitCode.Ok;
    }

    private bool TryWanted(ParseResult parse, DateTimeOffset now, out IReadOnlyList<WantedPlate> wanted, out ExitCode code)
    {
        code = ExitCode.Ok;
        var (plates, cases, purpose, file) = (parse.GetValue(_lookFor)!, parse.GetValue(_case)!, parse.GetValue(_purpose), parse.GetValue(_hotlist));
        wanted = [];
        if (file is not null && plates.Length > 0)
        {
            code = Failure.Say(ExitCode.Usage, "give --hotlist or --look-for, not both: put all plates into the list");
            return false;
        }
        if (file is not null) return TryReadList(file, now, out wanted, out code);
        if (plates.Length == 0) return true; // nobody is looked for until somebody has a case
        // No case ID, no search: the same rule at the desk and on the road.
        if (cases.Length == 0 || cases.Any(string.IsNullOrWhiteSpace))
            code = Failure.Say(ExitCode.Refused, "hotlist entry without case ID: give --case ID for the plates");
        else if (string.IsNullOrWhiteSpace(purpose))
            code = Failure.Say(ExitCode.Refused, "hotlist entry without purpose: give --purpose, for example --purpose stolen-vehicle");
        else if (cases.Length != 1 && cases.Length != plates.Length)
            code = Failure.Say(ExitCode.Usage, $"{plates.Length} plates and {cases.Length} cases: give one --case for all, or one for each --look-for");
        else
            for (var i = 0; i < plates.Length && code == ExitCode.Ok; i++)
                if (PlateText.TryParse(plates[i], out var plate))
                {
                    plate.Dispose();
                    wanted = [.. wanted, Wanted(plates[i], cases[cases.Length == 1 ? 0 : i], purpose, now)];
                }
                else
                    code = Failure.Say(ExitCode.Usage, $"--look-for number {i + 1} is not a plate: 1 to 16 letters A-Z and digits");
        return code == ExitCode.Ok;
    }

    private static bool TryReadList(string file, DateTimeOffset now, out IReadOnlyList<WantedPlate> wanted, out ExitCode code)
    {
        var isCsv = file.EndsWith(".csv", StringComparison.OrdinalIgnoreCase);
        wanted = [];
        code = ExitCode.Usage;
        if (new FileInfo(file) is not { Exists: true, Length: <= HotlistSource.MaxBytes })
        {
            Failure.Say(code, $"--hotlist: {file} is not there, or larger than {HotlistSource.MaxBytes} bytes");
            return false;
        }
        code = ExitCode.Ok;
        if (HotlistSource.TryRead(File.ReadAllBytes(file), isCsv, now, out wanted, out var problems)) return true;
        foreach (var problem in problems) Failure.Say(ExitCode.Refused, $"{file}: {problem}");
        code = ExitCode.Refused;
        return false;
    }

    private static WantedPlate Wanted(string plate, string caseId, string purpose, DateTimeOffset now) => new()
    {
        Plate = PlateText.TryParse(plate, out var parsed) ? parsed : throw new FormatException("not a plate"),
        Case = caseId,
        Purpose = purpose,
        Basis = "entered at hub init",
        Source = "hub init",
        Issuer = "hub",
        NotBefore = now,
        Expires = now + HotlistBook.Life,
    };

    private static BlindingProgress Progress(int count) => new(count, TimeProvider.System, Console.Error, !Console.IsErrorRedirected);

    private static void Show(Made made, bool json)
    {
        var (agency, folder) = (made.Agency, made.Folder);
        string[] next =
        [
            $"on the broker's machine, as root: {FirstInstall.BrokerCommand(made.ToBroker)}; as a service, in place of the last command: {FirstInstall.BrokerService}",
            .. made.Box is { } carried ? [$"carry {carried} to the box, there as root: sh install.sh; then delete it in both places"] : Array.Empty<string>(),
            .. made.Entries == 0 ? [$"say who is looked for, until then nobody is: edge-agent hub hotlist add {folder}, or hub hotlist publish"]
                : Array.Empty<string>(),
            $"name your law and your office for complaints, which residents read: edge-agent hub policy show {folder} --source > policy.json, change it, edge-agent hub policy set {folder} policy.json",
            $"edge-agent hub push {folder}, and after every change",
            $"edge-agent hub watch {folder}",
        ];
        if (json)
        {
            Console.WriteLine(JsonSerializer.Serialize(new
            {
                agency = agency.Name, folder, broker = agency.Broker.ToString(), trustKey = agency.TrustKeyId,
                keepers = agency.Ceremony.Keepers.Keys.Select(RoleKeys.KeyIdOf), keepersProtected = made.Keepers.Count > 0,
                recipient = agency.Epochs.Held[0].KeyId, boxes = agency.Boxes.Select(box => box.Name.Box),
                hotlistEntries = made.Entries, hotlistExpires = JsonTime.Write(made.HotlistExpires), box = made.Box, next,
            }));
            return;
        }
        var table = new Table().AddColumns("made", "where", "keep");
        table.AddRow("online keys (sign hotlists, and that nothing is newer)", "keys/trust.key, hotlists.key", "[red]secret[/]");
        if (made.Keepers.Count == 0) table.AddRow("policy key, [red]unprotected[/]: only to try things out", "keys/keeper.key", "[red]secret[/]");
        else table.AddRow($"{made.Keepers.Count} keepers' keys (sign policy and keys)", "to-keepers/", "[red]secret[/], carry away, delete");
        table.AddRow($"{made.Epochs} epoch keys (open hits, a week's each)", "keys/recipient-….key", "[red]secret[/], in no backup: hub tend destroys them");
        table.AddRow("CA and certificates", "tls/", "[red]secret[/] (*.key)");
        table.AddRow($"trust repository, hotlist of {made.Entries}", "trust/", "public");
        table.AddRow("known boxes", "boxes/", "public keys");
        table.AddRow("for the broker", "to-broker/", "[red]secret[/], carry over, delete");
        if (made.Box is not null) table.AddRow("first box", Markup.Escape(Path.GetRelativePath(folder, made.Box)), "[red]secret[/], carry over, delete");
        Console.WriteLine($"Agency {agency.Name} in {folder}");
        foreach (var keeper in made.Keepers) Console.WriteLine($"{keeper.Name} is {RoleKeys.KeyIdOf(keeper.Key.Public)}");
        Tables.On(Console.Out).Write(table);
        foreach (var (i, step) in next.Index()) Console.WriteLine($"{i + 1}. {step}");
    }

    private sealed record Made(Agency Agency, string Folder, string? Box, string ToBroker, int Entries, IReadOnlyList<Keeper> Keepers)
    {
        public int Epochs { get; } = Agency.PublishedRecipients.Keys.Count;

        public DateTimeOffset HotlistExpires { get; } = Hotlist(Agency).Expires;

        private static Matching.Hotlist Hotlist(Agency agency) => Matching.Hotlist.TryParse(
            File.ReadAllBytes(Path.Combine(agency.TrustFolder, TrustPath.Hotlist(agency.Name))),
            agency.Policy, DateTimeOffset.MinValue, out var hotlist, out var refused) ? hotlist : throw new AgencyException($"{refused[0]}");
    }
}
