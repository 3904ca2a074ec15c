using Edge.Vision.Capture;
using Edge.Vision.Onnx;

namespace Edge.Agent.Doctor;

/// <summary>What reads the plates: the models, the gate, the native library that decodes pictures.</summary>
internal static class ModelRows
{
    public static IEnumerable<Finding> Look(Patient patient)
    {
        if (CameraSources.Missing() is { } missing) yield return Finding.Bad("decoder", missing.Says, missing.Mend);
        else yield return Finding.Good("decoder", "OpenCV loads");
        if (patient.Configuration is not { } configuration)
        {
            yield return Finding.Skipped("models", "there is no usable configuration");
            yield break;
        }
        ModelManifest? models = null;
        Finding? broken = null;
        try
        {
            models = ModelManifest.Load(configuration.ModelFolder);
        }
        catch (ModelException refused)
        {
            broken = Finding.Bad("models", refused.Message, "apt-get install --reinstall ./edge-agent_*.deb, or edge-agent models check FOLDER");
        }
        if (models is null)
        {
            yield return broken!;
            yield break;
        }
        yield return Finding.Good("models", $"{models.Detector.Name}, {models.Recogniser.Name}");
        yield return configuration.Gate.TryEvidence(models.Recogniser.Calibration, out _, out var problem)
            ? Finding.Good("gate", "the models can keep it") : Finding.Bad("gate", problem, $"correct gate in {patient.ConfigurationFile}");
    }
}
