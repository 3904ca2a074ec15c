using System.Runtime.InteropServices;

namespace Edge.Agent.Cli;

/// <summary>What Ctrl-C and SIGTERM do. The first asks the verb to stop in order; a second Ctrl-C, or the first while a question is open, ends the
/// program at once, with <see cref="ExitCode.Interrupted"/>: a read of the terminal hears no cancellation.</summary>
internal sealed class Interruption : IDisposable
{
    private static int _questions;

    private readonly CancellationTokenSource _stop = new();
    private readonly TimeSpan _within;
    private readonly PosixSignalRegistration[] _signals;
    private ITimer? _late;
    private int _asked;

    /// <param name="within">How long the verb may take to stop.</param>
    public Interruption(TimeSpan within)
    {
        _within = within;
        _signals = [PosixSignalRegistration.Create(PosixSignal.SIGINT, Take), PosixSignalRegistration.Create(PosixSignal.SIGTERM, Take)];
    }

    /// <summary>Fires when the program was asked to stop.</summary>
    public CancellationToken Token => _stop.Token;

    /// <summary>While it is not disposed, somebody is being asked, and nothing is half done.</summary>
    public static IDisposable Question()
    {
        Interlocked.Increment(ref _questions);
        return new OpenQuestion();
    }

    public void Dispose()
    {
        foreach (var signal in _signals) signal.Dispose();
        _late?.Dispose();
        _stop.Dispose();
    }

    private void Take(PosixSignalContext signal)
    {
        signal.Cancel = true;
        var again = Interlocked.Exchange(ref _asked, 1) == 1;
        if (Volatile.Read(ref _questions) > 0 || again && signal.Signal == PosixSignal.SIGINT) End();
        if (again) return;
        if (signal.Signal == PosixSignal.SIGINT && !Console.IsErrorRedirected)
            Console.Error.WriteLine($"\n{Failure.Program}: stopping; Ctrl-C again ends it at once");
        _late = TimeProvider.System.CreateTimer(_ => End(), null, _within, Timeout.InfiniteTimeSpan);
        _ = _stop.CancelAsync();
    }

    private static void End()
    {
        if (!Console.IsErrorRedirected) Console.Error.WriteLine();
        Failure.Say(ExitCode.Interrupted, "stopped before it was done");
#pragma warning disable RS0030 // nothing above is there to return to: it waits for a key, or did not hear
        Environment.Exit((int)ExitCode.Interrupted);
#pragma warning restore RS0030
    }

    private sealed class OpenQuestion : IDisposable
    {
        public void Dispose() => Interlocked.Decrement(ref _questions);
    }
}
