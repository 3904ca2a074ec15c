using Edge.Agent.Device;

namespace Edge.Agent.Enrolment;

/// <summary>A camera that the kernel shows.</summary>
/// <param name="Source">What goes into the configuration.</param>
/// <param name="Label">What its driver calls it.</param>
internal sealed record FoundCamera(string Source, string Label)
{
    /// <summary>The capture devices of this machine. Of a camera with several nodes the first brings pictures (its index is 0); the others bring
    /// metadata.</summary>
    public static IReadOnlyList<FoundCamera> On(Machine machine) =>
    [
        .. machine.List("/sys/class/video4linux").Where(node => node.StartsWith("video", StringComparison.Ordinal))
            .Where(node => machine.Read($"/sys/class/video4linux/{node}/index") is null or "0")
            .Select(node => new FoundCamera($"/dev/{node}", machine.Read($"/sys/class/video4linux/{node}/name") ?? "camera")),
    ];
}
