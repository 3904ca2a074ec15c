using System.Security.Cryptography;

namespace Edge.Agent.Publishing;

/// <summary>How long to wait before the next attempt: doubling from 1 s to 60 s, and each time a random part between half
/// and all of it, so that a thousand boxes do not return to a restarted broker in the same second.</summary>
public sealed class Backoff(Random random)
{
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    private TimeSpan _ceiling = Shortest;

    /// <summary>One that no other box shares.</summary>
    public static Backoff Create() => new(new Random(RandomNumberGenerator.GetInt32(int.MaxValue)));

    /// <summary>The next wait, longer than the last on average.</summary>
    public TimeSpan Next()
    {
        var wait = _ceiling * (0.5 + random.NextDouble() / 2);
        _ceiling = TimeSpan.FromTicks(Math.Min(_ceiling.Ticks * 2, Longest.Ticks));
        return wait;
    }

    /// <summary>Something worked: start small again.</summary>
    public void Reset() => _ceiling = Shortest;
}
