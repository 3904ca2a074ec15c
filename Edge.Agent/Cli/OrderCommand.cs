using System.CommandLine;
using System.Security.Cryptography;
using System.Text.Json;
using Edge.Agent.Configuration;
using Edge.Agent.Orders;
using Edge.Agent.Publishing;
using Edge.Storage.Files;

namespace Edge.Agent.Cli;

/// <summary><c>order FILE</c>: brings a signed order to the box it is run on, by hand, and says what became of it.</summary>
internal static class OrderCommand
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(100);

    public static Command Build()
    {
        var file = new Argument<string>("FILE") { Description = "The signed order, as the agency wrote it." };
        var config = new Option<string>("--config")
        {
            Description = "The box's configuration file.", DefaultValueFactory = _ => RunCommand.DefaultConfiguration,
        };
        var json = RecognizeCommand.JsonOption();
        var command = new Command("order", "Bring a signed order to this box") { file, config, json };
        command.SetAction((parse, cancel) => Failure.ShowAsync(() => RunAsync(parse.GetValue(file)!,
            AgentConfiguration.Load(parse.GetValue(config)!).StateFolder, parse.GetValue(json), TimeProvider.System, cancel)));
        return command;
    }

    private static async Task<ExitCode> RunAsync(string file, string state, bool json, TimeProvider time, CancellationToken cancel)
    {
        var inbox = OrderInbox.In(state);
        var order = Read(file);
        if (order is null) return Failure.Say(ExitCode.Usage, $"this is no signed order: it is empty or larger than {OrderMessage.MaxBytes} bytes");
        if (!Directory.Exists(inbox)) return Failure.Say(ExitCode.Failure, $"no agent runs here, {inbox} is not there: start edge-agent and try again");
        var brought = Path.Combine(inbox, RandomNumberGenerator.GetHexString(32, lowercase: true) + OrderInbox.OrderEnding);
        var outcome = Path.ChangeExtension(brought, OrderInbox.OutcomeEnding);
        // Readable for the agent, which may be another user; the folder is closed to everybody else.
        DurableFile.Write(brought, order, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        try
        {
            var since = time.GetTimestamp();
            while (!File.Exists(outcome) && time.GetElapsedTime(since) < Patience) await Task.Delay(LookEvery, time, cancel);
            if (File.Exists(outcome)) return Show(outcome, Path.Combine(state, OrderDesk.ExportsName), json);
            return Failure.Say(ExitCode.Failure,
                $"no agent took the order within {Patience.TotalSeconds:0} s, and it was withdrawn: see that edge-agent runs and try again");
        }
        finally
        {
            File.Delete(brought);
            File.Delete(outcome);
        }
    }

    private static string? Readable(string? outcome) => outcome switch
    {
        OrderInbox.NotAnOperators => "refused: no operator of this box's agency has signed it",
        OrderInbox.NotJudged => "refused: the box failed to judge it; its log names the bug, please report that line",
        _ => outcome,
    };

    private static byte[]? Read(string file)
    {
        using var stream = PlainFile.OpenRead(file);
        if (stream.Length is 0 or > OrderMessage.MaxBytes) return null;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    private static ExitCode Show(string file, string exports, bool json)
    {
        var said = File.ReadAllText(file);
        using var document = JsonDocument.Parse(said);
        var outcome = document.RootElement.GetProperty("outcome").GetString();
        var verb = document.RootElement.GetProperty("verb").GetString();
        if (json) Console.WriteLine(said);
        else
            Console.WriteLine($"{verb ?? "order"}: {Readable(outcome)}" +
                (verb == "export" && outcome == "done"
                    ? $", the copy is {Path.Combine(exports, document.RootElement.GetProperty("order").GetString() ?? "")}" : "") +
                (document.RootElement.GetProperty("count").GetInt32() is > 0 and var count ? $", {count} hits" : ""));
        return outcome == "done" ? ExitCode.Ok : ExitCode.Refused;
    }
}
