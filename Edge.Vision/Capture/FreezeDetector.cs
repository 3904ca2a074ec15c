namespace Edge.Vision.Capture;

/// <summary>Tells a camera that repeats one picture from a quiet road: sensor noise changes some byte of every real
/// picture. Fed fingerprints and times, it holds no pixels.</summary>
/// <param name="after">How long the same picture may last.</param>
internal sealed class FreezeDetector(TimeSpan after)
{
    private uint? _last;
    private TimeSpan _since;

    /// <summary>True from the moment the picture has been the same for that long until it changes.</summary>
    public bool IsFrozen { get; private set; }

    /// <summary>Takes the next picture's fingerprint; <paramref name="now"/> never goes back.</summary>
    public bool Observe(uint fingerprint, TimeSpan now)
    {
        if (fingerprint != _last)
        {
            _last = fingerprint;
            _since = now;
        }
        return IsFrozen = now - _since >= after;
    }
}
