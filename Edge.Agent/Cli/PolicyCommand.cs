using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using Edge.Agent.Configuration;
using Edge.Agent.Enrolment;
using Edge.Agent.Governance;
using Edge.Agent.UsePolicy;
using Edge.Storage.Json;
using Edge.Storage.Trust;

namespace Edge.Agent.Cli;

/// <summary><c>policy check FILE</c>: every problem of a policy at once, before anybody signs it. <c>policy show [FILE]</c>: what
/// it means, for residents; without a file, of the policy in force on this box.</summary>
internal static class PolicyCommand
{
    private static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Command Build() => new("policy", "What the agency has bound its boxes to") { Check(), Show() };

    private static Command Check()
    {
        var file = new Argument<string>("FILE") { Description = "The policy, as JSON." };
        var json = RecognizeCommand.JsonOption();
        var check = new Command("check", "Say everything that is wrong with a policy") { file, json };
        check.SetAction((parse, _) => Failure.ShowAsync(() =>
            Task.FromResult(Check(parse.GetValue(file)!, parse.GetValue(json), TimeProvider.System.GetUtcNow()))));
        return check;
    }

    private static Command Show()
    {
        var file = new Argument<string?>("FILE")
        {
            Description = "The policy, as JSON; without it, the one in force on this box.", Arity = ArgumentArity.ZeroOrOne,
        };
        var page = new PageForm();
        var config = new Option<string?>("--config")
        {
            Description = $"The box's configuration, for the cameras; {RunCommand.DefaultConfiguration} if it is there.",
        };
        var show = new Command("show", "Print the public use and data policy, written from what is enforced") { file };
        page.AddTo(show);
        show.Options.Add(config);
        show.SetAction((parse, _) => Failure.ShowAsync(() =>
        {
            var box = Configuration(parse.GetValue(config));
            var inForce = parse.GetValue(file) is null ? InForce(box, TimeProvider.System.GetUtcNow()) : null;
            page.Print(parse, inForce?.Policy ?? Load(parse.GetValue(file)!), box, inForce?.Sharing);
            return Task.FromResult(ExitCode.Ok);
        }));
        return show;
    }

    private static ExitCode Check(string path, bool json, DateTimeOffset now)
    {
        IReadOnlyList<JsonProblem> problems = [];
        Policy? policy = null;
        try
        {
            policy = Load(path);
            if (policy.Expires <= now) problems = [HasPassed];
        }
        catch (ConfigurationException refused)
        {
            problems = refused.Problems;
        }
        if (json)
            Console.WriteLine(JsonSerializer.Serialize(new
            {
                file = path, problems = problems.Select(problem => new { path = problem.Path, reason = problem.Reason }), unfinished = policy?.Unfinished ?? [],
            }, Json));
        else if (problems.Count > 0)
            foreach (var problem in problems) Console.Error.WriteLine(Printable.Line($"{path}: {problem}"));
        else
            Console.WriteLine($"{path}: good, version {policy!.Version} of {policy.Agency}, {policy.Purposes.Count} purpose{(policy.Purposes.Count == 1 ? "" : "s")}");
        if (!json)
            foreach (var one in policy?.Unfinished ?? []) Console.Error.WriteLine(Printable.Line($"{path}: residents read this, and {one}"));
        return problems.Count == 0 ? ExitCode.Ok : ExitCode.Configuration;
    }

    internal static JsonProblem HasPassed { get; } = new("expires", "has passed: no order would be taken; name a later time");

    /// <exception cref="ConfigurationException">It is no policy; everything that is wrong with it.</exception>
    internal static Policy Load(string path)
    {
        byte[] bytes;
        try
        {
            var most = TrustPath.MaxBytes(TrustPath.Policy);
            bytes = new FileInfo(path) is { Exists: true } file && file.Length > most
                ? throw new ConfigurationException(path, [new JsonProblem("", $"{file.Length} bytes; at most {most} are read")])
                : File.ReadAllBytes(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException(path, [new JsonProblem("", exception is FileNotFoundException or DirectoryNotFoundException
                ? "no such file" : "cannot be read; let this user read it")]);
        }
        return Policy.TryParse(bytes, out var policy, out var problems) ? policy : throw new ConfigurationException(path, problems);
    }

    private static AgentConfiguration? Configuration(string? path) =>
        path is not null ? AgentConfiguration.Load(path)
        : File.Exists(RunCommand.DefaultConfiguration) ? AgentConfiguration.Load(RunCommand.DefaultConfiguration) : null;

    // Verified again from the root of enrolment, not just read: the page says what is enforced.
    private static ActiveTrust InForce(AgentConfiguration? box, DateTimeOffset now)
    {
        if (box is null)
            throw new ConfigurationException(RunCommand.DefaultConfiguration, [new JsonProblem("", "no such file; name a policy FILE, or the box's --config")]);
        var enrolment = new EnrolmentFolder(box.EnrolmentFolder);
        var name = enrolment.Name();
        var folder = Path.Combine(box.StateFolder, "trust");
        // Opening would make the folder, and it would be this user's, not the box's.
        var trust = Directory.Exists(folder) ? TrustClient.Open(folder, enrolment.Root(), name.Agency, name.Box) : null;
        if (trust?.Damage is { } damage) throw damage;
        if (trust?.Current is not { } targets)
            throw new ConfigurationException(folder, [new JsonProblem("", "no policy is in force yet; run the box once, or name a policy FILE")]);
        return ActiveTrust.From(targets, now);
    }

    private static string AsJson(Policy policy, Page page) => JsonSerializer.Serialize(new
    {
        agency = policy.Agency, version = policy.Version, expires = policy.Expires is { } expires ? JsonTime.Write(expires) : null,
        title = page.Title, subtitle = page.Subtitle,
        sections = page.Sections.Select(section => new
        {
            id = section.Id, heading = section.Heading, lines = section.Blocks.SelectMany(block => block.Lines),
        }),
    }, Json);

    /// <summary>The forms in which the page can be asked for.</summary>
    internal sealed class PageForm
    {
        private readonly Option<bool> _text = new("--text") { Description = "As plain text (what it does unless told otherwise)" };
        private readonly Option<bool> _html = new("--html") { Description = "As a web page that needs nothing but itself" };
        private readonly Option<bool> _json = new("--json") { Description = "As one JSON line: its sections and their lines" };

        public void AddTo(Command command)
        {
            foreach (var form in new[] { _text, _html, _json }) command.Options.Add(form);
            command.Validators.Add(parsed =>
            {
                if (new[] { _text, _html, _json }.Count(form => parsed.GetValue(form)) > 1)
                    parsed.AddError("give one of --text, --html and --json");
            });
        }

        public void Print(ParseResult parse, Policy policy, AgentConfiguration? box, Sharing? sharing)
        {
            var page = UsePolicyPage.Of(policy, box, TimeProvider.System.GetUtcNow(), sharing);
            parse.InvocationConfiguration.Output.Write(parse.GetValue(_html) ? PageHtml.Write(page)
                : parse.GetValue(_json) ? $"{AsJson(policy, page)}\n" : Printable.Lines(PageText.Write(page)));
        }
    }
}
