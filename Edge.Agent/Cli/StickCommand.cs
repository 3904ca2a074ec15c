using System.CommandLine;
using Edge.Agent.Sticks;
using Edge.Storage.Audit;

namespace Edge.Agent.Cli;

/// <summary><c>stick TASK</c>: one step of <c>edge-export@.service</c> at an auditor's stick; see <c>docs/usb.md</c>. No person needs it but whoever
/// tries a stick by hand.</summary>
internal static class StickCommand
{
    private const string DefaultSocket = "/run/edge-agent/" + StickTalk.SocketName;
    private const string MountedBelow = "/run/edge-export";

    // A stick that was in when the machine started is looked at as soon as the agent is.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public static Command Build()
    {
        var task = new Argument<string>("TASK") { Description = "offer-, write- or end-, and the name of the stick's device: offer-sdb1" };
        var folder = new Option<string?>("--folder") { Description = $"Where the stick is mounted, else below {MountedBelow}" };
        var socket = new Option<string>("--socket") { Description = "Where the agent listens", DefaultValueFactory = _ => DefaultSocket };
        task.Validators.Add(parsed =>
        {
            if (Step(parsed.GetValueOrDefault<string>() ?? "") is null)
                parsed.AddError("TASK is offer-, write- or end- and a device's name: letters and digits");
        });
        var command = new Command("stick", "A step of the unit edge-export@ at an auditor's stick") { task, folder, socket };
        command.SetAction((parse, cancel) =>
        {
            var (verb, stick) = Step(parse.GetValue(task)!)!.Value;
            var (errand, root) = (new StickErrand(parse.GetValue(socket)!, stick, Patience), parse.GetValue(folder) ?? Path.Combine(MountedBelow, stick));
            return ShowAsync(() => verb switch
            {
                "offer" => errand.OfferAsync(root, cancel),
                "write" => errand.WriteAsync(root, cancel),
                _ => EndAsync(errand, cancel),
            });
        });
        return command;
    }

    // What was refused before has nothing to end, and was said.
    private static async Task<AuditOutcome> EndAsync(StickErrand errand, CancellationToken cancel) =>
        await errand.EndAsync(cancel) is { Reason: not StickDesk.NoSuchStick } outcome ? outcome : AuditOutcome.Done;

    private static (string Verb, string Stick)? Step(string task) =>
        task.Split('-') is [("offer" or "write" or "end") and var verb, var stick] && StickOffer.IsStick(stick) ? (verb, stick) : null;

    private static Task<int> ShowAsync(Func<Task<AuditOutcome>> step) => Failure.ShowAsync(async () =>
    {
        try
        {
            var outcome = await step();
            return outcome.Reason is null ? ExitCode.Ok
                : Failure.Say(outcome.Reason is StickOffer.Full or StickOffer.Failing ? ExitCode.Storage : ExitCode.Refused,
                    $"the stick is refused: {outcome.Reason}");
        }
        catch (StickException unreachable)
        {
            return Failure.Say(ExitCode.Failure, unreachable.Message);
        }
    });
}
