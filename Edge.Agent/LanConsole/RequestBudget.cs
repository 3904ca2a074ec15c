namespace Edge.Agent.LanConsole;

/// <summary>How many requests a minute one caller may make. Whoever asks more is told to wait, before anything is done. Thread-safe.</summary>
internal sealed class RequestBudget(int mostAMinute, TimeProvider time)
{
    private const int MostCallers = 4096;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _spent = new(StringComparer.Ordinal);
    private DateTimeOffset _minute;

    public bool TrySpend(string caller)
    {
        lock (_gate)
        {
            var now = time.GetUtcNow();
            if ((now - _minute).Duration() >= TimeSpan.FromMinutes(1))
            {
                _spent.Clear();
                _minute = now;
            }
            var spent = _spent.GetValueOrDefault(caller);
            // So many callers in a minute are one caller with many names.
            if (spent >= mostAMinute || (spent == 0 && _spent.Count >= MostCallers)) return false;
            _spent[caller] = spent + 1;
            return true;
        }
    }
}
