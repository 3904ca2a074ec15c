using System.CommandLine;
using System.Text.Json.Nodes;
using Edge.Storage.Files;
using Edge.Storage.Trust;

namespace Edge.Agent.Cli;

/// <summary><c>hub key FILE</c>: makes one keeper's or operator's key, on that person's own machine. A keeper is known by the TUF key id,
/// an operator by the thumbprint.</summary>
internal static class HubKeyCommand
{
    public static Option<string?> PassphraseOption() =>
        new("--passphrase-file") { Description = "File whose first line is the passphrase; otherwise the terminal asks." };

    public static Command Build()
    {
        var file = new Argument<string>("FILE") { Description = "The key to make; must not be there." };
        var passphrase = PassphraseOption();
        var json = RecognizeCommand.JsonOption();
        var command = new Command("key", "Make a keeper's or an operator's key, protected by a passphrase") { file, passphrase, json };
        command.SetAction((parse, _) => Failure.ShowAsync(() =>
        {
            var path = parse.GetValue(file)!;
            if (File.Exists(path)) return Task.FromResult(Failure.Say(ExitCode.Configuration, $"{path} is there already: a key is never overwritten"));
            var keeper = Passphrase.Make(Path.GetFileNameWithoutExtension(path), parse.GetValue(passphrase));
            using (keeper.Key) DurableFile.Write(path, keeper.File.Write());
            var id = RoleKeys.KeyIdOf(keeper.File.Public);
            parse.InvocationConfiguration.Output.WriteLine(parse.GetValue(json)
                ? ProposalReport.Write(new JsonObject { ["file"] = path, ["keyId"] = id, ["kid"] = keeper.File.Public.KeyId })
                : $"a keeper  {id}\nan operator  {keeper.File.Public.KeyId}\nwhoever signs the change that names this key compares it with what you read out");
            return Task.FromResult(ExitCode.Ok);
        }));
        return command;
    }
}
