using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Edge.Agent.Governance;
using Edge.Agent.Hub;
using Edge.Storage.Files;
using Edge.Storage.Json;
using QRCoder;

namespace Edge.Agent.Cli;

/// <summary><c>hub console admit</c>, <c>extend</c>, <c>revoke</c>, <c>show</c> and <c>certify</c>: who may use the consoles of the agency's boxes.</summary>
internal static class HubConsoleCommand
{
    private const int LongestDays = 366;
    private const int MaxRequestBytes = 16 * 1024;

    public static Command Build() => new("console", "Who may use the boxes' consoles") { Admit(), Extend(), Revoke(), Show(), Certify() };

    private static Command Admit()
    {
        var (folder, account, boxes, json) =
            (Folder(), Account("What the public log calls them: a service number, no person's name."), Boxes(), RecognizeCommand.JsonOption());
        var role = new Option<string>("--role") { Description = $"One of {string.Join(", ", ConsoleUsers.Roles.Keys)}.", Required = true };
        var days = new Option<int>("--days") { Description = $"How long the certificate is good for, 1 to {LongestDays}.", DefaultValueFactory = _ => 365 };
        var file = new Option<string?>("--out") { Description = "The PKCS #12 file to make; ACCOUNT.p12 here unless given. Must not be there." };
        var passphrase = HubKeyCommand.PassphraseOption();
        var admit = new Command("admit", "Propose somebody who may come in; makes their certificate and shows their authenticator's QR code, once")
        {
            folder, account, role, boxes, days, file, passphrase, json,
        };
        admit.SetAction((parse, _) => Failure.ShowAsync(() =>
        {
            var (name, term) = (parse.GetValue(account)!, parse.GetValue(days));
            if (!ConsoleUsers.Roles.TryGetValue(parse.GetValue(role)!, out var known))
                return Usage($"--role must be one of {string.Join(", ", ConsoleUsers.Roles.Keys)}");
            if (term is < 1 or > LongestDays) return Usage($"--days must be 1 to {LongestDays}");
            if (!Operators.IsAccount(name)) return Usage($"the account {Operators.AccountRule}");
            var path = parse.GetValue(file) ?? $"{name}.p12";
            if (Path.Exists(path)) return Task.FromResult(Failure.Say(ExitCode.Configuration, $"{path} is there already: a key is never overwritten"));
            using var agency = Agency.Open(parse.GetValue(folder)!);
            var phrase = Passphrase.Read(name, parse.GetValue(passphrase), twice: true);
            try
            {
                var pass = agency.Console.Admit(name, known, parse.GetValue(boxes) ?? [], TimeSpan.FromDays(term), phrase, TimeProvider.System.GetUtcNow(),
                    out var published);
                DurableFile.Write(path, pass.Certificate);
                var about = new JsonObject { ["account"] = name, ["role"] = Duties.Write(known), ["file"] = path, ["otpauth"] = pass.Uri };
                string[] lines = parse.GetValue(json) ? [] :
                [
                    $"{path}: certificate and key of {name}, {Duties.Write(known)}, for their browser; the passphrase opens it",
                    "their authenticator takes this code, now and never again:",
                    .. Qr(pass.Uri),
                    pass.Uri,
                ];
                return Task.FromResult(ProposalReport.Show(agency, published, about, lines, parse.GetValue(json), parse.InvocationConfiguration.Output));
            }
            finally
            {
                CryptographicOperations.ZeroMemory(phrase);
            }
        }));
        return admit;
    }

    private static Command Extend()
    {
        var (folder, account, boxes, json) = (Folder(), Account("Who is let in already."), Boxes(), RecognizeCommand.JsonOption());
        var extend = new Command("extend", "Propose to let somebody in at further boxes, such as those enrolled since; nothing changes for them")
            { folder, account, boxes, json };
        extend.SetAction((parse, _) => Failure.ShowAsync(() =>
        {
            using var agency = Agency.Open(parse.GetValue(folder)!);
            var name = parse.GetValue(account)!;
            var published = agency.Console.Extend(name, parse.GetValue(boxes) ?? [], TimeProvider.System.GetUtcNow());
            return Task.FromResult(ProposalReport.Show(agency, published, new JsonObject { ["account"] = name }, [$"{name} may come in at further boxes"],
                parse.GetValue(json), parse.InvocationConfiguration.Output));
        }));
        return extend;
    }

    private static Command Revoke()
    {
        var (folder, account, json) = (Folder(), Account("Who is not let in any more."), RecognizeCommand.JsonOption());
        var revoke = new Command("revoke", "Propose the list without somebody") { folder, account, json };
        revoke.SetAction((parse, _) => Failure.ShowAsync(() =>
        {
            using var agency = Agency.Open(parse.GetValue(folder)!);
            var name = parse.GetValue(account)!;
            var published = agency.Console.Revoke(name, TimeProvider.System.GetUtcNow());
            return Task.FromResult(ProposalReport.Show(agency, published, new JsonObject { ["account"] = name, ["revoked"] = true },
                [$"{name} is out at each box from when the box has the new list, in the middle of a page too"], parse.GetValue(json),
                parse.InvocationConfiguration.Output));
        }));
        return revoke;
    }

    private static Command Show()
    {
        var (folder, json) = (Folder(), RecognizeCommand.JsonOption());
        var show = new Command("show", "List who may come in, as published: account, role, term, boxes") { folder, json };
        show.SetAction((parse, _) => Failure.ShowAsync(() =>
        {
            using var agency = Agency.Open(parse.GetValue(folder)!);
            var (output, users) = (parse.InvocationConfiguration.Output, agency.Console.Published);
            foreach (var one in users.All)
                output.WriteLine(parse.GetValue(json) ? ProposalReport.Write(new JsonObject
                {
                    ["agency"] = agency.Name, ["account"] = one.Account, ["role"] = Duties.Write(one.Role), ["certificate"] = one.Certificate,
                    ["notBefore"] = JsonTime.Write(one.NotBefore), ["expires"] = JsonTime.Write(one.Expires),
                    ["boxes"] = ProposalReport.Texts(one.Secrets.Keys.Order(StringComparer.Ordinal)),
                }) : Printable.Line($"{one.Account}  {Duties.Write(one.Role)}  until {JsonTime.Write(one.Expires)}  {string.Join(", ", one.Secrets.Keys.Order(StringComparer.Ordinal))}"));
            if (!parse.GetValue(json)) output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"console list {users.Version} of {agency.Name}: {users.All.Count}"));
            return Task.FromResult(ExitCode.Ok);
        }));
        return show;
    }

    private static Command Certify()
    {
        var folder = Folder();
        var request = new Argument<string>("REQUEST") { Description = "console/request.pem of the box's state folder." };
        var box = new Option<string>("--box") { Description = "Whose it is.", Required = true };
        var host = new Option<string[]>("--host")
            { Description = "A name or an address by which people reach the console; may be given several times.", Required = true };
        var output = new Option<string>("--out") { Description = "The certificate to make, for /etc/edge/enrolment/console.crt of the box.", Required = true };
        var certify = new Command("certify", "Certify the key with which a box's console serves its pages") { folder, request, box, host, output };
        certify.SetAction((parse, _) => Failure.ShowAsync(() =>
        {
            var (path, hosts, name) = (parse.GetValue(request)!, parse.GetValue(host)!, parse.GetValue(box)!);
            if (new FileInfo(path) is not { Exists: true, Length: <= MaxRequestBytes }) return Usage($"{path}: no such request");
            if (hosts.FirstOrDefault(one => !IPAddress.TryParse(one, out var _) && Uri.CheckHostName(one) != UriHostNameType.Dns) is { } wrong)
                return Usage($"--host {wrong} is neither a name nor an address");
            using var agency = Agency.Open(parse.GetValue(folder)!);
            if (!agency.Boxes.Any(known => known.Name.Box == name)) throw new AgencyException($"no box {name} is enrolled");
            var certificate = agency.Console.Certify(File.ReadAllText(path), name, hosts, TimeProvider.System.GetUtcNow());
            DurableFile.Write(parse.GetValue(output)!, Encoding.ASCII.GetBytes(certificate),
                UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
            parse.InvocationConfiguration.Output.WriteLine($"{parse.GetValue(output)}: for the console of {name}; put it into /etc/edge/enrolment/console.crt there and restart the agent");
            return Task.FromResult(ExitCode.Ok);
        }));
        return certify;
    }

    private static string[] Qr(string text)
    {
        using var generator = new QRCodeGenerator();
        using var data = generator.CreateQrCode(text, QRCodeGenerator.ECCLevel.M);
        using var qr = new AsciiQRCode(data);
        return qr.GetGraphicSmall(invert: false).Split('\n');
    }

    private static Task<ExitCode> Usage(string message) => Task.FromResult(Failure.Say(ExitCode.Usage, message));

    private static Argument<string> Folder() => new("DIR") { Description = "The agency's folder." };

    private static Argument<string> Account(string description) => new("ACCOUNT") { Description = description };

    private static Option<string[]> Boxes() => new("--box") { Description = "A box; may be given several times. All that are enrolled unless given." };
}
