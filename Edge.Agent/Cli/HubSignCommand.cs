using System.CommandLine;
using System.Text.Json.Nodes;
using Edge.Agent.Hub;
using Edge.Storage.Keys;
using Edge.Storage.Trust;

namespace Edge.Agent.Cli;

/// <summary><c>hub sign DIR --key FILE</c>: one keeper's signature under the change that waits. With the last one it is
/// published. DIR may also be a copy that hub export made, on the keeper's own machine.</summary>
internal static class HubSignCommand
{
    public static Command Build()
    {
        var folder = new Argument<string>("DIR") { Description = "The agency's folder, or a copy of the change made by hub export." };
        var key = new Option<string>("--key") { Description = "The keeper's key file.", Required = true };
        var passphrase = HubKeyCommand.PassphraseOption();
        var json = RecognizeCommand.JsonOption();
        var command = new Command("sign", "Sign the change that waits, as one keeper") { folder, key, passphrase, json };
        command.SetAction((parse, _) => Failure.ShowAsync(() =>
        {
            var (path, file, phrase) = (parse.GetValue(folder)!, parse.GetValue(key)!, parse.GetValue(passphrase));
            var (asJson, output) = (parse.GetValue(json), parse.InvocationConfiguration.Output);
            return Task.FromResult(CarriedChange.IsAt(path) ? SignCarried(path, file, phrase, asJson, output) : Sign(path, file, phrase, asJson, output));
        }));
        return command;
    }

    private static ExitCode Sign(string folder, string keyFile, string? passphraseFile, bool json, TextWriter output)
    {
        using var agency = Agency.Open(folder);
        if (!agency.Ceremony.Proposal.IsWaiting) return Failure.Say(ExitCode.Configuration, "no change waits for a signature");
        agency.Ceremony.Proposal.RequireFilesThatWereSigned(); // what is read must be what is signed
        if (!json) Show(agency.Ceremony.Proposal, agency.TrustFolder, agency.KeeperNames, output);
        using var key = Passphrase.Open(keyFile, passphraseFile);
        var had = HasSigned(agency.Ceremony.Proposal, key);
        var published = agency.Ceremony.Sign(key, TimeProvider.System.GetUtcNow());
        if (json) return ProposalReport.Show(agency, published, new JsonObject { ["signedBy"] = RoleKeys.KeyIdOf(key.Public) }, [], json, output);
        output.WriteLine(published ? $"signed and published; {ProposalReport.Next(agency)}"
            : had ? "you had signed already; other keepers are missing:" : "signed; not yet published:");
        if (!published) HubStatusCommand.ShowChange(agency.Ceremony.Proposal, agency.KeeperNames, output);
        return ExitCode.Ok;
    }

    private static ExitCode SignCarried(string folder, string keyFile, string? passphraseFile, bool json, TextWriter output)
    {
        var carried = CarriedChange.Open(folder);
        carried.Proposal.RequireFilesThatWereSigned();
        if (!json) Show(carried.Proposal, carried.Trust, carried.KeeperNames, output);
        using var key = Passphrase.Open(keyFile, passphraseFile);
        var had = HasSigned(carried.Proposal, key);
        carried.Sign(key);
        output.WriteLine(json ? ProposalReport.Write(new JsonObject
            { ["agency"] = carried.Agency, ["published"] = false, ["signedBy"] = RoleKeys.KeyIdOf(key.Public) })
            : $"{(had ? "you had signed already" : "signed")}; carry the folder back, there: edge-agent hub import DIR FOLDER");
        return ExitCode.Ok;
    }

    private static bool HasSigned(TrustProposal proposal, SigningKey key) =>
        RoleKeys.KeyIdOf(key.Public) is var id && proposal.Files is var files && files.Any(file => file.Signed.Contains(id))
            && !files.Any(file => file.Eligible.Contains(id));

    private static void Show(TrustProposal proposal, string trust, KeeperNames names, TextWriter output)
    {
        foreach (var line in ChangeReport.Lines(proposal, trust, TimeProvider.System.GetUtcNow())) output.WriteLine(Printable.Line(line));
        HubStatusCommand.ShowChange(proposal, names, output);
    }
}
