using System.CommandLine;
using System.Security.Cryptography;
using Edge.Agent.Governance;
using Edge.Agent.Hub;
using Edge.Storage.Json;
using Edge.Storage.Trust;

namespace Edge.Agent.Cli;

/// <summary><c>hub hotlist publish DIR --from FILE…</c>: takes over lists of plates in place of what came from their sources
/// before. The good rows are published and the others reported, unless <c>--strict</c>.</summary>
internal sealed class HubHotlistPublishCommand
{
    private readonly Argument<string> _folder = new("DIR") { Description = "The agency's folder, made by hub init." };
    private readonly Option<string[]> _from = new("--from")
    {
        Description = "Lists of plates; what came from their sources before is replaced. Without a list the hotlist is renewed.",
        AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [],
    };
    private readonly Option<string> _format = new("--format")
    {
        Description = "list (.csv or .json, by name) or ncic.", DefaultValueFactory = _ => "list",
    };
    private readonly Option<string?> _files = new("--files") { Description = "Of an NCIC extract: the files to take, with ',' between." };
    private readonly Option<string[]> _source = new("--source")
    {
        Description = "A source to replace even if the lists have no plate of it.", DefaultValueFactory = _ => [],
    };
    private readonly Option<string?> _purpose = new("--purpose")
    {
        Description = "Of an NCIC extract: the purpose of its entries; the file's name unless given.",
    };
    private readonly Option<string?> _basis = new("--basis")
    {
        Description = "Of an NCIC extract: the legal basis of its entries; the record's number unless given.",
    };
    private readonly Option<string?> _expires = new("--expires")
    {
        Description = "Of an NCIC extract: end of its entries, such as 2026-01-31T23:59:59Z; 7 days from now unless given.",
    };
    private readonly Option<string?> _for = ForOption();
    private readonly Option<bool> _strict = new("--strict") { Description = "Publish nothing if one plate is refused." };
    private readonly Option<bool> _json = RecognizeCommand.JsonOption();

    public static Command Build()
    {
        var publish = new HubHotlistPublishCommand();
        var command = new Command("publish", "Take over lists of wanted plates, blind what is new, sign")
        {
            publish._folder, publish._from, publish._format, publish._files, publish._source, publish._purpose, publish._basis,
            publish._expires, publish._for, publish._strict, publish._json,
        };
        command.SetAction((parse, cancel) => Failure.ShowAsync(() =>
            Task.FromResult(publish.Run(parse, TimeProvider.System, cancel))));
        return command;
    }

    /// <summary>Names another agency whose boxes the list is for.</summary>
    public static Option<string?> ForOption() => new("--for")
    {
        Description = "Another agency that granted it: the list for its boxes, apart from one's own.",
        Validators = { parsed => { if (!PartyName.IsValid(parsed.GetValueOrDefault<string>() ?? "")) parsed.AddError($"--for {PartyName.Rule}"); } },
    };

    private ExitCode Run(ParseResult parse, TimeProvider time, CancellationToken cancel)
    {
        using var agency = Agency.Open(parse.GetValue(_folder)!);
        var now = time.GetUtcNow();
        if (!TryTerms(parse, agency.Policy, now, out var terms, out var code)) return code;
        var (rows, refused, leftOut) = (new List<WantedRow>(), new List<RefusedRow>(), new Dictionary<string, int>());
        try
        {
            foreach (var file in parse.GetValue(_from)!)
                if (!TryRead(file, terms, now, rows, refused, leftOut, out code)) return code;
            HashSet<string> sources = [.. parse.GetValue(_source)!, .. rows.Select(row => row.Wanted.Source),
                .. terms?.Files.Select(NcicExtract.SourceOf) ?? []];
            var strict = parse.GetValue(_strict);
            // A file of which nothing can be read is the wrong file: it must not empty the list.
            var hopeless = refused.Count > 0 && (strict || rows.Count == 0);
            var change = new HotlistChange { Wanted = [.. rows.Select(row => row.Wanted)], Sources = sources, Strict = strict };
            var progress = new BlindingProgress(rows.Count, time, Console.Error, !Console.IsErrorRedirected);
            var outcome = hopeless ? null : agency.Hotlists.Change(parse.GetValue(_for), change, now, progress, cancel);
            return HotlistReport.Show(agency, outcome, refused, index => rows[index].At, leftOut, parse.GetValue(_json), parse.GetValue(_for));
        }
        finally
        {
            foreach (var row in rows) row.Wanted.Dispose();
        }
    }

    private bool TryTerms(ParseResult parse, Policy policy, DateTimeOffset now, out NcicTerms? terms, out ExitCode code)
    {
        terms = null;
        code = ExitCode.Usage;
        if (parse.GetValue(_format) is not ("list" or "ncic")) return Fail("--format must be list or ncic");
        if (parse.GetValue(_format) != "ncic")
        {
            Option[] only = [_files, _purpose, _basis, _expires];
            if (only.FirstOrDefault(option => parse.GetResult(option) is { Implicit: false }) is { } stray)
                return Fail($"{stray.Name} is for --format ncic; a list says it for each plate");
            code = ExitCode.Ok;
            return true;
        }
        var files = (parse.GetValue(_files) ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (files.Length == 0 || files.Any(file => !NcicExtract.Files.Contains(file)))
            return Fail($"--files must name the files to take, of {string.Join(", ", NcicExtract.Files.Order(StringComparer.Ordinal))}");
        var expires = now + (policy.LongestEntry < HotlistBook.Life ? policy.LongestEntry : HotlistBook.Life);
        if (parse.GetValue(_expires) is { } text && !JsonTime.TryParse(text, out expires))
            return Fail("--expires must be a time such as 2026-01-31T23:59:59Z");
        code = ExitCode.Ok;
        terms = new NcicTerms
        {
            Files = files.ToHashSet(), Purpose = parse.GetValue(_purpose), Basis = parse.GetValue(_basis), Expires = expires,
        };
        return true;
    }

    private static bool Fail(string message)
    {
        Failure.Say(ExitCode.Usage, message);
        return false;
    }

    private static bool TryRead(string file, NcicTerms? terms, DateTimeOffset now, List<WantedRow> rows, List<RefusedRow> refused,
        Dictionary<string, int> leftOut, out ExitCode code)
    {
        code = ExitCode.Usage;
        if (new FileInfo(file) is not { Exists: true, Length: <= HotlistSource.MaxBytes })
            return Fail($"--from: {file} is not there, or larger than {HotlistSource.MaxBytes} bytes");
        code = ExitCode.Ok;
        var name = Path.GetFileName(file);
        var bytes = File.ReadAllBytes(file);
        var list = terms is null
            ? HotlistSource.Read(bytes, file.EndsWith(".csv", StringComparison.OrdinalIgnoreCase), now)
            : NcicExtract.Read(bytes, terms, now);
        CryptographicOperations.ZeroMemory(bytes);
        rows.AddRange(list.Rows.Select(row => row with { At = $"{name}, {row.At}" }));
        refused.AddRange(list.Problems.Select(problem => new RefusedRow(name, problem.ToString())));
        foreach (var (left, count) in list.LeftOut) leftOut[left] = leftOut.GetValueOrDefault(left) + count;
        return true;
    }
}
