namespace Edge.Agent.Door;

/// <summary>How many hits may come: a bucket for each camera and one for all, each as large as a minute's worth and filled again in a minute.
/// Not thread-safe.</summary>
/// <param name="share">Of the bounds; vision keeps itself to half of what the agent allows, so that it never meets them.</param>
internal sealed class HitRate(TimeProvider time, double share)
{
    private readonly double _ofCamera = DoorLimits.HitsPerMinuteOfCamera * share, _inAll = DoorLimits.HitsPerMinute * share;
    private readonly double[] _spent = new double[DoorLimits.MostCameras];
    private double _all;
    private long _at = time.GetTimestamp();

    /// <summary>Asks for one more of a camera.</summary>
    public bool TrySpend(int camera)
    {
        var now = time.GetTimestamp();
        var minutes = time.GetElapsedTime(_at, now).TotalMinutes;
        _at = now;
        _all = Math.Max(0, _all - minutes * _inAll);
        for (var i = 0; i < _spent.Length; i++) _spent[i] = Math.Max(0, _spent[i] - minutes * _ofCamera);
        if (_all + 1 > _inAll || _spent[camera] + 1 > _ofCamera) return false;
        _all++;
        _spent[camera]++;
        return true;
    }
}
