using Edge.Vision.Onnx;
using Edge.Vision.Tracking;

namespace Edge.Agent.Commissioning;

/// <summary>The gate of tools that only look, where nobody has set one: what a model reads is worth looking at before anybody
/// has measured what that is worth. A box has no such leniency: there a promise that cannot be kept stops it.</summary>
internal static class LookingGate
{
    /// <summary>The default rate if the model can promise it, else the best that it can; nothing passes where it was never
    /// measured.</summary>
    /// <param name="note">What a person should know of that; null where the default holds.</param>
    /// <exception cref="ModelException">The manifest cannot be read.</exception>
    public static ReadGate Of(string models, out string? note)
    {
        var gate = new ReadGate();
        note = null;
        if (ModelManifest.Load(models).Recogniser.Calibration is not { } calibration)
        {
            note = "these models have no calibration, so no read is accepted; set --evidence, or run models calibrate";
            return ReadGate.Closed;
        }
        if (gate.TryEvidence(calibration, out _, out _)) return gate;
        note = $"these models cannot promise {gate.MaximumWrongReadRate:P1} wrong reads, only {calibration.LeastWrong:P1}: that is the gate here";
        return gate with { MaximumWrongReadRate = calibration.LeastWrong };
    }
}
