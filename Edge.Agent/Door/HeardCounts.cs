namespace Edge.Agent.Door;

/// <summary>What a tally adds to the one before it.</summary>
/// <param name="LostToSay">Hits given up that nobody was told of yet, to be told now; 0 while that was done a moment ago.</param>
internal readonly record struct HeardCount(long Frames, long Discarded, long GivenUp, long LostToSay);

/// <summary>Every counter that came through the door since the agent started, whichever link it came over: a vision that comes again and again may say
/// no more than one that stays. Not thread-safe.</summary>
internal sealed class HeardCounts(TimeProvider time)
{
    // Not with each tally: vision is not to fill the journal.
    private static readonly TimeSpan SayLostEvery = TimeSpan.FromMinutes(1);

    private readonly MessageRate _rate = new(time, DoorLimits.TalliesPerMinute);
    private long _frames, _discarded;
    private (long Frames, long At)? _first;
    private (long Untold, long At)? _lost;

    /// <summary>Takes the next tally of a link.</summary>
    /// <param name="before">The link's last one; null for its first.</param>
    /// <param name="cameras">How many are configured.</param>
    /// <exception cref="DoorRefusedException">It comes too often, shrinks, or says more than time and cameras allow.</exception>
    public HeardCount Take(ToAgent.Tally tally, ToAgent.Tally? before, int cameras)
    {
        if (!_rate.TrySpend()) throw new DoorRefusedException(DoorRefusal.TooManyMessages);
        before ??= new ToAgent.Tally(0, 0, 0, []);
        var at = time.GetTimestamp();
        var (frames, discarded, givenUp) = (tally.Frames - before.Frames, tally.Discarded - before.Discarded, tally.GivenUp - before.GivenUp);
        if (frames < 0 || discarded < 0 || givenUp < 0 || _frames + frames > MostFrames(at, cameras) || tally.GivenUp > tally.Discarded
            || tally.Cameras.Count != cameras
            // A passage may end after the frames that showed it were tallied on another link.
            || _discarded + discarded > DoorLimits.ReadsPerFrame * (_frames + frames + DoorLimits.FramesPerSecond)
            || tally.Cameras.Zip(before.Cameras).Any(both => Shrinks(both.First, both.Second)))
            throw new DoorRefusedException(DoorRefusal.BadCount);
        (_frames, _discarded) = (_frames + frames, _discarded + discarded);
        _first ??= (_frames, at);
        return new HeardCount(frames, discarded, givenUp, givenUp == 0 ? 0 : Lost(givenUp, at));
    }

    /// <summary>The first tally brings what happened while nobody listened; from then on time bounds the frames.</summary>
    private double MostFrames(long at, int cameras) => _first is not { } first ? DoorLimits.MostFramesAtOnce
        : first.Frames + DoorLimits.FramesPerSecond * cameras * (time.GetElapsedTime(first.At, at) + DoorLimits.FramesAhead).TotalSeconds;

    private long Lost(long givenUp, long at)
    {
        var untold = (_lost?.Untold ?? 0) + givenUp;
        var isDue = _lost is not { } last || time.GetElapsedTime(last.At, at) >= SayLostEvery;
        _lost = isDue ? (0, at) : (untold, _lost!.Value.At);
        return isDue ? untold : 0;
    }

    private static bool Shrinks(ToAgent.CameraTally now, ToAgent.CameraTally before) =>
        now.Frames < before.Frames || now.Dropped < before.Dropped || now.Reconnects < before.Reconnects;
}
