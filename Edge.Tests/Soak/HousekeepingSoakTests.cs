using Edge.Tests.Support;
using Edge.Tests.Scenarios;

namespace Edge.Tests.Soak;

/// <summary>What the clock alone brings, which no process can be made to do faster: its time goes by the kernel's counter, so that nobody can set it.</summary>
[Collection(nameof(Processes))]
public sealed class HousekeepingSoakTests
{
    private const int Hours = 72, TurnsAnHour = 60;
    private const long MostKept = 256 << 10;

    [Fact(Explicit = true)]
    public void Three_days_of_housekeeping_each_minute_keep_no_memory()
    {
        using var box = new BoxInTime();
        var sizes = new List<long>();
        for (var hour = 0; hour <= Hours; hour++)
        {
            for (var turn = 0; turn < TurnsAnHour; turn++)
            {
                box.Machine.Advance(TimeSpan.FromMinutes(1));
                box.Turn();
            }
            sizes.Add(GC.GetTotalMemory(forceFullCollection: true));
        }
        TestContext.Current.SendDiagnosticMessage("managed heap after each 12 hours, KiB: {0}",
            string.Join(", ", sizes.Where((_, hour) => hour % 12 == 0).Select(size => size >> 10)));
        Assert.InRange(sizes[^1] - sizes[1], long.MinValue, MostKept);
    }
}
