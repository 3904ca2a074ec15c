using System.CommandLine;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Edge.Agent.Hub;
using Edge.Agent.Matching;
using Edge.Storage.Json;
using Spectre.Console;

namespace Edge.Agent.Cli;

/// <summary><c>hub hotlist show DIR</c>: every entry by its id, case, purpose, source, end and state. A plate cannot be shown: the
/// hub does not know it.</summary>
internal static class HubHotlistShowCommand
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static Command Build()
    {
        var folder = new Argument<string>("DIR") { Description = "The agency's folder, made by hub init." };
        var audience = HubHotlistPublishCommand.ForOption();
        var json = RecognizeCommand.JsonOption();
        var command = new Command("show", "List the entries: id, case, purpose, source, end, state") { folder, audience, json };
        command.SetAction((parse, _) => Failure.ShowAsync(() =>
            Task.FromResult(Run(parse.GetValue(folder)!, parse.GetValue(audience), parse.GetValue(json), TimeProvider.System.GetUtcNow()))));
        return command;
    }

    private static ExitCode Run(string folder, string? audience, bool json, DateTimeOffset now)
    {
        using var agency = Agency.Open(folder);
        var hotlist = agency.Hotlists.Published(out var refused, audience);
        if (json)
            foreach (var entry in hotlist.Entries)
                Console.WriteLine(JsonSerializer.Serialize(new
                {
                    entry.Id, entry.Case, entry.Purpose, entry.Basis, entry.Source, entry.Issuer, Form = MatchForms.Write(entry.Form),
                    NotBefore = JsonTime.Write(entry.NotBefore), Expires = JsonTime.Write(entry.Expires), State = State(hotlist, entry, now),
                }, Json));
        else
            Print(hotlist, now);
        foreach (var entry in refused) Failure.Say(ExitCode.Refused, $"boxes refuse {entry.Id ?? $"number {entry.Index}"}: {entry.Reason}");
        return refused.Count == 0 ? ExitCode.Ok : ExitCode.Refused;
    }

    internal static string State(Hotlist hotlist, HotlistEntry entry, DateTimeOffset now) =>
        entry.Expires <= now ? "expired" : hotlist.Expires <= now ? "list expired" : entry.NotBefore > now ? "not yet" : "in force";

    private static void Print(Hotlist hotlist, DateTimeOffset now)
    {
        var table = new Table().AddColumn("id", id => id.NoWrap()).AddColumns("case", "purpose", "source", "until", "state");
        foreach (var entry in hotlist.Entries)
            table.AddRow([.. new[] { entry.Id, entry.Case, entry.Purpose, entry.Source, JsonTime.Write(entry.Expires), State(hotlist, entry, now) }
                .Select(text => Markup.Escape(Printable.Line(text)))]);
        Tables.On(Console.Out).Write(table);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"hotlist {hotlist.Version} of {hotlist.Agency}: {hotlist.Entries.Count} entries; boxes match until {JsonTime.Write(hotlist.Expires)}"));
    }
}
