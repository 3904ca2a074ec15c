using System.CommandLine;
using Edge.Agent.Hub;

namespace Edge.Agent.Cli;

/// <summary><c>hub sign DIR --key FILE</c>: one keeper's signature under the change that waits. With the last one it is
/// published.</summary>
internal static class HubSignCommand
{
    public static Command Build()
    {
        var folder = new Argument<string>("DIR") { Description = "The agency's folder." };
        var key = new Option<string>("--key") { Description = "The keeper's key file.", Required = true };
        var passphrase = HubKeyCommand.PassphraseOption();
        var command = new Command("sign", "Sign the change that waits, as one keeper") { folder, key, passphrase };
        command.SetAction((parse, _) => Failure.ShowAsync(() =>
        {
            using var agency = Agency.Open(parse.GetValue(folder)!);
            var output = parse.InvocationConfiguration.Output;
            if (!agency.Proposal.IsWaiting) return Task.FromResult(Failure.Say(ExitCode.Configuration, "no change waits for a signature"));
            HubStatusCommand.ShowChange(agency.Proposal, output);
            using var signing = Passphrase.Open(parse.GetValue(key)!, parse.GetValue(passphrase));
            if (agency.Sign(signing, TimeProvider.System.GetUtcNow())) output.WriteLine("signed and published");
            else
            {
                output.WriteLine("signed; not yet published:");
                HubStatusCommand.ShowChange(agency.Proposal, output);
            }
            return Task.FromResult(ExitCode.Ok);
        }));
        return command;
    }
}
