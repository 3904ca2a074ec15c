using Edge.Vision.Recognition;

namespace Edge.Tests.Recognition;

/// <summary>Calibrations for tests.</summary>
internal static class Calibrations
{
    public static Calibration Of(params (double Evidence, double Right, double WrongAbove)[] points) => new()
    {
        Set = "a test", Plates = 1000,
        Points = [.. points.Select(point => new CalibrationPoint { Evidence = point.Evidence, Right = point.Right, WrongAbove = point.WrongAbove })],
    };
}
