namespace Edge.Agent.LanConsole;

/// <summary>How many connections each address holds now. Thread-safe.</summary>
internal sealed class HeldConnections(int mostOfOne)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _held = new(StringComparer.Ordinal);

    /// <summary>One more; <see cref="Leave"/> when it is over.</summary>
    public bool TryEnter(string from)
    {
        lock (_gate)
        {
            var held = _held.GetValueOrDefault(from);
            if (held >= mostOfOne) return false;
            _held[from] = held + 1;
            return true;
        }
    }

    public void Leave(string from)
    {
        lock (_gate)
            if (_held[from] > 1) _held[from]--;
            else _held.Remove(from);
    }
}
