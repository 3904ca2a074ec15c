using Edge.Agent.Hub;
using Edge.Storage.Audit;
using Edge.Storage.Audit.Bundles;
using Edge.Storage.Keys;

namespace Edge.Agent.Cli;

/// <summary>Expected failures as one sentence and the exit code that <c>edge-agent</c> has for them, of which this program knows fewer.</summary>
internal static class Failure
{
    public static async Task<int> ShowAsync(Func<Task<ExitCode>> action)
    {
        try
        {
            return (int)await action();
        }
        catch (OperationCanceledException)
        {
            return (int)Say(ExitCode.Interrupted, "stopped before it was done");
        }
        catch (Exception exception) when (CodeFor(exception) is { } code)
        {
            return (int)Say(code, exception.Message);
        }
#pragma warning disable CA1031 // the outermost frame: nothing above it can do better
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return (int)Say(ExitCode.Failure, $"unexpected {exception.GetType().Name} {exception.StackTrace?.Split('\n').FirstOrDefault()?.Trim()}; this is a bug, please report this line");
        }
    }

    public static ExitCode Say(ExitCode code, string message)
    {
        Console.Error.WriteLine($"edge-verify: {Printable.Lines(message)}");
        return code;
    }

    private static ExitCode? CodeFor(Exception exception) => exception switch
    {
        BundleException or UnusableKeyException or AuditDamagedException => ExitCode.Verification,
        AgencyException => ExitCode.Configuration,
        IOException or UnauthorizedAccessException => ExitCode.Storage,
        _ => null,
    };
}
