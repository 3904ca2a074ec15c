using System.CommandLine;
using Edge.Agent.Sticks;
using Edge.Storage.Audit;

namespace Edge.Agent.Cli;

/// <summary><c>stick offer|write|end</c>: the three steps of <c>edge-export@.service</c> at an auditor's stick; see <c>docs/usb.md</c>. No person
/// needs them, but whoever tries a stick by hand.</summary>
internal static class StickCommand
{
    // A stick that was in when the machine started is looked at as soon as the agent is.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private const string DefaultSocket = "/run/edge-agent/" + StickTalk.SocketName;

    public static Command Build() => new("stick", "What the unit edge-export@ does at an auditor's stick")
    {
        Step("offer", "Carry the order that lies on a stick to the agent", (errand, folder, cancel) => errand.OfferAsync(folder, cancel)),
        Step("write", "Write to a stick what the agent hands over", (errand, folder, cancel) => errand.WriteAsync(folder, cancel)),
        End(),
    };

    private static Command Step(string verb, string does, Func<StickErrand, string, CancellationToken, Task<AuditOutcome>> go)
    {
        var stick = Stick();
        var folder = new Argument<string>("FOLDER") { Description = "Where it is mounted" };
        var socket = Socket();
        var command = new Command(verb, does) { stick, folder, socket };
        command.SetAction((parse, cancel) => ShowAsync(() => go(new StickErrand(parse.GetValue(socket)!, parse.GetValue(stick)!, Patience), parse.GetValue(folder)!, cancel)));
        return command;
    }

    private static Command End()
    {
        var stick = Stick();
        var socket = Socket();
        var command = new Command("end", "Tell the agent that a stick is let go of") { stick, socket };
        command.SetAction((parse, cancel) => ShowAsync(() => new StickErrand(parse.GetValue(socket)!, parse.GetValue(stick)!).EndAsync(cancel)));
        return command;
    }

    private static Argument<string> Stick()
    {
        var stick = new Argument<string>("STICK") { Description = "The name of its device, such as sdb1" };
        stick.Validators.Add(parsed =>
        {
            if (!StickOffer.IsStick(parsed.GetValueOrDefault<string>() ?? "")) parsed.AddError("STICK is a device's name: letters and digits");
        });
        return stick;
    }

    private static Option<string> Socket() => new("--socket") { Description = "Where the agent listens", DefaultValueFactory = _ => DefaultSocket };

    private static Task<int> ShowAsync(Func<Task<AuditOutcome>> step) => Failure.ShowAsync(async () =>
    {
        try
        {
            var outcome = await step();
            return outcome.Reason is null ? ExitCode.Ok
                : Failure.Say(outcome.Reason is StickOffer.Full or StickOffer.Failing ? ExitCode.Storage : ExitCode.Refused, $"the stick is refused: {outcome.Reason}");
        }
        catch (StickException unreachable)
        {
            return Failure.Say(ExitCode.Failure, unreachable.Message);
        }
    });
}
