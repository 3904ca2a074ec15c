using Edge.Agent.Clock;
using Microsoft.Extensions.Time.Testing;

namespace Edge.Tests.Support;

/// <summary>A machine whose clock can be set while what it counts since its boot goes on undisturbed, as hardware's does.</summary>
internal sealed class MachineClock(DateTimeOffset start) : FakeTimeProvider(start), IBootCounter
{
    private TimeSpan _setBy;
    private DateTimeOffset _booted = start;
    private int _boots = 1;

    public string Boot => $"boot-{_boots}";

    public TimeSpan Elapsed => base.GetUtcNow() - _booted;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + _setBy;

    public override long GetTimestamp() => base.GetUtcNow().Ticks;

    public void Set(DateTimeOffset time) => _setBy = time - base.GetUtcNow();

    /// <summary>Off for so long, its clock going on; then it runs again.</summary>
    public void Reboot(TimeSpan off)
    {
        Advance(off);
        _booted = base.GetUtcNow();
        _boots++;
    }
}
