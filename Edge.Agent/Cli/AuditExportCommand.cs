using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Edge.Agent.Orders;
using Edge.Storage.Audit;
using Edge.Storage.Audit.Bundles;
using Edge.Storage.Files;

namespace Edge.Agent.Cli;

/// <summary><c>audit export LOG OUT --public</c> or <c>--full --to AUDITOR</c>: a bundle of a log, for whoever verifies it elsewhere. A name that ends in
/// <c>.tar</c> makes one file, any other a folder.</summary>
internal static class AuditExportCommand
{
    private static readonly TimeSpan NotedWithin = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(100);

    public static Command Build()
    {
        var log = new Argument<string>("LOG") { Description = "The folder of a log, or a copy of it; the box may go on writing" };
        var output = new Argument<string>("OUT") { Description = "The bundle to make, a folder, or one file if the name ends in .tar; must not be there" };
        var forPublic = new Option<bool>("--public") { Description = "For anybody: nothing that the log conceals" };
        var full = new Option<bool>("--full") { Description = "For one auditor: all that is still kept of what the log conceals, sealed to --to" };
        var to = new Option<string?>("--to") { Description = "The auditor's public key (43 characters, or the file that audit key made)" };
        var key = new Option<string?>("--key") { Description = "The log's public key, to be named in the bundle for comparison" };
        var witness = new Option<string[]>("--witness") { Description = "A witness's public key, to be named in the bundle; may be given several times" };
        var json = new Option<bool>("--json") { Description = "One JSON line instead of text" };
        var command = new Command("export", "Make a bundle of an audit log, for the public or for one auditor")
            { log, output, forPublic, full, to, key, witness, json };
        command.Validators.Add(parsed =>
        {
            if (parsed.GetValue(forPublic) == parsed.GetValue(full)) parsed.AddError("give one of --public and --full");
            if (parsed.GetValue(full) != parsed.GetValue(to) is not null) parsed.AddError("--full needs --to, and only --full takes it");
        });
        command.SetAction((parse, cancel) => Failure.ShowAsync(() => RunAsync(parse.GetValue(log)!, parse.GetValue(output)!, parse.GetValue(to),
            parse.GetValue(key), parse.GetValue(witness) ?? [], parse.GetValue(json), parse.InvocationConfiguration.Output, cancel)));
        return command;
    }

    private static async Task<ExitCode> RunAsync(string log, string to, string? auditor, string? key, string[] witnesses, bool json, TextWriter output,
        CancellationToken cancel)
    {
        if (!Directory.Exists(log)) return Failure.Say(ExitCode.Usage, $"{log}: no such folder");
        if (Path.Exists(to)) return Failure.Say(ExitCode.Usage, $"{to} is there already: a bundle is never overwritten");
        BundleForm form;
        try
        {
            form = new BundleForm(auditor is null ? null : AuditInputs.AuditorPublic(auditor), to.EndsWith(".tar", StringComparison.Ordinal),
                key is null ? null : AuditVerifier.Log(AuditInputs.Vkey(key)), [.. witnesses.Select(one => AuditVerifier.Witness(AuditInputs.Vkey(one)))]);
        }
        catch (FormatException notKey)
        {
            return Failure.Say(ExitCode.Usage, $"--to, --key or --witness: {notKey.Message}");
        }
        if (!await IsNotedAsync(log, auditor is not null, cancel))
            return Failure.Say(ExitCode.Storage,
                $"the agent took no note of this export within {NotedWithin.TotalSeconds} s, so nothing was exported: see its journal");
        var manifest = BundleExport.Write(log, to, form, AuditInputs.Progress("files written", json));
        output.WriteLine(json
            ? ProposalReport.Write(new JsonObject
            {
                ["bundle"] = to, ["kind"] = manifest.Kind == BundleKind.Full ? "full" : "public", ["origin"] = manifest.Origin, ["size"] = manifest.Size,
                ["root"] = manifest.Root, ["auditor"] = manifest.Auditor, ["disclosed"] = manifest.Disclosed,
            })
            : Printable.Line(string.Create(CultureInfo.InvariantCulture,
                $"{to}: {manifest.Origin}, {manifest.Size} entries, root {manifest.Root}; {(manifest.Auditor is null ? "for the public, nothing disclosed" : $"{manifest.Disclosed} entries disclosed to {manifest.Auditor}")}")));
        return ExitCode.Ok;
    }

    /// <summary>A copy of a box's own log is an entry in it: at once where the agent runs, else as it starts again. A log that was carried elsewhere takes no
    /// entries.</summary>
    private static async Task<bool> IsNotedAsync(string log, bool isFull, CancellationToken cancel)
    {
        var state = Path.GetDirectoryName(Path.GetFullPath(log).TrimEnd(Path.DirectorySeparatorChar));
        var isOwn = state is not null && Directory.Exists(Path.Combine(state, "keys", "epochs"))
            && Path.GetFileName(Path.GetFullPath(log).TrimEnd(Path.DirectorySeparatorChar)) == "audit";
        if (!isOwn) return true;
        var notice = ExportNotices.Leave(OrderInbox.In(state!), Environment.UserName, isFull);
        if (FolderLock.TryTake(log) is { } nobodyWrites)
        {
            nobodyWrites.Dispose();
            return true;
        }
        var time = TimeProvider.System;
        var since = time.GetTimestamp();
        while (File.Exists(notice))
        {
            if (time.GetElapsedTime(since) > NotedWithin) return false;
            await Task.Delay(LookEvery, time, cancel);
        }
        return true;
    }
}
