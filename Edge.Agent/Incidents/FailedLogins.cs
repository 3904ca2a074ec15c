using Edge.Agent.Governance;

namespace Edge.Agent.Incidents;

/// <summary>Counts failed logins, of anybody at any door: one is a typing error, many are an attack. Thread-safe.</summary>
public sealed class FailedLogins(IncidentReporter incidents, TimeProvider time)
{
    /// <summary>So many within <see cref="Within"/> are an incident.</summary>
    public const int Most = 5;

    public static readonly TimeSpan Within = TimeSpan.FromMinutes(15);

    private readonly Queue<DateTimeOffset> _recent = new();

    /// <summary>A login failed. Its own audit entry is for the door to write.</summary>
    public void Add()
    {
        lock (_recent)
        {
            var now = time.GetUtcNow();
            while (_recent.TryPeek(out var oldest) && now - oldest >= Within) _recent.Dequeue();
            _recent.Enqueue(now);
            if (_recent.Count < Most) return;
            _recent.Clear();
        }
        incidents.Report(IncidentKind.FailedLogins, "repeated", Most);
    }
}
