using Edge.Agent.Evaluation;
using Edge.Tests.Support;

namespace Edge.Tests.Evaluation;

public sealed class KnownPassagesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Plates_are_those_in_back_quotes_on_the_recording_s_line()
    {
        File.WriteAllLines(_folder.File("README.md"),
        [
            "# Data", "| `scenes/eu` | with `AB123` |", "| `footage/lane.mp4` | 1280×720; readable: `AB123CD` (0.2–2.3 s), `XY987ZW` (6 s) | – |",
            "| `footage/empty.mp4` | plates too small to read | CC-BY-4.0 |",
        ]);
        var known = KnownPassages.Read(_folder.File("README.md"));
        Assert.Equal(["AB123CD", "XY987ZW"], known["lane.mp4"]);
        Assert.Empty(known["empty.mp4"]);
        Assert.Equal(2, known.Count);
    }

    [Fact]
    public void Without_a_page_nothing_is_known() => Assert.Empty(KnownPassages.Read(_folder.File("README.md")));

    [Fact]
    public void The_shared_footage_is_known()
    {
        var known = KnownPassages.Read(Shared.Need("data/README.md"));
        Assert.Equal([("no-readable-plates.mp4", 0), ("single-car.mp4", 1), ("toll-lane.mp4", 3)],
            known.OrderBy(recording => recording.Key, StringComparer.Ordinal).Select(recording => (recording.Key, recording.Value.Count)));
    }

    public void Dispose() => _folder.Dispose();
}
