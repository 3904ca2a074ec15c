using System.Buffers;
using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Edge.Storage.Audit;
using Edge.Storage.Audit.Bundles;
using Edge.Storage.Files;
using Edge.Storage.Json;

namespace Edge.Agent.Cli;

/// <summary><c>audit search BUNDLE</c>: entries by time, action, actor, case and outcome, as they go by. What the log conceals is found where it is
/// disclosed, and shown only with <c>--disclose</c>.</summary>
internal sealed class AuditSearchCommand
{
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Argument<string> _path = new("BUNDLE") { Description = "A bundle, or the folder of a log" };
    private readonly Option<DateTimeOffset?> _from = Time("--from", "Not before this time.");
    private readonly Option<DateTimeOffset?> _to = Time("--to", "Before this time.");
    private readonly Option<string[]> _actions = new("--action") { Description = "An action's code; a family as in 'order.*'; may be given several times" };
    private readonly Option<string?> _outcome = new("--outcome") { Description = "done, refused, or the reason of a refusal" };
    private readonly Option<string?> _role = new("--role") { Description = "agent, technician, auditor, investigator, oversight or hub" };
    private readonly Option<string?> _actor = new("--actor") { Description = "An account; those of persons are found only where they are disclosed" };
    private readonly Option<string?> _case = new("--case") { Description = "A case ID; found only where it is disclosed" };
    private readonly Option<string?> _purpose = new("--purpose") { Description = "A purpose" };
    private readonly Option<string?> _agency = new("--agency") { Description = "The agency concerned" };
    private readonly Option<string?> _kind = new("--kind") { Description = "The kind of incident, verdict or recipient" };
    private readonly Option<int?> _last = new("--last") { Description = "Only the last so many that match" };
    private readonly Option<int?> _limit = new("--limit") { Description = "Stop after so many" };
    private readonly Option<bool> _count = new("--count") { Description = "Only how many" };
    private readonly Option<bool> _disclose = new("--disclose") { Description = "Show what is disclosed: cases and accounts" };
    private readonly Option<string?> _key = new("--key") { Description = "The log's public key: verify everything before a line is shown" };
    private readonly Option<string?> _auditorKey = AuditInputs.AuditorKeyOption();
    private readonly Option<string?> _passphrase = Passphrase.Option();
    private readonly Option<bool> _json = new("--json") { Description = "One JSON object a line instead of a table" };

    public static Command Build()
    {
        var it = new AuditSearchCommand();
        var command = new Command("search", "Find entries of an audit log by time, action, actor, case and outcome")
        {
            it._path, it._from, it._to, it._actions, it._outcome, it._role, it._actor, it._case, it._purpose, it._agency, it._kind, it._last,
            it._limit, it._count,
            it._disclose, it._key, it._auditorKey, it._passphrase, it._json,
        };
        foreach (var number in new[] { it._last, it._limit })
            number.Validators.Add(result =>
            {
                if (result.GetValueOrDefault<int?>() is < 1) result.AddError($"{number.Name} must be 1 or more");
            });
        command.SetAction((parse, stop) => Failure.ShowAsync(() => it.RunAsync(parse, stop)));
        return command;
    }

    private async Task<ExitCode> RunAsync(ParseResult parse, CancellationToken stop)
    {
        var path = parse.GetValue(_path)!;
        if (Reach.Fault(path) is { } missing) return Failure.Say(ExitCode.Usage, $"{path}: {missing}");
        if (Query(parse) is not { } query) return ExitCode.Usage;
        NoteKey? log = null, firstEpoch = null;
        try
        {
            if (parse.GetValue(_key) is { } key)
            {
                log = AuditVerifier.Log(AuditInputs.Vkey(key));
                firstEpoch = AuditInputs.FirstEpoch(log, key, epochKey: null);
            }
        }
        catch (FormatException notKey)
        {
            return Failure.Say(ExitCode.Usage, $"--key: {notKey.Message}");
        }
        var read = await LiveLog.ReadAsync(() => LiveLog.CheckpointOf(path), () =>
        {
            var bundle = AuditInputs.Open(path, parse.GetValue(_auditorKey), parse.GetValue(_passphrase));
            return (bundle, report: log is null ? null : bundle.Verify(log, null, [], out _, firstEpoch), matches: AuditSearch.In(bundle, query));
        }, of => of.report?.Holds != false, of => of.report!.IsUnfinished, TimeProvider.System, stop);
        using var searched = read.bundle;
        return read.report?.Holds != false ? Show(parse, searched, read.matches, query, stop)
            : Failure.Say(ExitCode.Verification, $"{path} does not verify: see audit verify");
    }

    private ExitCode Show(ParseResult parse, Bundle bundle, IEnumerable<AuditMatch> matches, AuditQuery query, CancellationToken stop)
    {
        var (json, disclose, output) = (parse.GetValue(_json), parse.GetValue(_disclose), parse.InvocationConfiguration.Output);
        var (limit, last, onlyCount) = (parse.GetValue(_limit) ?? int.MaxValue, parse.GetValue(_last), parse.GetValue(_count));
        long found = 0, unreadable = 0;
        var newest = new Queue<AuditMatch>();
        var header = json || onlyCount;
        foreach (var match in matches)
        {
            stop.ThrowIfCancellationRequested();
            if (match.Entry is null)
            {
                unreadable++;
                continue;
            }
            found++;
            if (!onlyCount && last is { } most)
            {
                newest.Enqueue(match);
                if (newest.Count > most) newest.Dequeue();
            }
            else if (!onlyCount)
            {
                Line(match);
            }
            if (found == limit) break;
        }
        foreach (var match in newest) Line(match);
        if (found == 0 && Concealed(bundle, query) is { } concealed) return Failure.Say(ExitCode.Usage, concealed);
        if (onlyCount) output.WriteLine(json ? string.Create(CultureInfo.InvariantCulture, $"{{\"found\":{found},\"unreadable\":{unreadable}}}") : $"{found}");
        else if (!json && found == 0) output.WriteLine("nothing found");
        if (unreadable > 0) Failure.Say(ExitCode.Ok, $"{unreadable} entries are in no spelling that this version reads: see audit verify");
        return ExitCode.Ok;

        void Line(AuditMatch match)
        {
            if (!header)
            {
                output.WriteLine(Columns("entry", "time (UTC)", "action", "outcome", "actor", "role", "about"));
                header = true;
            }
            output.WriteLine(json ? Json(match, disclose) : Row(match, disclose));
        }
    }

    // Not found because it cannot be is no answer to the question.
    private static string? Concealed(Bundle bundle, AuditQuery query) => query.Actor is null && query.Case is null ? null
        : bundle.Manifest switch
        {
            { Kind: BundleKind.Public } => "accounts of persons and cases are concealed in this bundle, so that nothing can be found by them: search on the box, or a full bundle with --auditor-key",
            { Kind: BundleKind.Full } when bundle.Opened == 0 => "accounts of persons and cases are sealed in this bundle: give --auditor-key",
            _ => null,
        };

    private static string Row(AuditMatch match, bool disclose)
    {
        var entry = match.Entry!;
        string Value(string name, string otherwise) => disclose && match.Disclosed.FirstOrDefault(one => one.Name == name) is { } one ? one.Value : otherwise;
        var about = new List<string>();
        if (entry.Case is not null) about.Add($"case {Value("case", "concealed")}");
        if (entry.Purpose is { } purpose) about.Add(purpose);
        if (entry.Claim is not null) about.Add($"claimed {Value("claim", "concealed")}");
        if (entry.Agency is { } agency) about.Add(agency);
        if (entry.Kind is { } kind) about.Add(kind);
        if (entry.Detail is { } detail) about.Add(detail);
        if (entry.Version is { } version) about.Add($"version {version}");
        if (entry.Sequence is { } sequence) about.Add($"number {sequence}");
        if (entry.Count is { } count) about.Add($"count {count}");
        if (entry.Reads is { } reads) about.Add($"{reads} reads, {entry.Discarded} discarded, {entry.Hits} hits");
        return Printable.Line(Columns($"{match.Record.Index}", entry.Time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture),
            AuditCode.Of(entry.Action), entry.Outcome.ToString(), entry.Person is null ? entry.Actor : Value("person", "a person"), AuditCode.Of(entry.Role),
            string.Join(", ", about)));
    }

    private static string Columns(string index, string time, string action, string outcome, string actor, string role, string about) =>
        $"{index,9}  {time,-19}  {action,-22}  {outcome,-28}  {actor,-16}  {role,-12}  {about}".TrimEnd();

    // The entry's own bytes: nothing is said of it that was not hashed.
    private static string Json(AuditMatch match, bool disclose)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer, Plain))
        {
            json.WriteStartObject();
            json.WriteNumber("index", match.Record.Index);
            json.WritePropertyName("entry");
            json.WriteRawValue(match.Record.Json.Span);
            if (disclose && match.Disclosed.Count > 0)
            {
                json.WriteStartObject("disclosed");
                foreach (var one in match.Disclosed) json.WriteString(one.Name, one.Value);
                json.WriteEndObject();
            }
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private AuditQuery? Query(ParseResult parse)
    {
        var query = new AuditQuery
        {
            From = parse.GetValue(_from), To = parse.GetValue(_to), Actor = parse.GetValue(_actor), Case = parse.GetValue(_case),
            Purpose = parse.GetValue(_purpose),
            Agency = parse.GetValue(_agency), Kind = parse.GetValue(_kind),
        };
        var actions = new List<AuditAction>();
        foreach (var asked in parse.GetValue(_actions) ?? [])
        {
            var family = Enum.GetValues<AuditAction>().Where(action => asked.EndsWith(".*", StringComparison.Ordinal)
                ? AuditCode.Of(action).StartsWith(asked[..^1], StringComparison.Ordinal) : AuditCode.Of(action) == asked).ToList();
            if (family.Count == 0) return Wrong($"--action: no action has this code; there are {string.Join(", ", Enum.GetValues<AuditAction>().Select(AuditCode.Of))}");
            actions.AddRange(family);
        }
        query = query with { Actions = actions };
        if (parse.GetValue(_role) is { } role)
            if (AuditCode.TryParse<AuditRole>(role, out var known)) query = query with { Role = known };
            else return Wrong($"--role is one of {string.Join(", ", Enum.GetValues<AuditRole>().Select(AuditCode.Of))}");
        return parse.GetValue(_outcome) switch
        {
            null => query,
            "done" => query with { Done = true },
            "refused" => query with { Done = false },
            var reason when AuditWords.IsWords(reason) => query with { Reason = reason },
            _ => Wrong("--outcome is done, refused, or the reason of a refusal in lower-case words"),
        };

        static AuditQuery? Wrong(string message)
        {
            Failure.Say(ExitCode.Usage, message);
            return null;
        }
    }

    private static Option<DateTimeOffset?> Time(string name, string description) => new(name)
    {
        Description = $"{description} Such as 2026-01-31 or 2026-01-31T00:00:00Z",
        CustomParser = result =>
        {
            if (result.Tokens is [var token] && TryTime(token.Value, out var time)) return time;
            result.AddError($"{name} must be a time such as 2026-01-31 or 2026-01-31T00:00:00Z");
            return null;
        },
    };

    private static bool TryTime(string text, out DateTimeOffset time) => JsonTime.TryParse(text, out time)
        || DateTimeOffset.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out time);
}
