using System.CommandLine;
using Edge.Storage.Files;
using Edge.Storage.Trust;

namespace Edge.Agent.Cli;

/// <summary><c>hub key FILE</c>: makes one keeper's key, on the keeper's own machine.</summary>
internal static class HubKeyCommand
{
    public static Option<string?> PassphraseOption() =>
        new("--passphrase-file") { Description = "File whose first line is the passphrase; otherwise the terminal asks." };

    public static Command Build()
    {
        var file = new Argument<string>("FILE") { Description = "The key to make; must not be there." };
        var passphrase = PassphraseOption();
        var command = new Command("key", "Make a keeper's key, protected by a passphrase") { file, passphrase };
        command.SetAction((parse, _) => Failure.ShowAsync(() =>
        {
            var path = parse.GetValue(file)!;
            if (File.Exists(path)) return Task.FromResult(Failure.Say(ExitCode.Configuration, $"{path} is there already: a key is never overwritten"));
            var keeper = Passphrase.Make(Path.GetFileNameWithoutExtension(path), parse.GetValue(passphrase));
            using (keeper.Key) DurableFile.Write(path, keeper.File.Write());
            parse.InvocationConfiguration.Output.WriteLine(RoleKeys.KeyIdOf(keeper.File.Public));
            return Task.FromResult(ExitCode.Ok);
        }));
        return command;
    }
}
