using Microsoft.Extensions.Logging;

namespace Edge.Agent.Orders;

/// <summary>Where messages from outside come in. What nobody foresaw in one of them costs that message, and not the box.</summary>
internal static class Intake
{
    /// <param name="what">What is taken, without anything that it says.</param>
    /// <returns>False if it was dropped; only the type of what went wrong is logged, since a message may quote what was being read.</returns>
    /// <exception cref="IOException">The disk refused: it may be brought again.</exception>
    public static bool TryTake(Action take, string what, ILogger log)
    {
        try
        {
            take();
            return true;
        }
#pragma warning disable CA1031 // whatever it is: a box that ends because of one message can be ended by anybody who may send one
        catch (Exception bug) when (bug is not IOException)
#pragma warning restore CA1031
        {
            log.LogError("{What} was dropped: unexpected {Failure}; this is a bug, please report this line", what, bug.GetType().Name);
            return false;
        }
    }
}
