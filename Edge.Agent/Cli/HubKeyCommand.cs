using System.CommandLine;
using System.Text.Json.Nodes;
using Edge.Storage.Files;
using Edge.Storage.Keys;
using Edge.Storage.Trust;

namespace Edge.Agent.Cli;

/// <summary><c>hub key FILE</c>: makes one keeper's or operator's key, on that person's own machine. A keeper is known by the TUF key id,
/// an operator by the thumbprint.</summary>
internal static class HubKeyCommand
{
    public static Option<string?> PassphraseOption() => Passphrase.Option();

    public static Command Build()
    {
        var file = new Argument<string>("FILE") { Description = "The key to make; must not be there." };
        var passphrase = PassphraseOption();
        var json = RecognizeCommand.JsonOption();
        var command = new Command("key", "Make a keeper's or an operator's key, protected by a passphrase") { file, passphrase, json, Show() };
        command.SetAction((parse, _) => Failure.ShowAsync(() =>
        {
            var path = parse.GetValue(file)!;
            if (File.Exists(path)) return Task.FromResult(Failure.Say(ExitCode.Configuration, $"{path} is there already: a key is never overwritten"));
            var keeper = NewKeeper.Make(Path.GetFileNameWithoutExtension(path), parse.GetValue(passphrase));
            using (keeper.Key) DurableFile.Write(path, keeper.File.Write());
            Write(path, keeper.File.Public, parse.GetValue(json), parse.InvocationConfiguration.Output);
            return Task.FromResult(ExitCode.Ok);
        }));
        return command;
    }

    /// <summary>A key's ids, without its passphrase: <c>hub key show FILE</c>.</summary>
    private static Command Show()
    {
        var file = new Argument<string>("FILE") { Description = "A key file." };
        var json = RecognizeCommand.JsonOption();
        var show = new Command("show", "Print the ids of a key, by which hub status and hub sign name it") { file, json };
        show.SetAction((parse, _) => Failure.ShowAsync(() =>
        {
            var path = parse.GetValue(file)!;
            Write(path, Passphrase.Load(path).Public, parse.GetValue(json), parse.InvocationConfiguration.Output);
            return Task.FromResult(ExitCode.Ok);
        }));
        return show;
    }

    private static void Write(string path, VerifyingKey key, bool json, TextWriter output) => output.WriteLine(json
        ? ProposalReport.Write(new JsonObject { ["file"] = path, ["keyId"] = RoleKeys.KeyIdOf(key), ["kid"] = key.KeyId })
        : $"a keeper  {RoleKeys.KeyIdOf(key)}\nan operator  {key.KeyId}\nwhoever signs the change that names this key compares it with what you read out");
}
