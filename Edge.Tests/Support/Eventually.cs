using Microsoft.Extensions.Time.Testing;

namespace Edge.Tests.Support;

/// <summary>Waits for what a thread or a process is about to do. Looks again and again, never longer than it must.</summary>
internal static class Eventually
{
    private const double Patience = 60;

    /// <param name="expectation">What is awaited, for the failure's message.</param>
    /// <param name="seconds">How long it may take before the test fails: what holds costs no patience, and a machine may be slow.</param>
    public static Task True(Func<bool> condition, string expectation, double seconds = Patience) =>
        True(() => Task.FromResult(condition()), expectation, seconds);

    /// <summary>The same of what has to be asked for.</summary>
    public static async Task True(Func<Task<bool>> condition, string expectation, double seconds = Patience)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(seconds), TimeProvider.System);
        while (!await condition())
        {
            Assert.False(patience.IsCancellationRequested, $"{expectation}: not within {seconds} s");
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>The same while the test's clock goes on, a tenth of a second at each look: whoever waits for it may
    /// have looked at the clock a moment before or after any single step.</summary>
    public static Task TrueAsTimePasses(FakeTimeProvider time, Func<bool> condition, string expectation) => True(() =>
    {
        if (condition()) return true;
        time.Advance(TimeSpan.FromSeconds(0.1));
        return false;
    }, expectation);
}
