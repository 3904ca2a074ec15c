namespace Edge.Agent.Cli;

/// <summary>Expected failures become one sentence on standard error and a named exit code. Everything else is a bug and
/// keeps its type and place, never its message: a message may quote what was being read.</summary>
internal static partial class Failure
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
            var place = exception.StackTrace?.Split('\n').FirstOrDefault()?.Trim();
            return (int)Say(ExitCode.Failure, $"unexpected {exception.GetType().Name} {place}; this is a bug, please report this line");
        }
    }

    public static ExitCode Say(ExitCode code, string message)
    {
        Console.Error.WriteLine($"{Program}: {Printable.Lines(message)}");
        return code;
    }

    private static partial ExitCode? CodeFor(Exception exception);
}
