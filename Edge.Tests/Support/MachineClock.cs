using Microsoft.Extensions.Time.Testing;

namespace Edge.Tests.Support;

/// <summary>A machine whose clock can be set while its monotonic counter goes on undisturbed, as hardware's does.</summary>
internal sealed class MachineClock(DateTimeOffset start) : FakeTimeProvider(start)
{
    private TimeSpan _setBy;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + _setBy;

    public override long GetTimestamp() => base.GetUtcNow().Ticks;

    public void Set(DateTimeOffset time) => _setBy = time - base.GetUtcNow();
}
