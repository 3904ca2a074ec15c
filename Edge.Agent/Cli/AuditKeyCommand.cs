using System.CommandLine;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Edge.Storage.Files;
using Edge.Storage.Keys;
using Edge.Storage.Sealing;

namespace Edge.Agent.Cli;

/// <summary><c>audit key FILE</c>: makes an auditor's key, on the auditor's own machine. Its public half is what an agency seals full exports to.</summary>
internal static class AuditKeyCommand
{
    public static Command Build()
    {
        var file = new Argument<string>("FILE") { Description = "The key to make; must not be there" };
        var passphrase = HubKeyCommand.PassphraseOption();
        var json = RecognizeCommand.JsonOption();
        var command = new Command("key", "Make an auditor's key, protected by a passphrase") { file, passphrase, json };
        command.SetAction((parse, _) => Failure.ShowAsync(() =>
        {
            var path = parse.GetValue(file)!;
            if (File.Exists(path)) return Task.FromResult(Failure.Say(ExitCode.Configuration, $"{path} is there already: a key is never overwritten"));
            var words = Passphrase.Read(Path.GetFileNameWithoutExtension(path), parse.GetValue(passphrase), twice: true);
            using var key = RecipientKey.Create();
            try
            {
                DurableFile.Write(path, AuditorKey.Protect(key, words).Write());
            }
            finally
            {
                CryptographicOperations.ZeroMemory(words);
            }
            parse.InvocationConfiguration.Output.WriteLine(parse.GetValue(json)
                ? ProposalReport.Write(new JsonObject { ["file"] = path, ["public"] = key.Public.X, ["kid"] = key.Public.KeyId })
                : $"public  {key.Public.X}\nkey id  {key.Public.KeyId}\ngive the public line to the agency: audit export --full --to");
            return Task.FromResult(ExitCode.Ok);
        }));
        return command;
    }
}
